// SIMD kernels of the portable path, in AssemblyScript. They work on tfjs' own WebAssembly memory (imported), take
// pointers to float32 arrays and allocate nothing. Built by scripts/build-wasm.mjs; the TypeScript twins that they are
// tested against stand in src/tensor/kernels. All sizes count elements, not bytes.

function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2);
}

// Packs B (K × N, element (k, n) at k·sbk + n·sbn) into panels of 8 columns, zero-padded, so that the inner loop of
// the product reads it in order whatever the layout was.
function pack(b: usize, sbk: i32, sbn: i32, K: i32, N: i32, packed: usize): void {
  let out = packed;
  for (let n0 = 0; n0 < N; n0 += 8) {
    const width = min(8, N - n0);
    if (width == 8 && sbn == 1) {
      for (let k = 0; k < K; k++) {
        const from = at(b, k * sbk + n0);
        v128.store(out, v128.load(from));
        v128.store(out, v128.load(from, 16), 16);
        out += 32;
      }
    } else {
      for (let k = 0; k < K; k++) {
        for (let n = 0; n < 8; n++) {
          store<f32>(at(out, n), n < width ? load<f32>(at(b, k * sbk + (n0 + n) * sbn)) : 0);
        }
        out += 32;
      }
    }
  }
}

// Stores the first `width` of 8 columns of a row of C.
function storeRow(c: usize, low: v128, high: v128, width: i32): void {
  if (width == 8) {
    v128.store(c, low);
    v128.store(c, high, 16);
    return;
  }
  if (width >= 4) {
    v128.store(c, low);
    if (width > 4) store<f32>(c, f32x4.extract_lane(high, 0), 16);
    if (width > 5) store<f32>(c, f32x4.extract_lane(high, 1), 20);
    if (width > 6) store<f32>(c, f32x4.extract_lane(high, 2), 24);
  } else {
    store<f32>(c, f32x4.extract_lane(low, 0));
    if (width > 1) store<f32>(c, f32x4.extract_lane(low, 1), 4);
    if (width > 2) store<f32>(c, f32x4.extract_lane(low, 2), 8);
  }
}

/**
 * C [M, N] (rows scm apart) = A · B. A's element (m, k) stands at m·sam + k·sak, B's (k, n) at k·sbk + n·sbn, so that
 * either may be read transposed. `scratch` holds K · ⌈N/8⌉ · 8 elements.
 */
function gemm(
  M: i32,
  N: i32,
  K: i32,
  a: usize,
  sam: i32,
  sak: i32,
  b: usize,
  sbk: i32,
  sbn: i32,
  c: usize,
  scm: i32,
  scratch: usize,
): void {
  pack(b, sbk, sbn, K, N, scratch);
  const aStep = (<usize>sak) << 2;
  for (let n0 = 0; n0 < N; n0 += 8) {
    const width = min(8, N - n0);
    const panel = at(scratch, n0 * K);
    let m = 0;
    for (; m + 4 <= M; m += 4) {
      let a0 = at(a, m * sam);
      let a1 = at(a, (m + 1) * sam);
      let a2 = at(a, (m + 2) * sam);
      let a3 = at(a, (m + 3) * sam);
      let c00 = f32x4.splat(0);
      let c01 = f32x4.splat(0);
      let c10 = f32x4.splat(0);
      let c11 = f32x4.splat(0);
      let c20 = f32x4.splat(0);
      let c21 = f32x4.splat(0);
      let c30 = f32x4.splat(0);
      let c31 = f32x4.splat(0);
      let p = panel;
      for (let k = 0; k < K; k++) {
        const low = v128.load(p);
        const high = v128.load(p, 16);
        p += 32;
        let v = v128.load32_splat(a0);
        c00 = f32x4.add(c00, f32x4.mul(v, low));
        c01 = f32x4.add(c01, f32x4.mul(v, high));
        v = v128.load32_splat(a1);
        c10 = f32x4.add(c10, f32x4.mul(v, low));
        c11 = f32x4.add(c11, f32x4.mul(v, high));
        v = v128.load32_splat(a2);
        c20 = f32x4.add(c20, f32x4.mul(v, low));
        c21 = f32x4.add(c21, f32x4.mul(v, high));
        v = v128.load32_splat(a3);
        c30 = f32x4.add(c30, f32x4.mul(v, low));
        c31 = f32x4.add(c31, f32x4.mul(v, high));
        a0 += aStep;
        a1 += aStep;
        a2 += aStep;
        a3 += aStep;
      }
      storeRow(at(c, m * scm + n0), c00, c01, width);
      storeRow(at(c, (m + 1) * scm + n0), c10, c11, width);
      storeRow(at(c, (m + 2) * scm + n0), c20, c21, width);
      storeRow(at(c, (m + 3) * scm + n0), c30, c31, width);
    }
    for (; m < M; m++) {
      let a0 = at(a, m * sam);
      let c00 = f32x4.splat(0);
      let c01 = f32x4.splat(0);
      let p = panel;
      for (let k = 0; k < K; k++) {
        const v = v128.load32_splat(a0);
        c00 = f32x4.add(c00, f32x4.mul(v, v128.load(p)));
        c01 = f32x4.add(c01, f32x4.mul(v, v128.load(p, 16)));
        p += 32;
        a0 += aStep;
      }
      storeRow(at(c, m * scm + n0), c00, c01, width);
    }
  }
}

