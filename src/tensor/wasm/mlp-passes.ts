/** An MLP's three passes over a batch, by pointers into memory: what wasm/assembly/mlp.ts takes. */
import { mlpLayout, type MlpSpec } from '../mlp-layout.ts';
import type { SimdContext } from './module.ts';

/** Most rows of a batch, or of a weight's gradient, in one block of work; of assembly/network.ts. */
const BLOCK_ROWS = 128;
/** Rows that a gradient is summed over at once; of assembly/network.ts. */
const CHUNK_ROWS = 256;
/** Blocks that each thread has in the mean, so that none waits long for the last. */
const BLOCKS_A_THREAD = 3;
/** Multiplications that are not worth another thread's attention. */
const SMALL_JOB = 500_000;

/** The activations as the kernels know them. */
export const ACTIVATION_CODE = { mish: 1, relu: 2 } as const;

/** Rows that one block takes of `count`, a multiple of 4. */
function blockRows(threads: number, count: number, multiplications: number): number {
  const wanted = threads > 1 && multiplications > SMALL_JOB ? threads * BLOCKS_A_THREAD : 1;
  const blocks = Math.max(wanted, Math.ceil(count / BLOCK_ROWS));
  return Math.ceil(count / blocks / 4) * 4;
}

/**
 * Tells the kernels what their next pass is about: `batch` rows through a network.
 * @param inBlocks what is cut into blocks: rows of the batch, or of a weight's gradient
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
  kernels.begin(
    integers([layers.length, ACTIVATION_CODE[spec.activation], widest, ...spec.sizes]),
    batch,
    blockRows(threads, rows, parameterCount * batch),
    scratch(shared + threads * own),
    shared,
    own,
  );
}

/** y [B, out] of x [B, in]; hidden activations and slopes, layer after layer, unless `slopes` is 0. */
export function forwardPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { x: number; params: number; y: number; hidden: number; slopes: number },
): void {
  beginPass(context, spec, batch);
  context.kernels.mlpForward(at.x, at.params, at.y, at.hidden, at.slopes);
}

/** Gradients before each hidden activation, and dx [B, count] of `count` columns of the input from `from` on. */
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
