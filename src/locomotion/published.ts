/** Published scores on D4RL's gym tasks (Wang et al., 2023, table 1): quoted, never measured here. */
import type { LocomotionTaskId } from './tasks.ts';

const PUBLISHED_METHODS = ['BC', 'TD3+BC', 'CQL', 'IQL', 'Diffusion-QL', 'Diffusion-BC'] as const;

interface PublishedScore {
  readonly method: (typeof PUBLISHED_METHODS)[number];
  /** D4RL's normalised score. */
  readonly score: number;
  /** Standard deviation over models; only Diffusion-QL's column has it. */
  readonly deviation?: number;
}

/** The terms that these numbers are shown with. */
export const PUBLISHED_TERMS =
  'Normalised scores as Wang et al., 2023, table 1, quotes them: trained on D4RL’s own v2 datasets (1 M to 2 M steps of SAC policies), ' +
  'in the MuJoCo of the time. Diffusion-QL’s are those of the best checkpoint by return, over 6 models with 10 episodes each; ' +
  'best against last is worth 3 to 8 points. They are not comparable with runs on data collected here.';

/** Scores in the order of `PUBLISHED_METHODS`, and the deviation of Diffusion-QL's. */
const PUBLISHED_ROWS: Partial<Record<LocomotionTaskId, readonly [scores: readonly number[], deviation: number]>> = {
  'halfcheetah-medium': [[42.6, 48.3, 44.0, 47.4, 51.1, 45.4], 0.5],
  'hopper-medium': [[52.9, 59.3, 58.5, 66.3, 90.5, 65.3], 4.6],
  'walker2d-medium': [[75.3, 83.7, 72.5, 78.3, 87.0, 81.2], 0.9],
  'halfcheetah-medium-replay': [[36.6, 44.6, 45.5, 44.2, 47.8, 41.7], 0.3],
  'hopper-medium-replay': [[18.1, 60.9, 95.0, 94.7, 101.3, 67.3], 0.6],
  'walker2d-medium-replay': [[26.0, 81.8, 77.2, 73.9, 95.5, 77.5], 1.5],
  'halfcheetah-medium-expert': [[55.2, 90.7, 91.6, 86.7, 96.8, 90.8], 0.3],
  'hopper-medium-expert': [[52.5, 98.0, 105.4, 91.5, 111.1, 107.6], 1.3],
  'walker2d-medium-expert': [[107.5, 110.1, 108.8, 109.6, 110.1, 108.9], 0.3],
};

/** What is published for a task, method by method; empty for a body that the paper did not train. */
export function publishedScores(task: LocomotionTaskId): PublishedScore[] {
  const row = PUBLISHED_ROWS[task];
  if (!row) return [];
  const [scores, deviation] = row;
  return PUBLISHED_METHODS.map((method, i) => ({
    method,
    score: scores[i]!,
    ...(method === 'Diffusion-QL' && { deviation }),
  }));
}
