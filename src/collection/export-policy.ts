/** Exports a training run: its best policy and one with a third of the return, rounded. */
import { physicsLabel } from '../environments/physics-variant.ts';
import type { RolloutPool } from '../environments/rollouts/pool.ts';
import { evaluatePolicy } from './evaluate.ts';
import type { BehaviourPolicies, PolicyLevel } from './files.ts';
import { progressOf, type LearnedPolicy } from './learner.ts';
import {
  behaviourScore,
  bestSnapshot,
  snapshotAtFraction,
  type BehaviourRun,
  type PolicySnapshot,
} from './training-run.ts';

/** D4RL's medium policies are trained to about a third of the expert's return. */
const MEDIUM_SHARE = 1 / 3;
/** Significant digits of weights: the precision of float32. */
const DIGITS = 7;
const EPISODES = 40;

/** The levels of a run, each evaluated again over more episodes with rounded weights. */
export async function shipRun(
  run: BehaviourRun,
  pool: RolloutPool,
  engineVersion: string,
): Promise<Omit<BehaviourPolicies, 'format' | 'version'>> {
  const { config } = progressOf(run);
  const { environment, variant } = config;
  const levels: [PolicyLevel, PolicySnapshot][] = [
    ['medium', snapshotAtFraction(run, MEDIUM_SHARE)],
    ['expert', bestSnapshot(run)],
  ];
  const policies: BehaviourPolicies['policies'] = [];
  for (const [level, { iteration, steps, policy }] of levels) {
    const rounded = roundWeights(policy);
    const evaluation = await evaluatePolicy(config, rounded, pool, EPISODES);
    const score = behaviourScore(environment, evaluation.return);
    policies.push({ level, iteration, steps, score, ...evaluation, policy: rounded });
  }
  return {
    environment,
    physics: physicsLabel(variant, engineVersion),
    made: madeOf(run),
    curve: run.curve.map(({ steps, score }): [number, number] => [steps, Number(score.toFixed(2))]),
    policies,
  };
}

/** The settings of a run without its body. */
function madeOf(run: BehaviourRun): BehaviourPolicies['made'] {
  if ('ars' in run) {
    const { environment: _, ...settings } = run.ars.config;
    return { algorithm: 'ARS V2-t', ...settings, steps: run.ars.steps };
  }
  const { environment: _, ...settings } = run.ppo.config;
  return { algorithm: 'PPO', ...settings, steps: run.ppo.steps };
}

/** A network's weights are float32 already. */
function roundWeights(policy: LearnedPolicy): BehaviourPolicies['policies'][number]['policy'] {
  if (policy.kind === 'mlp') return policy;
  const digits = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(DIGITS)));
  const { kind, weights, mean, deviation } = policy;
  return { kind, weights: digits(weights), mean: digits(mean), deviation: digits(deviation) };
}
