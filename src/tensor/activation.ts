/** The activations of the networks, with their slopes. Mish (Misra, 2019): x · tanh(softplus(x)). */

export type Activation = 'mish' | 'relu';

/** [y, slope] of an activation at z. */
export function activate(activation: Activation, z: number): [number, number] {
  if (activation === 'relu') return z > 0 ? [z, 1] : [0, 0];
  const e = Math.exp(Math.min(z, 20));
  const n = e * (e + 2);
  const t = n / (n + 2);
  return [z * t, t + (z * 4 * e * (e + 1)) / ((n + 2) * (n + 2))];
}

/** WGSL: `fn activated(z)` and `fn slopeAt(z)`, of one number or of four at a time. */
export function activationFunctions(activation: Activation, type: 'f32' | 'vec4<f32>' = 'vec4<f32>'): string {
  if (activation === 'relu') {
    return `fn activated(z : ${type}) -> ${type} { return max(z, ${type}(0.0)); }
      fn slopeAt(z : ${type}) -> ${type} { return select(${type}(0.0), ${type}(1.0), z > ${type}(0.0)); }`;
  }
  return `fn activated(z : ${type}) -> ${type} {
      let e = exp(min(z, ${type}(20.0)));
      let n = e * (e + 2.0);
      return z * (n / (n + 2.0));
    }
    fn slopeAt(z : ${type}) -> ${type} {
      let e = exp(min(z, ${type}(20.0)));
      let n = e * (e + 2.0);
      let r = 1.0 / (n + 2.0);
      return n * r + z * 4.0 * (e * r) * ((e + 1.0) * r);
    }`;
}
