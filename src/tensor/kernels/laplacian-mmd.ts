/**
 * The squared MMD of two sets of points per state, under the Laplacian kernel k(x, y) = exp(−‖x−y‖₁/(2σ)) (Kumar et al.,
 * 2019): mean k(x, x') + mean k(y, y') − 2 mean k(x, y), over all pairs. With tfjs' own
 * operations it takes some 60 kernels and most of a step of BEAR.
 *
 * The sums are of 1 − k, since k is near 1 for the σ in use and the three means cancel.
 */
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { defineKernel, type Shapes } from '../define-kernel.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { MAIN } from '../webgpu/mlp-common.ts';
import { eachElement, THREADS } from '../webgpu/threads.ts';
import { withGradient } from '../with-gradient.ts';

interface Attributes {
  sigma: number;
}

interface Sizes {
  batch: number;
  /** Points per state in x and in y. */
  n: number;
  m: number;
  width: number;
}

function sizesOf({ x, y }: Shapes): Sizes {
  const [batch, n, width] = x as [number, number, number];
  return { batch, n, m: y?.[1] as number, width };
}

/** ‖a_i − b_j‖₁ for rows of `width` at offsets i and j. */
function distance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += Math.abs((a[i + d] as number) - (b[j + d] as number));
  return sum;
}

/** 1 − exp(−z) without cancellation for small z: a polynomial near 0, where most pairs are. The shader does the same. */
function oneMinusExp(z: number): number {
  return z < 0.1 ? z * (1 - z * (0.5 - z * (1 / 6 - z * (1 / 24 - z / 120)))) : -Math.expm1(-z);
}

/** Mean of 1 − k over all pairs of n points from `start` on: each pair counts twice, a point with itself is 0. */
function meanWithin(a: Float32Array, start: number, n: number, width: number, sigma: number): number {
  let sum = 0;
  for (let i = 1; i < n; i++) {
    const at = start + i * width;
    for (let j = 0; j < i; j++) sum += oneMinusExp(distance(a, at, a, start + j * width, width) / (2 * sigma));
  }
  return (2 * sum) / (n * n);
}

/** Mean of 1 − k over all pairs of n points of `a` and m of `b`. */
function meanAcross(
  a: Float32Array,
  aStart: number,
  n: number,
  b: Float32Array,
  bStart: number,
  m: number,
  width: number,
  sigma: number,
): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const at = aStart + i * width;
    for (let j = 0; j < m; j++) sum += oneMinusExp(distance(a, at, b, bStart + j * width, width) / (2 * sigma));
  }
  return sum / (n * m);
}

/** Adds weight · k(x, y_j) · sign(x − y_j), for the point x at `at` and `count` points from `start` on, to `sums`. */
function addPull(
  sums: Float64Array,
  x: Float32Array,
  at: number,
  others: Float32Array,
  start: number,
  count: number,
  weight: number,
  sigma: number,
): void {
  const width = sums.length;
  for (let j = 0; j < count; j++) {
    const other = start + j * width;
    const k = weight * (1 - oneMinusExp(distance(x, at, others, other, width) / (2 * sigma)));
    for (let d = 0; d < width; d++) sums[d]! += k * Math.sign((x[at + d] as number) - (others[other + d] as number));
  }
}

/** `fn oneMinusExp(z)`: 1 − exp(−z) without cancellation for small z. */
const WGSL = `
  fn oneMinusExp(z : f32) -> f32 {
    if (z < 0.1) { return z * (1.0 - z * (0.5 - z * (1.0 / 6.0 - z * (1.0 / 24.0 - z / 120.0)))); }
    return 1.0 - exp(-z);
  }`;

/** ‖a_i − b_j‖₁/(2σ). */
function distanceWgsl(name: string, a: string, b: string, width: number, sigma: number): string {
  return `fn ${name}(i : u32, j : u32) -> f32 {
    var sum = 0.0;
    for (var d = 0u; d < ${width}u; d++) { sum += abs(${a}[i * ${width}u + d] - ${b}[j * ${width}u + d]); }
    return sum / f32(${2 * sigma});
  }`;
}

