// Updates of flat parameter buffers, in place.
import { at } from './memory';

/** One Adam step over n parameters; `gradientScale` (one element) multiplies the gradient first. */
export function adam(
  p: usize,
  m: usize,
  v: usize,
  g: usize,
  n: i32,
  gradientScale: usize,
  stepSize: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  sqrtCorrection2: f32,
  epsilon: f32,
): void {
  const scale = load<f32>(gradientScale);
  const s4 = f32x4.splat(scale);
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const q = f32x4.splat(sqrtCorrection2);
  const eps = f32x4.splat(epsilon);
  const lr = f32x4.splat(stepSize);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const grad = f32x4.mul(v128.load(at(g, i)), s4);
    const mi = f32x4.add(f32x4.mul(v128.load(at(m, i)), b1), f32x4.mul(grad, c1));
    const vi = f32x4.add(f32x4.mul(v128.load(at(v, i)), b2), f32x4.mul(f32x4.mul(grad, grad), c2));
    v128.store(at(m, i), mi);
    v128.store(at(v, i), vi);
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(vi), q), eps);
    v128.store(at(p, i), f32x4.sub(v128.load(at(p, i)), f32x4.mul(lr, f32x4.div(mi, denominator))));
  }
  for (; i < n; i++) {
    const grad = load<f32>(at(g, i)) * scale;
    const mi = load<f32>(at(m, i)) * beta1 + grad * oneMinusBeta1;
    const vi = load<f32>(at(v, i)) * beta2 + grad * grad * oneMinusBeta2;
    store<f32>(at(m, i), mi);
    store<f32>(at(v, i), vi);
    store<f32>(at(p, i), load<f32>(at(p, i)) - stepSize * (mi / (sqrt<f32>(vi) / sqrtCorrection2 + epsilon)));
  }
}
