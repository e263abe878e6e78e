/** Return of a policy without noise. */
import type { PhysicsVariant } from '../environments/physics-variant.ts';
import type { Policy } from '../environments/rollouts/policy.ts';
import type { RolloutPool } from '../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';

/** What a policy is trained in: the body, the physics, and the seed of the episodes. */
export interface TrainingSetting {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  readonly seed: number;
}

export interface PolicyEvaluation {
  readonly episodes: number;
  readonly return: number;
  /** Standard deviation over the episodes. */
  readonly deviation: number;
  /** Mean length of an episode in steps. */
  readonly length: number;
}

/** First episode number of evaluations, which no training reaches. */
const FIRST_EVALUATION = 2 ** 31;

/** Evaluates a policy on fixed episodes that training never plays. */
export async function evaluatePolicy(
  { environment, variant, seed }: TrainingSetting,
  policy: Policy,
  pool: RolloutPool,
  episodes: number,
): Promise<PolicyEvaluation> {
  const results = await pool.run({
    environment,
    variant,
    seed,
    policies: [policy],
    orders: Array.from({ length: episodes }, (_, i) => ({ episode: FIRST_EVALUATION + i, policy: 0 })),
  });
  const mean = results.reduce((sum, result) => sum + result.return, 0) / episodes;
  const variance = results.reduce((sum, result) => sum + (result.return - mean) ** 2, 0) / episodes;
  const length = results.reduce((sum, { steps }) => sum + steps, 0) / episodes;
  return { episodes, return: mean, deviation: Math.sqrt(variance), length };
}