// exp to about 1 ulp (Cephes' polynomial), for arguments in [-87, 88].
function exp4(x: v128): v128 {
  x = f32x4.min(f32x4.max(x, f32x4.splat(-87)), f32x4.splat(88));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.mul(f32x4.mul(p, r), r), f32x4.add(r, f32x4.splat(1)));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, scale);
}

// Four elements at a time through memory of any length: the last few go through a copy on `tail` (16 bytes each way).
function biasMish(z: usize, bias: usize, slopes: usize, out: i32, tail: usize): void {
  let n = 0;
  for (; n < out; n += 4) {
    const count = min(4, out - n);
    let zp = at(z, n);
    let bp = at(bias, n);
    if (count < 4) {
      memory.copy(tail, zp, (<usize>count) << 2);
      memory.copy(tail + 16, bp, (<usize>count) << 2);
      zp = tail;
      bp = tail + 16;
    }
    const x = f32x4.add(v128.load(zp), v128.load(bp));
    // With e = exp(x) and n = e(e + 2): mish = x·n/(n+2), and its slope n/(n+2) + 4x·e(e+1)/(n+2)².
    const e = exp4(f32x4.min(x, f32x4.splat(20)));
    const m = f32x4.mul(e, f32x4.add(e, f32x4.splat(2)));
    const r = f32x4.div(f32x4.splat(1), f32x4.add(m, f32x4.splat(2)));
    const t = f32x4.mul(m, r);
    const y = f32x4.mul(x, t);
    let s = f32x4.mul(f32x4.mul(f32x4.splat(4), f32x4.mul(e, r)), f32x4.mul(f32x4.add(e, f32x4.splat(1)), r));
    s = f32x4.add(t, f32x4.mul(x, s));
    if (count < 4) {
      v128.store(tail, y);
      memory.copy(at(z, n), tail, (<usize>count) << 2);
      if (slopes) {
        v128.store(tail, s);
        memory.copy(at(slopes, n), tail, (<usize>count) << 2);
      }
    } else {
      v128.store(zp, y);
      if (slopes) v128.store(at(slopes, n), s);
    }
  }
}

function biasRelu(z: usize, bias: usize, slopes: usize, out: i32): void {
  for (let n = 0; n < out; n++) {
    const x = load<f32>(at(z, n)) + load<f32>(at(bias, n));
    store<f32>(at(z, n), x > 0 ? x : 0);
    if (slopes) store<f32>(at(slopes, n), x > 0 ? 1 : 0);
  }
}

/**
 * One Linear layer and its activation (0 none, 1 mish, 2 relu): y [B, out] from x [B, in], weights [out, in] and bias
 * [out]. Writes the activation's slope to `slopes` [B, out] unless that is 0. `scratch`: in · ⌈out/8⌉ · 8 + 8 elements.
 */
export function linearForward(
  x: usize,
  weights: usize,
  bias: usize,
  y: usize,
  slopes: usize,
  B: i32,
  inWidth: i32,
  outWidth: i32,
  activation: i32,
  scratch: usize,
): void {
  gemm(B, outWidth, inWidth, x, inWidth, 1, weights, 1, inWidth, y, outWidth, scratch);
  const tail = at(scratch, inWidth * ((outWidth + 7) & ~7));
  for (let row = 0; row < B; row++) {
    const z = at(y, row * outWidth);
    const s = slopes ? at(slopes, row * outWidth) : 0;
    if (activation == 1) {
      biasMish(z, bias, s, outWidth, tail);
    } else if (activation == 2) {
      biasRelu(z, bias, s, outWidth);
    } else {
      for (let n = 0; n < outWidth; n++) store<f32>(at(z, n), load<f32>(at(z, n)) + load<f32>(at(bias, n)));
    }
  }
}

/** dx [B, in] = dy [B, out] · weights [out, in], times `slopes` [B, in] unless that is 0. */
export function linearBackward(
  dy: usize,
  weights: usize,
  slopes: usize,
  dx: usize,
  B: i32,
  inWidth: i32,
  outWidth: i32,
  scratch: usize,
): void {
  gemm(B, inWidth, outWidth, dy, outWidth, 1, weights, inWidth, 1, dx, inWidth, scratch);
  if (!slopes) return;
  const n = B * inWidth;
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(at(dx, i), f32x4.mul(v128.load(at(dx, i)), v128.load(at(slopes, i))));
  for (; i < n; i++) store<f32>(at(dx, i), load<f32>(at(dx, i)) * load<f32>(at(slopes, i)));
}

/** Gradient of weights [out, in] = dyᵀ · x and of the bias [out] = column sums of dy. */
export function linearParameterGradient(
  x: usize,
  dy: usize,
  weights: usize,
  bias: usize,
  B: i32,
  inWidth: i32,
  outWidth: i32,
  scratch: usize,
): void {
  gemm(outWidth, inWidth, B, dy, 1, outWidth, x, inWidth, 1, weights, inWidth, scratch);
  for (let n = 0; n < outWidth; n++) store<f32>(at(bias, n), 0);
  for (let row = 0; row < B; row++) {
    const from = at(dy, row * outWidth);
    for (let n = 0; n < outWidth; n++) store<f32>(at(bias, n), load<f32>(at(bias, n)) + load<f32>(at(from, n)));
  }
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
