/**
 * Generalised advantage estimation: Schulman, Moritz, Levine, Jordan and Abbeel, "High-dimensional continuous control using
 * generalized advantage estimation" (2016), equation 16.
 */

export interface AdvantageSettings {
  /** γ */
  readonly discount: number;
  /** λ: 0 takes the error of one step alone, 1 the whole discounted return less the value. */
  readonly traceDecay: number;
}

/**
 * The estimates of all steps, [steps], by the recursion from the last to the first: Â_t = δ_t + γ λ Â_{t+1}, whose error
 * δ_t = r_t + γ V(s_{t+1}) − V(s_t) counts no next state behind the end of an episode.
 *
 * @param rewards [steps].
 * @param values of the states before each step, and of the one after the last, [steps + 1].
 * @param ends 1 where the next state belongs to another episode, [steps].
 */
export function generalisedAdvantages(
  rewards: Float64Array,
  values: Float64Array,
  ends: Uint8Array,
  { discount, traceDecay }: AdvantageSettings,
): Float64Array {
  const advantages = new Float64Array(rewards.length);
  let next = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const goesOn = ends[t] ? 0 : 1;
    const error = rewards[t]! + goesOn * discount * values[t + 1]! - values[t]!;
    next = error + goesOn * discount * traceDecay * next;
    advantages[t] = next;
  }
  return advantages;
}
