/** A training run of a behaviour policy: its state, learning curve, and snapshots of ever better policies. */
import { normalizedScore } from '../datasets/reference-returns.ts';
import { BODIES } from '../environments/bodies/index.ts';
import type { RolloutPool, RunOptions } from '../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { evaluatePolicy, type PolicyEvaluation } from './evaluate.ts';
import { progressOf, startLearner, type LearnedPolicy, type LearnerState } from './learner.ts';

export interface CurvePoint extends PolicyEvaluation {
  readonly iteration: number;
  readonly steps: number;
  /** D4RL's normalised score of the mean return. */
  readonly score: number;
}

/** A policy of the run with its evaluation. */
export interface PolicySnapshot extends CurvePoint {
  readonly policy: LearnedPolicy;
}

export type BehaviourRun = LearnerState & BehaviourHistory;

interface BehaviourHistory {
  /** One point per evaluation. */
  readonly curve: readonly CurvePoint[];
  /** Each is the first to score `SNAPSHOT_SCORE` more than the previous one; the last is the best of the run. */
  readonly snapshots: readonly PolicySnapshot[];
}

interface TrainOptions extends RunOptions {
  /** Environment steps in all, after which it ends. */
  steps: number;
  /** Steps between two evaluations; default 20,000 for ARS and 50,000 for PPO. */
  evaluateEvery?: number;
  evaluationEpisodes?: number;
  /** Called after each evaluation, for saving. */
  onPoint?: (run: BehaviourRun, point: CurvePoint) => void | Promise<void>;
}

const EVALUATE_EVERY = { ars: 20_000, ppo: 50_000 };
const EVALUATION_EPISODES = 8;
/** Points of the normalised score between two snapshots. */
const SNAPSHOT_SCORE = 3;

/** Continues a run. The result is the same whether or not it was interrupted. */
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
export function bestSnapshot({ snapshots }: BehaviourHistory): PolicySnapshot {
  const best = snapshots.at(-1);
  if (!best) throw new Error('This run was never evaluated; train it for more steps.');
  return best;
}

/** The snapshot whose return is nearest to a fraction of the best. @throws Error if the run was never evaluated. */
export function snapshotAtFraction(run: BehaviourHistory, fraction: number): PolicySnapshot {
  const wanted = fraction * bestSnapshot(run).return;
  return run.snapshots.reduce((nearest, snapshot) =>
    Math.abs(snapshot.return - wanted) < Math.abs(nearest.return - wanted) ? snapshot : nearest,
  );
}

/** D4RL's normalised score of a return. */
export function behaviourScore(environment: EnvironmentId, episodeReturn: number): number {
  return normalizedScore(episodeReturn, BODIES[environment].referenceReturns);
}

/** A better policy replaces the last snapshot, unless that is already far enough above the one before it. */
function withSnapshot(snapshots: readonly PolicySnapshot[], next: PolicySnapshot): PolicySnapshot[] {
  const last = snapshots.at(-1);
  if (!last) return [next];
  if (next.return <= last.return) return [...snapshots];
  const beforeLast = snapshots.at(-2);
  const keep = !beforeLast || last.score - beforeLast.score >= SNAPSHOT_SCORE;
  return keep ? [...snapshots, next] : [...snapshots.slice(0, -1), next];
}
