/** An MLP's three passes over a batch, by pointers into memory: what wasm/assembly/mlp.ts takes. */
import { mlpLayout, type MlpSpec } from '../kernels/mlp.ts';
import type { SimdContext } from './module.ts';

/** Most rows of a batch, or of a weight's gradient, in one block of work; of assembly/network.ts. */
const BLOCK_ROWS = 64;
/** Rows that a gradient is summed over at once; of assembly/network.ts. */
const CHUNK_ROWS = 256;
/** Blocks that each thread has in the mean, so that none waits long for the last. */
const BLOCKS_A_THREAD = 3;
/** Multiplications that are not worth another thread's attention. */
const SMALL_JOB = 500_000;

const ACTIVATION_CODE = { mish: 1, relu: 2 } as const;

/** Rows that one block takes of `count`, a multiple of 4. */
function blockRows(threads: number, count: number, multiplications: number): number {
  const wanted = threads > 1 && multiplications > SMALL_JOB ? threads * BLOCKS_A_THREAD : 1;
  const blocks = Math.max(wanted, Math.ceil(count / BLOCK_ROWS));
  return Math.ceil(count / blocks / 4) * 4;
}

export interface PassPlan {
  /** The network described in integers. */
  network: number;
  /** Rows of the batch in a block. */
  rows: number;
  /** Rows of a weight's gradient in a block. */
  gradientRows: number;
  /** Scratch memory, elements of it for all threads, and for each. */
  scratch: number;
  shared: number;
  own: number;
}

export function planPass({ scratch, integers, threads }: SimdContext, spec: MlpSpec, batch: number): PassPlan {
  const { layers, parameterCount } = mlpLayout(spec);
  const up = (n: number) => Math.ceil(n / 8) * 8;
  const widest = up(Math.max(...spec.sizes));
  const [inWidth, outWidth] = [spec.sizes[0] as number, spec.sizes.at(-1) as number];
  // All weights, each padded on one side; or a chunk of the inputs of one layer.
  const shared = Math.max(parameterCount + 8 * layers.length * widest, widest * CHUNK_ROWS);
  // Packed rows, a row of zeros, activations, and rows of the input and the output.
  const own = BLOCK_ROWS * (Math.max(widest, CHUNK_ROWS) + widest + inWidth + 2 * outWidth) + widest;
  const multiplications = parameterCount * batch;
  return {
    network: integers([layers.length, ACTIVATION_CODE[spec.activation], widest, ...spec.sizes]),
    rows: blockRows(threads, batch, multiplications),
    gradientRows: blockRows(threads, Math.max(...spec.sizes.slice(1)), multiplications),
    shared,
    own,
    scratch: scratch(shared + threads * own),
  };
}

/** y [B, out] of x [B, in]; hidden activations and slopes, layer after layer, unless `slopes` is 0. */
export function forwardPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { x: number; params: number; y: number; hidden: number; slopes: number },
): void {
  const { network, rows, scratch, shared, own } = planPass(context, spec, batch);
  const { x, params, y, hidden, slopes } = at;
  context.kernels.mlpForward(network, x, params, y, hidden, slopes, batch, rows, scratch, shared, own);
}

/** Gradients before each hidden activation, and dx [B, count] of `count` columns of the input from `from` on. */
export function backwardPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { dy: number; params: number; slopes: number; dx: number; deltas: number },
  [from, count]: readonly [from: number, count: number],
): void {
  const { network, rows, scratch, shared, own } = planPass(context, spec, batch);
  const { dy, params, slopes, dx, deltas } = at;
  const { mlpBackward } = context.kernels;
  mlpBackward(network, dy, params, slopes, from, count, dx, deltas, batch, rows, scratch, shared, own);
}

/** Gradient of the flat parameters. */
export function parameterPass(
  context: SimdContext,
  spec: MlpSpec,
  batch: number,
  at: { x: number; dy: number; hidden: number; deltas: number; gradient: number },
): void {
  const { network, gradientRows, scratch, shared, own } = planPass(context, spec, batch);
  const { x, dy, hidden, deltas, gradient } = at;
  const { mlpParameterGradient } = context.kernels;
  mlpParameterGradient(network, x, dy, hidden, deltas, gradient, batch, gradientRows, scratch, shared, own);
}
