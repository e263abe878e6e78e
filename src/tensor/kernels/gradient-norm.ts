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
import { everyStep } from '../wasm/noting.ts';
import { makeTensor, pointerOf, runningSimd, valuesOf } from '../wasm/tensors.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { sumInOne, THREADS } from '../webgpu/threads.ts';

/** PyTorch divides by norm + 1e-6. */
const CLIP_EPSILON = 1e-6;

export interface GradientNorm {
  /** √Σ g² over all gradients, before clipping. */
  norm: Scalar;
  /** [1] min(1, clip / norm), or 1 without clipping. */
  scale: Tensor1D;
}

/** @param clip largest global norm, 0 for none */
export function gradientNorm(gradients: readonly Tensor[], clip: number): GradientNorm {
  const backend = runningGpu();
  if (backend) return onGpu(backend, gradients, clip);
  const simd = runningSimd();
  if (simd) return onSimd(simd, gradients, clip);
  return tidy(() => {
    const norm = sqrt(addN(gradients.map((gradient) => sum(square(gradient))))) as Scalar;
    const scale = clip > 0 ? reshape(minimum(div(clip, add(norm, CLIP_EPSILON)), 1), [1]) : ones([1]);
    return { norm, scale: scale as Tensor1D };
  });
}

function onSimd({ kernels }: SimdContext, gradients: readonly Tensor[], clip: number): GradientNorm {
  const [norm, scale] = [makeTensor([]), makeTensor([1])];
  const each = gradients.map((gradient) => ({ at: pointerOf(gradient), size: gradient.size }));
  everyStep(() => {
    const found = Math.sqrt(each.reduce((sum, { at, size }) => sum + kernels.sumOfSquares(at, size), 0));
    valuesOf(norm)[0] = found;
    valuesOf(scale)[0] = clip > 0 ? Math.min(clip / (found + CLIP_EPSILON), 1) : 1;
  });
  return { norm: norm as Scalar, scale: scale as Tensor1D };
}

/** Gradients that are summed in one dispatch: as many as eight buffers hold. */
const TOGETHER = 6;

function onGpu(backend: WebGPUBackend, gradients: readonly Tensor[], clip: number): GradientNorm {
  if (gradients.length > TOGETHER) return onGpu(backend, [concat(gradients as Tensor1D[])], clip);
  const norm = backend.makeTensorInfo([], 'float32');
  const scale = backend.makeTensorInfo([1], 'float32');
  const parts = partsOf(gradients);
  const squares = parts > 1 ? partialSquares(backend, gradients, parts) : null;
  dispatch(backend, {
    name: 'gradientNorm',
    key: `${squares ? parts : sizesOf(gradients).join()} ${clip}`,
    bindings: [
      { name: 'norm', tensor: norm, access: 'write' },
      { name: 'scale', tensor: scale, access: 'write' },
      ...(squares ? [{ name: 'squares', tensor: squares }] : bound(gradients)),
    ],
    ...sumInOne(
      'f32',
      (threads) =>
        squares
          ? `for (var i = t; i < ${parts}u; i += ${threads}u) { sum += squares[i]; }`
          : sumOfSquares(gradients, threads),
      `let found = sqrt(total);
      norm[0] = found;
      scale[0] = ${clip > 0 ? `min(1.0, f32(${clip}) / (found + ${CLIP_EPSILON}))` : '1.0'};`,
    ),
  });
  if (squares) backend.disposeData(squares.dataId);
  return { norm: wrap(norm) as Scalar, scale: wrap(scale) as Tensor1D };
}

const sizesOf = (gradients: readonly Tensor[]) => gradients.map(({ size }) => size);
const bound = (gradients: readonly Tensor[]) => gradients.map((tensor, i) => ({ name: `g${i}`, tensor }));

function sumOfSquares(gradients: readonly Tensor[], threads: number): string {
  return sizesOf(gradients)
    .map((size, i) => `for (var i = t; i < ${size}u; i += ${threads}u) { sum += g${i}[i] * g${i}[i]; }`)
    .join('\n');
}

/** Numbers that a thread squares and sums, each after the one before, and most workgroups that do so. */
const IN_TURN = 8;
const MOST_PARTS = 256;

/** Workgroups that share a sum of squares: on a GPU one alone would wait for some hundred numbers of a network in turn. */
function partsOf(gradients: readonly Tensor[]): number {
  const all = sizesOf(gradients).reduce((a, b) => a + b, 0);
  return gpuProfile().software ? 1 : Math.min(MOST_PARTS, Math.ceil(all / (IN_TURN * THREADS)));
}

/** Σ g² in parts [parts]. */
function partialSquares(backend: WebGPUBackend, gradients: readonly Tensor[], parts: number): TensorInfo {
  const squares = backend.makeTensorInfo([parts], 'float32');
  dispatch(backend, {
    name: 'squares',
    key: `${sizesOf(gradients).join()} ${parts}`,
    bindings: [{ name: 'squares', tensor: squares, access: 'write' }, ...bound(gradients)],
    ...sumInOne('f32', (threads) => sumOfSquares(gradients, threads), 'squares[group.x] = total;', parts),
  });
  return squares;
}
