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

export interface GradientNorm {
  /** √Σ g² over all gradients, before clipping. */
  norm: Scalar;
  clipping: Clipping;
}

/** What gradients are multiplied by: min(1, clip / norm), or 1 without clipping. */
export interface Clipping {
  /** That [1]. On WebGPU it may not be there, but what it is made of. */
  scale: Tensor1D | null;
  /** Parts of Σ g² [parts], which whoever needs the scale sums; null where the scale is there, or nothing is clipped. */
  squares: Tensor1D | null;
  clip: number;
}

/** WGSL of the scale, from Σ g² in `total`. */
export function clippingScaleWgsl(clip: number): string {
  return clip > 0 ? `min(1.0, f32(${clip}) / (sqrt(total) + ${CLIP_EPSILON}))` : '1.0';
}

/** WGSL that adds to `sum` every `threads`-th of the parts of Σ g² from that of this `thread` on. */
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

/** Gradients that are summed in one dispatch: as many as eight buffers hold. */
const TOGETHER = 6;

/** Parts that each workgroup sums which needs the scale; where there are more, one does it for all. */
const FEW_PARTS = 2048;

function onGpu(backend: WebGPUBackend, gradients: readonly Tensor[], clip: number): GradientNorm {
  // On a CPU one dispatch does it all.
  const squares = gpuProfile().software ? null : (wrap(partialSquares(backend, gradients)) as Tensor1D);
  if (!squares && gradients.length > TOGETHER) return onGpu(backend, [concat(gradients as Tensor1D[])], clip);
  const norm = backend.makeTensorInfo([], 'float32');
  const everybody = squares !== null && squares.size <= FEW_PARTS;
  const scale = clip > 0 && !everybody ? backend.makeTensorInfo([1], 'float32') : null;
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
  const clipping = { scale: scale && (wrap(scale) as Tensor1D), squares: clip > 0 && everybody ? squares : null, clip };
  return { norm: wrap(norm) as Scalar, clipping };
}

const addSquared =
  (threads: number) =>
  ({ size }: Tensor, k: number): string =>
    `for (var i = t; i < ${size}u; i += ${threads}u) { sum += g${k}[i] * g${k}[i]; }`;

/** Numbers that one workgroup squares and sums by itself: so many a thread, one after the other. */
const FEW_NUMBERS = 8 * THREADS;

/**
 * Σ g² in parts [parts]: of a gradient of few numbers in one, of a larger one those of each workgroup, whose threads have a
 * number each, as what made the gradient has: the same threads go on with it.
 */
function partialSquares(backend: WebGPUBackend, gradients: readonly Tensor[]): TensorInfo {
  const parts = gradients.map(({ size }) => (size <= FEW_NUMBERS ? 1 : Math.ceil(size / THREADS)));
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
