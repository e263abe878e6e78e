// Sums and updates over flat buffers, and arithmetic over three axes.
import { at } from './memory';

/** θ ← (1 − rate) θ + rate θ_source, in place. */
export function lerp(target: usize, source: usize, rate: f32, rest: f32, n: i32): void {
  const r = f32x4.splat(rate);
  const s = f32x4.splat(rest);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const moved = f32x4.add(f32x4.mul(r, v128.load(at(source, i))), f32x4.mul(s, v128.load(at(target, i))));
    v128.store(at(target, i), moved);
  }
  for (; i < n; i++) store<f32>(at(target, i), rate * load<f32>(at(source, i)) + rest * load<f32>(at(target, i)));
}

/** Σ x² */
export function sumOfSquares(x: usize, n: i32): f64 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let sum: f64 = 0;
  let i = 0;
  while (i + 8 <= n) {
    // Long float32 sums lose digits, so they are added to a float64 sum every 1,024 elements.
    for (const end = min(i + 1024, n); i + 8 <= end; i += 8) {
      const a = v128.load(at(x, i));
      const b = v128.load(at(x, i), 16);
      even = f32x4.add(even, f32x4.mul(a, a));
      odd = f32x4.add(odd, f32x4.mul(b, b));
    }
    even = f32x4.add(even, odd);
    sum += <f64>f32x4.extract_lane(even, 0) + <f64>f32x4.extract_lane(even, 1);
    sum += <f64>f32x4.extract_lane(even, 2) + <f64>f32x4.extract_lane(even, 3);
    even = f32x4.splat(0);
    odd = f32x4.splat(0);
  }
  for (; i < n; i++) sum += <f64>load<f32>(at(x, i)) * <f64>load<f32>(at(x, i));
  return sum;
}

/** difference = y − target over n elements. */
export function subtract(y: usize, target: usize, difference: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<f32>(at(difference, i), load<f32>(at(y, i)) - load<f32>(at(target, i)));
}

/** out = x · by over n elements. */
export function scale(x: usize, by: f32, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<f32>(at(out, i), load<f32>(at(x, i)) * by);
}

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

/** out [outer, inner] = by · Σ x over the middle axis of x [outer, middle, inner]. */
export function sumMiddle(x: usize, by: f64, out: usize, outer: i32, middle: i32, inner: i32): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum: f64 = 0;
      for (let m = 0; m < middle; m++) sum += <f64>load<f32>(at(x, m * inner + i));
      store<f32>(at(out, i), <f32>(sum * by));
    }
    x = at(x, middle * inner);
    out = at(out, inner);
  }
}

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;

function four(operation: i32, x: v128, y: v128): v128 {
  if (operation == ADD) return f32x4.add(x, y);
  if (operation == SUBTRACT) return f32x4.sub(x, y);
  if (operation == MULTIPLY) return f32x4.mul(x, y);
  return f32x4.div(x, y);
}

function one(operation: i32, x: f32, y: f32): f32 {
  if (operation == ADD) return x + y;
  if (operation == SUBTRACT) return x - y;
  if (operation == MULTIPLY) return x * y;
  return x / y;
}

// out = a ∘ b over n elements. An operand has stride 1, or 0 if it is a single number.
function combineRow(operation: i32, a: usize, strideA: i32, b: usize, strideB: i32, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const x = strideA ? v128.load(at(a, i)) : v128.load32_splat(a);
    const y = strideB ? v128.load(at(b, i)) : v128.load32_splat(b);
    v128.store(at(out, i), four(operation, x, y));
  }
  for (; i < n; i++)
    store<f32>(at(out, i), one(operation, load<f32>(at(a, i * strideA)), load<f32>(at(b, i * strideB))));
}

/**
 * out [outer, middle, inner] = a ∘ b for the operation 0 (sum), 1 (difference), 2 (product) or 3 (quotient). Each operand
 * has a stride along each axis, 0 along a broadcast one.
 */
export function combine(
  operation: i32,
  a: usize,
  b: usize,
  out: usize,
  outer: i32,
  middle: i32,
  inner: i32,
  outerA: i32,
  middleA: i32,
  innerA: i32,
  outerB: i32,
  middleB: i32,
  innerB: i32,
): void {
  for (let o = 0; o < outer; o++) {
    for (let m = 0; m < middle; m++) {
      const rowA = at(a, o * outerA + m * middleA);
      const rowB = at(b, o * outerB + m * middleB);
      combineRow(operation, rowA, innerA, rowB, innerB, out, inner);
      out = at(out, inner);
    }
  }
}
