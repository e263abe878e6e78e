/** Pessimistic estimates of Q from an ensemble of critics. */

/**
 * The minimum of the members' Q (An et al., 2021), or their mean minus β standard deviations, a lower confidence bound
 * (Ghasemipour et al., 2022). The deviation is the population's, √(Σ (Q − mean)²/N): for two members, β = 1 gives the
 * minimum.
 */
export type Pessimism = { readonly kind: 'min' } | { readonly kind: 'lcb'; readonly beta: number };

/** The estimate of each row [B] from the members' Q, each [B]. */
export function pessimisticEstimate(members: readonly Float32Array[], pessimism: Pessimism): Float32Array {
  const [first, ...others] = members as readonly [Float32Array, ...Float32Array[]];
  if (pessimism.kind === 'min') {
    return first.map((q, row) => others.reduce((lowest, other) => Math.min(lowest, other[row]!), q));
  }
  return first.map((_, row) => {
    const mean = members.reduce((sum, q) => sum + q[row]!, 0) / members.length;
    const variance = members.reduce((sum, q) => sum + (q[row]! - mean) ** 2, 0) / members.length;
    return mean - pessimism.beta * Math.sqrt(variance);
  });
}
