/** A training run of a behaviour policy: what learns, its learning curve, and snapshots of the policy as it rises. */
import { normalizedScore } from '../datasets/reference-returns.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { RolloutPool, RunOptions } from '../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { evaluatePolicy, type Evaluation } from './evaluate.ts';
import { progressOf, startLearner, type LearnedPolicy, type LearnerState } from './learner.ts';

export interface CurvePoint extends Evaluation {
  readonly iteration: number;
  readonly steps: number;
  /** D4RL's normalised score of the mean return. */
  readonly score: number;
}

/** A policy of the run, with the evaluation it had. */
export interface Snapshot extends CurvePoint {
  readonly policy: LearnedPolicy;
}

export type BehaviourRun = LearnerState & RunHistory;

export interface RunHistory {
  /** One point an evaluation. */
  readonly curve: readonly CurvePoint[];
  /** Each the first that scored `SNAPSHOT_SCORE` more than the one before; the last is the best of the run. */
  readonly snapshots: readonly Snapshot[];
}

export interface TrainOptions extends RunOptions {
  /** Steps of the environment after which it ends, in all. */
  steps: number;
  /** Steps between two evaluations; unless told, 20,000 of ARS and 50,000 of PPO. */
  evaluateEvery?: number;
  evaluationEpisodes?: number;
  /** After each evaluation: time to save. */
  onPoint?: (run: BehaviourRun, point: CurvePoint) => void | Promise<void>;
}

const EVALUATE_EVERY = { ars: 20_000, ppo: 50_000 };
const EVALUATION_EPISODES = 8;
/** Points of the normalised score between two snapshots. */
const SNAPSHOT_SCORE = 3;

/** Trains on from where the run is. The same run results whether or not it was interrupted. */
export async function trainBehaviour(
  from: BehaviourRun,
  pool: RolloutPool,
  options: TrainOptions,
): Promise<BehaviourRun> {
  const every = 'ars' in from ? EVALUATE_EVERY.ars : EVALUATE_EVERY.ppo;
  const { steps, evaluateEvery = every, evaluationEpisodes = EVALUATION_EPISODES, onPoint, ...run } = options;
  const { config } = progressOf(from);
  const learner = await startLearner(from, pool, run);
  let { curve, snapshots } = from;
  try {
    while (learner.steps < steps) {
      const before = learner.steps;
      await learner.iterate();
      const { iteration, steps: after } = learner;
      const due = Math.floor(after / evaluateEvery) > Math.floor(before / evaluateEvery) || after >= steps;
      if (!due) continue;
      const policy = learner.policy();
      const evaluation = await evaluatePolicy(config, policy, pool, evaluationEpisodes);
      const score = behaviourScore(config.environment, evaluation.return);
      const point = { iteration, steps: after, score, ...evaluation };
      curve = [...curve, point];
      snapshots = withSnapshot(snapshots, { ...point, policy });
      await onPoint?.({ ...learner.state(), curve, snapshots }, point);
    }
    return { ...learner.state(), curve, snapshots };
  } finally {
    learner.end();
  }
}

/** The best policy of the run. @throws Error if it was never evaluated. */
export function bestOf({ snapshots }: RunHistory): Snapshot {
  const best = snapshots.at(-1);
  if (!best) throw new Error('This run was never evaluated; train it for more steps.');
  return best;
}

/** The snapshot whose return is nearest to this share of the best. @throws Error if the run was never evaluated. */
export function levelOf(run: RunHistory, share: number): Snapshot {
  const wanted = share * bestOf(run).return;
  return run.snapshots.reduce((nearest, snapshot) =>
    Math.abs(snapshot.return - wanted) < Math.abs(nearest.return - wanted) ? snapshot : nearest,
  );
}

/** D4RL's normalised score of a return. */
export function behaviourScore(environment: EnvironmentId, episodeReturn: number): number {
  return normalizedScore(episodeReturn, BODIES[environment].referenceReturns);
}

/** The last snapshot gives way to a better one, until the one before it is far enough below. */
function withSnapshot(snapshots: readonly Snapshot[], next: Snapshot): Snapshot[] {
  const last = snapshots.at(-1);
  if (!last) return [next];
  if (next.return <= last.return) return [...snapshots];
  const beforeLast = snapshots.at(-2);
  const keep = !beforeLast || last.score - beforeLast.score >= SNAPSHOT_SCORE;
  return keep ? [...snapshots, next] : [...snapshots.slice(0, -1), next];
}
