/** The global norm of several gradients, and what clipping multiplies them by (PyTorch's clip_grad_norm_). */
import {
  add,
  addN,
  concat,
  div,
  minimum,
  ones,
  reshape,
  sqrt,
  square,
  sum,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { gpuProfile } from '../backend-state.ts';
import { runningGpu, wrap } from '../engine.ts';
import type { SimdContext } from '../wasm/module.ts';
import { captureCallback } from '../wasm/capture.ts';
import { makeTensor, pointerOf, runningSimd, valuesOf } from '../wasm/tensors.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { workgroupSum, THREADS } from '../webgpu/threads.ts';

/** PyTorch divides by norm + 1e-6. */
const CLIP_EPSILON = 1e-6;

interface GradientNorm {
  /** √Σ g² over all gradients, before clipping. */
  norm: Scalar;
  clipping: Clipping;
}

/** The factor of clipped gradients: min(1, clip / norm), or 1 without clipping. */
export interface Clipping {
  /** The factor [1]. On WebGPU it may be null, with `squares` in its place. */
  scale: Tensor1D | null;
  /** Partial sums of Σ g² [parts], which users of the factor add up; null if `scale` exists, or without clipping. */
  squares: Tensor1D | null;
  clip: number;
}

/** WGSL of the factor, from Σ g² in `total`. */
export function clippingScaleWgsl(clip: number): string {
  return clip > 0 ? `min(1.0, f32(${clip}) / (sqrt(total) + ${CLIP_EPSILON}))` : '1.0';
}

/** WGSL that adds this thread's share of the partial sums to `sum`: every `threads`-th, from index `thread` on. */
export function addSquaresWgsl({ shape }: TensorInfo, thread: string, threads: number): string {
  return `for (var j = ${thread}; j < ${shape[0]}u; j += ${threads}u) { sum += squares[j]; }`;
}

/** @param clip largest global norm, 0 for none */
export function gradientNorm(gradients: readonly Tensor[], clip: number): GradientNorm {
  const backend = runningGpu();
  if (backend) return onGpu(backend, gradients, clip);
  const simd = runningSimd();
  if (simd) return onSimd(simd, gradients, clip);
  const { norm, scale } = tidy(() => {
    const norm = sqrt(addN(gradients.map((gradient) => sum(square(gradient))))) as Scalar;
    const scale = clip > 0 ? reshape(minimum(div(clip, add(norm, CLIP_EPSILON)), 1), [1]) : ones([1]);
    return { norm, scale: scale as Tensor1D };
  });
  return { norm, clipping: { scale, squares: null, clip } };
}

function onSimd({ kernels }: SimdContext, gradients: readonly Tensor[], clip: number): GradientNorm {
  const [norm, scale] = [makeTensor([]), makeTensor([1])];
  const each = gradients.map((gradient) => ({ at: pointerOf(gradient), size: gradient.size }));
  captureCallback(() => {
    const found = Math.sqrt(each.reduce((sum, { at, size }) => sum + kernels.sumOfSquares(at, size), 0));
    valuesOf(norm)[0] = found;
    valuesOf(scale)[0] = clip > 0 ? Math.min(clip / (found + CLIP_EPSILON), 1) : 1;
  });
  return { norm: norm as Scalar, clipping: { scale: scale as Tensor1D, squares: null, clip } };
}

/** Most gradients per dispatch, which binds eight buffers. */
const MAX_GRADIENTS = 6;

/** Up to this many partial sums, every workgroup that needs the factor adds them up; beyond, one workgroup does. */
const MAX_PARTS_PER_WORKGROUP = 2048;

function onGpu(backend: WebGPUBackend, gradients: readonly Tensor[], clip: number): GradientNorm {
  // On a software adapter a single dispatch is fastest.
  const squares = gpuProfile().software ? null : (wrap(partialSquares(backend, gradients)) as Tensor1D);
  if (!squares && gradients.length > MAX_GRADIENTS) return onGpu(backend, [concat(gradients as Tensor1D[])], clip);
  const norm = backend.makeTensorInfo([], 'float32');
  const eachWorkgroup = squares !== null && squares.size <= MAX_PARTS_PER_WORKGROUP;
  const scale = clip > 0 && !eachWorkgroup ? backend.makeTensorInfo([1], 'float32') : null;
  dispatch(backend, {
    name: 'gradientNorm',
    key: `${squares?.size} ${squares ? '' : gradients.map(({ size }) => size).join()} ${scale ? clip : ''}`,
    bindings: [
      { name: 'norm', tensor: norm, access: 'write' },
      ...(scale ? [{ name: 'scale', tensor: scale, access: 'write' } as const] : []),
      ...(squares ? [{ name: 'squares', tensor: squares }] : gradients.map((tensor, k) => ({ name: `g${k}`, tensor }))),
    ],
    ...workgroupSum(
      'f32',
      (threads) => (squares ? addSquaresWgsl(squares, 't', threads) : gradients.map(addSquared(threads)).join('\n')),
      `norm[0] = sqrt(total); ${scale ? `scale[0] = ${clippingScaleWgsl(clip)};` : ''}`,
    ),
  });
  const clipping = {
    scale: scale && (wrap(scale) as Tensor1D),
    squares: clip > 0 && eachWorkgroup ? squares : null,
    clip,
  };
  return { norm: wrap(norm) as Scalar, clipping };
}

const addSquared =
  (threads: number) =>
  ({ size }: Tensor, k: number): string =>
    `for (var i = t; i < ${size}u; i += ${threads}u) { sum += g${k}[i] * g${k}[i]; }`;

/** Largest gradient that a single workgroup squares and sums, eight numbers per thread. */
const MAX_SINGLE_WORKGROUP = 8 * THREADS;

/**
 * Partial sums of Σ g² [parts]: one for a small gradient, else one per workgroup with one number per thread. The dispatch
 * that computes a large gradient has the same layout, so the two can be fused.
 */
function partialSquares(backend: WebGPUBackend, gradients: readonly Tensor[]): TensorInfo {
  const parts = gradients.map(({ size }) => (size <= MAX_SINGLE_WORKGROUP ? 1 : Math.ceil(size / THREADS)));
  const squares = backend.makeTensorInfo([parts.reduce((a, b) => a + b, 0)], 'float32');
  let before = 0;
  gradients.forEach((gradient, k) => {
    const [first, own] = [before, parts[k] as number];
    before += own;
    dispatch(backend, {
      name: 'squares',
      key: `${gradient.size} ${own} ${first}`,
      bindings: [
        { name: 'squares', tensor: squares, access: 'write', byteRange: `${k}` },
        { name: 'g0', tensor: gradient, perInvocation: own > 1 },
      ],
      ...workgroupSum(
        'f32',
        (threads) => addSquared(threads)(gradient, 0),
        `squares[${first}u + group.x] = total;`,
        own,
      ),
    });
  });
  return squares;
}