const forwardKernel = defineKernel<Attributes>({
  name: 'LaplacianMmd',
  outputShapes: (shapes) => [[sizesOf(shapes).batch]],
  portable: ({ x, y }, [squared], { sigma }, shapes) => {
    const [xs, ys] = [x, y] as [Float32Array, Float32Array];
    const { batch, n, m, width } = sizesOf(shapes);
    for (let row = 0; row < batch; row++) {
      const [xStart, yStart] = [row * n * width, row * m * width];
      (squared as Float32Array)[row] =
        2 * meanAcross(xs, xStart, n, ys, yStart, m, width, sigma) -
        meanWithin(xs, xStart, n, width, sigma) -
        meanWithin(ys, yStart, m, width, sigma);
    }
  },
  simd: ({ kernels, scratch }, { x, y }, [squared], { sigma }, shapes) => {
    const { batch, n, m, width } = sizesOf(shapes);
    const places = [x, y, squared] as [number, number, number];
    kernels.laplacianMmd(...places, batch, n, m, width, sigma, scratch(4 * (n + m) * width));
  },
  webgpu: (backend, inputs, { sigma }) => {
    const { x, y } = inputs as Record<'x' | 'y', (typeof inputs)[string]>;
    const { batch, n, m, width } = sizesOf({ x: x.shape, y: y.shape });
    const squared = backend.makeTensorInfo([batch], 'float32');
    // In a small batch several threads sum the pairs of a state.
    const lanes = Math.max(1, 2 ** Math.floor(Math.log2(THREADS / batch)));
    const mean = (distance: string, [xs, ys]: [string, string], rows: number, columns: number) =>
      `{ var mean = 0.0;
        for (var pair = lane; pair < ${rows * columns}u; pair += ${lanes}u) {
          mean += oneMinusExp(${distance}(${xs} + pair / ${columns}u, ${ys} + pair % ${columns}u));
        }
        sum += f32(${(distance === 'xy' ? 2 : -1) / (rows * columns)}) * mean; }`;
    dispatch(backend, {
      name: 'laplacianMmd',
      key: [batch, n, m, width, sigma].join(),
      bindings: [
        { name: 'X', tensor: x },
        { name: 'Y', tensor: y },
        { name: 'squared', tensor: squared, access: 'write' },
      ],
      workgroups: [Math.ceil((batch * lanes) / THREADS), 1],
      wgsl: () => `${WGSL}
        ${distanceWgsl('xx', 'X', 'X', width, sigma)}
        ${distanceWgsl('yy', 'Y', 'Y', width, sigma)}
        ${distanceWgsl('xy', 'X', 'Y', width, sigma)}
        var<workgroup> sums : array<f32, ${THREADS}>;
        ${MAIN(THREADS)}
          let row = (group.x * ${THREADS}u + t) / ${lanes}u;
          let lane = t % ${lanes}u;
          let x0 = row * ${n}u;
          let y0 = row * ${m}u;
          var sum = 0.0;
          if (row < ${batch}u) {
            ${mean('xy', ['x0', 'y0'], n, m)}
            ${mean('xx', ['x0', 'x0'], n, n)}
            ${mean('yy', ['y0', 'y0'], m, m)}
          }
          sums[t] = sum;
          workgroupBarrier();
          if (lane == 0u && row < ${batch}u) {
            var total = 0.0;
            for (var l = 0u; l < ${lanes}u; l++) { total += sums[t + l]; }
            squared[row] = total;
          }
        }`,
    });
    return [squared];
  },
});

/** Gradient of x [B, n, A]; y is constant. */
const backwardKernel = defineKernel<Attributes>({
  name: 'LaplacianMmdGradient',
  outputShapes: ({ x }) => [[...(x as readonly number[])]],
  portable: ({ dy, x, y }, [dx], { sigma }, shapes) => {
    const [gradient, xs, ys, out] = [dy, x, y, dx] as [Float32Array, Float32Array, Float32Array, Float32Array];
    const { batch, n, m, width } = sizesOf(shapes);
    const sums = new Float64Array(width);
    for (let row = 0; row < batch; row++) {
      const scale = (gradient[row] as number) / sigma;
      for (let i = 0; i < n; i++) {
        const at = (row * n + i) * width;
        sums.fill(0);
        addPull(sums, xs, at, xs, row * n * width, n, -1 / (n * n), sigma);
        addPull(sums, xs, at, ys, row * m * width, m, 1 / (n * m), sigma);
        for (let d = 0; d < width; d++) out[at + d] = scale * (sums[d] as number);
      }
    }
  },
  simd: ({ kernels, scratch }, { dy, x, y }, [dx], { sigma }, shapes) => {
    const { batch, n, m, width } = sizesOf(shapes);
    const places = [dy, x, y, dx] as [number, number, number, number];
    kernels.laplacianMmdGradient(...places, batch, n, m, width, sigma, scratch(4 * (2 * n + m) * width));
  },
  webgpu: (backend, inputs, { sigma }) => {
    const { dy, x, y } = inputs as Record<'dy' | 'x' | 'y', (typeof inputs)[string]>;
    const { batch, n, m, width } = sizesOf({ x: x.shape, y: y.shape });
    const gradient = backend.makeTensorInfo([...x.shape], 'float32');
    dispatch(backend, {
      name: 'laplacianMmdGradient',
      key: [batch, n, m, width, sigma].join(),
      bindings: [
        { name: 'D', tensor: dy },
        { name: 'X', tensor: x },
        { name: 'Y', tensor: y },
        { name: 'gradient', tensor: gradient, access: 'write' },
      ],
      ...eachElement(
        batch * n * width,
        () => `let point = i / ${width}u;
          let d = i % ${width}u;
          let row = point / ${n}u;
          let at = X[i];
          var own = 0.0;
          var other = 0.0;
          for (var j = 0u; j < ${n}u; j++) {
            let p = row * ${n}u + j;
            own += exp(-xx(point, p)) * sign(at - X[p * ${width}u + d]);
          }
          for (var j = 0u; j < ${m}u; j++) {
            let p = row * ${m}u + j;
            other += exp(-xy(point, p)) * sign(at - Y[p * ${width}u + d]);
          }
          gradient[i] = D[row] / f32(${sigma}) * (other / ${n * m}.0 - own / ${n * n}.0);`,
        { functions: `${distanceWgsl('xx', 'X', 'X', width, sigma)} ${distanceWgsl('xy', 'X', 'Y', width, sigma)}` },
      ),
    });
    return [gradient];
  },
});

/** Squared MMD [B] of points x [B, n, A] from y [B, m, A]. Differentiable in x; y is constant. */
export function laplacianMmdSquared(x: Tensor3D, y: Tensor3D, sigma: number): Tensor1D {
  return withGradient(
    { x },
    () => ({ result: forwardKernel({ x, y }, { sigma })[0] as Tensor, saved: { x, y } }),
    (dy, saved) => ({ x: () => backwardKernel({ dy, ...saved }, { sigma })[0] as Tensor }),
  ) as Tensor1D;
}
