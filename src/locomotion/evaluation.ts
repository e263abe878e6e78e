/** Evaluation of a policy: episodes in the rollout pool, their returns, and D4RL's normalised score if available. */
import { normalizedScore, type ReferenceReturns } from '../datasets/reference-returns.ts';
import { referenceReturnsOf } from '../environments/bodies/index.ts';
import { DEFAULT_VARIANT, type PhysicsVariant } from '../environments/physics-variant.ts';
import type { Policy } from '../environments/rollouts/policy.ts';
import type { RolloutPool, RunOptions } from '../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { deviationOf, meanInterval, meanOf, type MeanInterval } from '../math/statistics.ts';

export interface Evaluation {
  /** Actions that the policy chose among. */
  candidates: number;
  returns: number[];
  /** Steps of each episode. */
  lengths: number[];
  /** Mean return with its 95 % bootstrap interval over the episodes. */
  return: MeanInterval;
  /** Standard deviation of the episodes' returns. */
  deviation: number;
  /** The normalised score of the mean return, or null without reference returns. */
  score: MeanInterval | null;
}

export interface EvaluationPlan {
  environment: EnvironmentId;
  /** Default `v2`. */
  variant?: PhysicsVariant;
  seed: number;
  /** Number of the first episode; default 0. */
  first?: number;
  episodes: number;
  candidates: number;
}

/** Plays episodes of a policy. The same plan gives the same returns on any pool. */
export async function evaluate(
  policy: Policy,
  { environment, variant = DEFAULT_VARIANT, seed, first = 0, episodes, candidates }: EvaluationPlan,
  pool: RolloutPool,
  options: RunOptions = {},
): Promise<Evaluation> {
  const orders = Array.from({ length: episodes }, (_, i) => ({ episode: first + i, policy: 0 }));
  const results = await pool.run({ environment, variant, seed, policies: [policy], orders }, options);
  const returns = results.map((result) => result.return);
  const lengths = results.map(({ steps }) => steps);
  return { candidates, returns, lengths, ...summary(returns, referenceReturnsOf(environment)) };
}

/** Mean, standard deviation and score of returns. */
export function summary(
  returns: readonly number[],
  reference: ReferenceReturns | null,
): Pick<Evaluation, 'return' | 'deviation' | 'score'> {
  const mean = meanInterval(returns);
  const score = (value: number) => (reference ? normalizedScore(value, reference) : Number.NaN);
  return {
    return: mean,
    deviation: deviationOf(returns),
    score: reference && { value: score(mean.value), low: score(mean.low), high: score(mean.high) },
  };
}

/** One evaluation of a run. */
export interface EvaluationPoint {
  step: number;
  /** Mean cloning loss since the last point. */
  bcLoss: number | null;
  evaluations: Evaluation[];
}

/** The criterion of the best point: the mean return with most candidates. */
export function meritOf({ evaluations }: EvaluationPoint): number {
  return evaluations.at(-1)?.return.value ?? -Infinity;
}

/** Number of last points in the mean of the last. */
export const AVERAGED = 10;

/** Summary of a run's returns with one number of candidates. */
export interface RunSummary {
  candidates: number;
  /** Mean return of the last point, of the last ten (or fewer), and of the best. */
  last: number;
  /** Interval of the last point over its episodes. */
  lastInterval: MeanInterval;
  lastTen: number;
  best: number;
  bestStep: number;
  /** Mean return of the point that the published offline selection chooses; null with too few points. */
  selected: number | null;
  selectedStep: number | null;
  points: number;
}

/**
 * The published offline selection: the point with the k-th lowest mean cloning loss, counted from 0; null with too few
 * points.
 */
export function selectOffline<Point extends { bcLoss: number | null }>(
  points: readonly Point[],
  topK: number,
): Point | null {
  const known = points.filter(({ bcLoss }) => bcLoss !== null);
  return [...known].sort((a, b) => a.bcLoss! - b.bcLoss!)[topK] ?? null;
}

/** Summaries for each number of candidates; empty without points. */
export function summarise(points: readonly EvaluationPoint[], topK: number): RunSummary[] {
  const numbers = points.at(-1)?.evaluations.map(({ candidates }) => candidates) ?? [];
  return numbers.flatMap((candidates) => {
    const curve = points.flatMap(({ step, bcLoss, evaluations }) => {
      const evaluation = evaluations.find((one) => one.candidates === candidates);
      return evaluation ? [{ step, bcLoss, value: evaluation.return.value, interval: evaluation.return }] : [];
    });
    const last = curve.at(-1);
    if (!last) return [];
    const best = curve.reduce((most, point) => (point.value > most.value ? point : most));
    const selected = selectOffline(curve, topK);
    return [
      {
        candidates,
        last: last.value,
        lastInterval: last.interval,
        lastTen: meanOf(curve.slice(-AVERAGED).map(({ value }) => value)),
        best: best.value,
        bestStep: best.step,
        selected: selected?.value ?? null,
        selectedStep: selected?.step ?? null,
        points: curve.length,
      },
    ];
  });
}
