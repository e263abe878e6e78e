/** Published scores on D4RL's gym tasks: quoted, never measured here. */
import { LOCOMOTION_TASK_IDS, type LocomotionTaskId } from './tasks.ts';

export const PUBLISHED_METHODS = ['BC', 'TD3+BC', 'CQL', 'IQL', 'Diffusion-QL', 'Diffusion-BC'] as const;
export type PublishedMethod = (typeof PUBLISHED_METHODS)[number];

export interface PublishedScore {
  /** D4RL's normalised score. */
  readonly score: number;
  /** Standard deviation over models; only Diffusion-QL's column has it. */
  readonly deviation?: number;
}

/** What must be said beside these numbers. */
export const PUBLISHED_TERMS =
  'Normalised scores as Wang et al., 2023, table 1, quotes them: trained on D4RL’s own v2 datasets (1 M to 2 M steps of SAC policies), ' +
  'in the MuJoCo of the time. Diffusion-QL’s are those of the best checkpoint by return, over 6 models with 10 episodes each; ' +
  'best against last is worth 3 to 8 points. They are not comparable with runs on data collected here.';

/** In the order of `PUBLISHED_METHODS`. */
const ROWS: Readonly<Record<LocomotionTaskId, readonly number[]>> = {
  'halfcheetah-medium': [42.6, 48.3, 44.0, 47.4, 51.1, 45.4],
  'hopper-medium': [52.9, 59.3, 58.5, 66.3, 90.5, 65.3],
  'walker2d-medium': [75.3, 83.7, 72.5, 78.3, 87.0, 81.2],
  'halfcheetah-medium-replay': [36.6, 44.6, 45.5, 44.2, 47.8, 41.7],
  'hopper-medium-replay': [18.1, 60.9, 95.0, 94.7, 101.3, 67.3],
  'walker2d-medium-replay': [26.0, 81.8, 77.2, 73.9, 95.5, 77.5],
  'halfcheetah-medium-expert': [55.2, 90.7, 91.6, 86.7, 96.8, 90.8],
  'hopper-medium-expert': [52.5, 98.0, 105.4, 91.5, 111.1, 107.6],
  'walker2d-medium-expert': [107.5, 110.1, 108.8, 109.6, 110.1, 108.9],
};

const DEVIATIONS: Readonly<Record<LocomotionTaskId, number>> = {
  'halfcheetah-medium': 0.5,
  'hopper-medium': 4.6,
  'walker2d-medium': 0.9,
  'halfcheetah-medium-replay': 0.3,
  'hopper-medium-replay': 0.6,
  'walker2d-medium-replay': 1.5,
  'halfcheetah-medium-expert': 0.3,
  'hopper-medium-expert': 1.3,
  'walker2d-medium-expert': 0.3,
};

export function publishedScore(task: LocomotionTaskId, method: PublishedMethod): PublishedScore {
  const score = ROWS[task][PUBLISHED_METHODS.indexOf(method)]!;
  return method === 'Diffusion-QL' ? { score, deviation: DEVIATIONS[task] } : { score };
}

/** Mean over the nine tasks, as published (rounded there to one decimal). */
export function publishedAverage(method: PublishedMethod): number {
  const scores = LOCOMOTION_TASK_IDS.map((task) => publishedScore(task, method).score);
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
