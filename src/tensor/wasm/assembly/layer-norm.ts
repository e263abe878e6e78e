// Layer normalisation (Ba et al., 2016) followed by an activation, row by row; defined in
// src/tensor/kernels/layer-norm.ts. `params` holds the gain [W], then the bias [W].
import { activate } from './activation';
import { at, loadSome, storeSome } from './memory';
import { threadMemory } from './thread-pool';

/** PyTorch's ε; equal to LAYER_NORM_EPSILON of src/math/plain-mlp.ts. */
const EPSILON: f32 = 1e-5;

function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Σ x over n elements. */
function sum(x: usize, n: i32): f32 {
  let total = f32x4.splat(0);
  for (let c = 0; c < n; c += 4) total = f32x4.add(total, loadSome(at(x, c), n - c));
  return sumOf(total);
}

/**
 * y [B, W] of z [B, W]. Unless `slopes` is 0, saves for the backward pass: the slopes [B, W], the normalised rows [B, W],
 * and one over each row's standard deviation, `scales` [B].
 */
export function layerNormForward(
  z: usize,
  params: usize,
  y: usize,
  normed: usize,
  slopes: usize,
  scales: usize,
  rows: i32,
  W: i32,
  activation: i32,
): void {
  const n = <f32>W;
  for (let row = 0; row < rows; row++) {
    const from = at(z, row * W);
    const to = at(y, row * W);
    const mean = sum(from, W) / n;
    const mean4 = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    let c = 0;
    for (; c + 4 <= W; c += 4) {
      const d = f32x4.sub(v128.load(at(from, c)), mean4);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    let variance = sumOf(squares);
    for (; c < W; c++) {
      const d = load<f32>(at(from, c)) - mean;
      variance += d * d;
    }
    const scale: f32 = 1 / sqrt<f32>(variance / n + EPSILON);
    const scale4 = f32x4.splat(scale);
    for (c = 0; c < W; c += 4) {
      const x = f32x4.mul(f32x4.sub(loadSome(at(from, c), W - c), mean4), scale4);
      if (slopes) storeSome(at(normed, row * W + c), x, W - c);
      const u = f32x4.add(f32x4.mul(x, loadSome(at(params, c), W - c)), loadSome(at(params, W + c), W - c));
      storeSome(at(to, c), u, W - c);
    }
    if (slopes) store<f32>(at(scales, row), scale);
  }
  activate(activation, y, slopes, rows * W, threadMemory());
}

/** The gradient of z [B, W] from that of y. */
export function layerNormBackward(
  dy: usize,
  params: usize,
  normed: usize,
  slopes: usize,
  scales: usize,
  dz: usize,
  rows: i32,
  W: i32,
): void {
  const n = <f32>W;
  for (let row = 0; row < rows; row++) {
    const start = row * W;
    let sums = f32x4.splat(0);
    let products = f32x4.splat(0);
    for (let c = 0; c < W; c += 4) {
      const rest = W - c;
      const du = f32x4.mul(loadSome(at(dy, start + c), rest), loadSome(at(slopes, start + c), rest));
      const dx = f32x4.mul(du, loadSome(at(params, c), rest));
      sums = f32x4.add(sums, dx);
      products = f32x4.add(products, f32x4.mul(dx, loadSome(at(normed, start + c), rest)));
      storeSome(at(dz, start + c), dx, rest);
    }
    const mean = f32x4.splat(sumOf(sums) / n);
    const along = f32x4.splat(sumOf(products) / n);
    const scale = v128.load32_splat(at(scales, row));
    for (let c = 0; c < W; c += 4) {
      const rest = W - c;
      const x = loadSome(at(normed, start + c), rest);
      const dx = loadSome(at(dz, start + c), rest);
      storeSome(at(dz, start + c), f32x4.mul(scale, f32x4.sub(f32x4.sub(dx, mean), f32x4.mul(x, along))), rest);
    }
  }
}

/** The gradient of the gain [W] and the bias [W] from that of y [B, W]. */
export function layerNormParameterGradient(
  dy: usize,
  normed: usize,
  slopes: usize,
  gradient: usize,
  rows: i32,
  W: i32,
): void {
  memory.fill(gradient, 0, (<usize>W) << 3);
  for (let row = 0; row < rows; row++) {
    const start = row * W;
    for (let c = 0; c < W; c += 4) {
      const rest = W - c;
      const du = f32x4.mul(loadSome(at(dy, start + c), rest), loadSome(at(slopes, start + c), rest));
      const gain = at(gradient, c);
      const bias = at(gradient, W + c);
      storeSome(gain, f32x4.add(loadSome(gain, rest), f32x4.mul(du, loadSome(at(normed, start + c), rest))), rest);
      storeSome(bias, f32x4.add(loadSome(bias, rest), du), rest);
    }
  }
}
