/** An MLP's three passes over a batch, on pointers: calls of wasm/assembly/mlp.ts. */
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import type { SimdContext } from './module.ts';

/** Largest number of rows of a batch, or of a weight's gradient, per block; equal to BLOCK of assembly/network.ts. */
const BLOCK_ROWS = 128;
/** Rows per partial sum of a gradient; equal to CHUNK of assembly/network.ts. */
const CHUNK_ROWS = 256;
/** Mean number of blocks per thread; several, so that threads finish at about the same time. */
const BLOCKS_A_THREAD = 3;
/** Jobs of fewer multiplications run on one thread. */
const SMALL_JOB = 500_000;

/** Codes of the activations in the kernels. */
export const ACTIVATION_CODE = { mish: 1, relu: 2 } as const;

/** Rows per block, a multiple of 4, for a job of `count` rows. */
function blockRows(threads: number, count: number, multiplications: number): number {
  const wanted = threads > 1 && multiplications > SMALL_JOB ? threads * BLOCKS_A_THREAD : 1;
  const blocks = Math.max(wanted, Math.ceil(count / BLOCK_ROWS));
  return Math.ceil(count / blocks / 4) * 4;
}

/**
 * Sets up the kernels' next pass: `batch` rows through a network.
 * @param inBlocks what is split into blocks: rows of the batch, or of a weight's gradient
 */
export function beginPass(
  { kernels, scratch, integers, threads }: SimdContext,
  spec: MlpSpec,
  batch: number,
  inBlocks: 'batch' | 'weights' = 'batch',
): void {
  const { layers, inWidth, outWidth, parameterCount } = mlpLayout(spec);
  const up = (n: number) => Math.ceil(n / 8) * 8;
  const widest = up(Math.max(...spec.sizes));
  // All weights, each padded on one side; or a chunk of the inputs of one layer.
  const shared = Math.max(parameterCount + 8 * layers.length * widest, widest * CHUNK_ROWS);
  // Packed rows, a row of zeros, activations, and rows of the input and the output.
  const own = BLOCK_ROWS * (Math.max(widest, CHUNK_ROWS) + widest + inWidth + 2 * outWidth) + widest;
  const rows = inBlocks === 'batch' ? batch : Math.max(...spec.sizes.slice(1));
  kernels.beginJob(
    integers([layers.length, ACTIVATION_CODE[spec.activation], widest, ...spec.sizes]),
    batch,
    blockRows(threads, rows, parameterCount * batch),
    scratch(shared + threads * own),
    shared,
    own,
  );
}

/** y [B, out] of x [B, in]. Unless `slopes` is 0, saves hidden activations and slopes, layer after layer. */
export function forwardPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { x: number; params: number; y: number; hidden: number; slopes: number },
): void {
  beginPass(context, spec, batch);
  context.kernels.mlpForward(at.x, at.params, at.y, at.hidden, at.slopes);
}

/** Gradients before each hidden activation, and dx [B, count], the gradient of the input's columns from `from` on. */
export function backwardPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { dy: number; params: number; slopes: number; dx: number; deltas: number },
  [from, count]: readonly [from: number, count: number],
): void {
  beginPass(context, spec, batch);
  context.kernels.mlpBackward(at.dy, at.params, at.slopes, from, count, at.dx, at.deltas);
}

/** Gradient of the flat parameters. */
export function parameterPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { x: number; dy: number; hidden: number; deltas: number; gradient: number },
): void {
  beginPass(context, spec, batch, 'weights');
  context.kernels.mlpParameterGradient(at.x, at.dy, at.hidden, at.deltas, at.gradient);
}
