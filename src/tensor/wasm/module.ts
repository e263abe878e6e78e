/** The SIMD kernels, instantiated on the memory of tfjs' wasm backend. */
import { IN_NODE } from '../gradients.ts';
import { startHelpers } from './thread-pool.ts';
import { PLAIN_KERNELS, RELAXED_KERNELS } from './kernels.generated.ts';
import { noted } from './capture.ts';
import { canShareMemory, withSharedMemory } from './shared-memory.ts';

/** Exports of assembly/index.ts; every pointer is a byte offset into the shared memory. */
export interface SimdKernels {
  /** Tells the passes below the network, the batch, and how their work is cut (assembly/job.ts). */
  begin(network: number, batch: number, blockRows: number, scratch: number, shared: number, own: number): void;
  mlpForward(x: number, params: number, y: number, hidden: number, slopes: number): void;
  mlpBackward(
    dy: number,
    params: number,
    slopes: number,
    from: number,
    columns: number,
    dx: number,
    deltas: number,
  ): void;
  mlpParameterGradient(x: number, dy: number, hidden: number, deltas: number, gradient: number): void;
  layerNormForward(
    z: number,
    params: number,
    y: number,
    normed: number,
    slopes: number,
    scales: number,
    rows: number,
    width: number,
    activation: number,
  ): void;
  layerNormBackward(
    dy: number,
    params: number,
    normed: number,
    slopes: number,
    scales: number,
    dz: number,
    rows: number,
    width: number,
  ): void;
  layerNormParameterGradient(
    dy: number,
    normed: number,
    slopes: number,
    gradient: number,
    rows: number,
    width: number,
  ): void;
  laplacianMmd(
    x: number,
    y: number,
    squared: number,
    batch: number,
    n: number,
    m: number,
    width: number,
    sigma: number,
    scratch: number,
  ): void;
  laplacianMmdGradient(
    dy: number,
    x: number,
    y: number,
    dx: number,
    batch: number,
    n: number,
    m: number,
    width: number,
    sigma: number,
    scratch: number,
  ): void;
  chainForward(
    params: number,
    table: number,
    states: number,
    stateWidth: number,
    start: number,
    noise: number,
    plan: number,
    steps: number,
    y: number,
    inputs: number,
    outputs: number,
    hidden: number,
    slopes: number,
  ): void;
  chainBackward(
    params: number,
    dy: number,
    noise: number,
    plan: number,
    steps: number,
    inputs: number,
    outputs: number,
    slopes: number,
    dOutputs: number,
    deltas: number,
  ): void;
  chainTableGradient(
    params: number,
    plan: number,
    steps: number,
    deltas: number,
    timeWidth: number,
    gradient: number,
  ): void;
  noisedRows(
    input: number,
    actions: number,
    noise: number,
    diffusionSteps: number,
    signal: number,
    noiseScale: number,
    table: number,
    states: number,
    actionWidth: number,
    timeWidth: number,
    stateWidth: number,
    batch: number,
  ): void;
  addToTable(rows: number, diffusionSteps: number, timeWidth: number, batch: number, gradient: number): void;
  gatherRows(x: number, rows: number, indices: number, out: number, width: number, count: number): void;
  putColumns(
    out: number,
    outWidth: number,
    column: number,
    from: number,
    stride: number,
    width: number,
    rows: number,
  ): void;
  fillNormal(out: number, n: number, step: number, seed: number, key: number): void;
  lerp(target: number, source: number, rate: number, rest: number, n: number): void;
  sumOfSquares(x: number, n: number): number;
  subtract(y: number, target: number, difference: number, n: number): void;
  /** @param operation 0 sum, 1 difference, 2 product, 3 quotient; the other numbers are three sizes, and strides of a and b */
  combine(operation: number, a: number, b: number, out: number, ...axes: number[]): void;
  sumMiddle(x: number, by: number, out: number, outer: number, middle: number, inner: number): void;
  scale(x: number, by: number, out: number, n: number): void;
  adam(
    p: number,
    m: number,
    v: number,
    g: number,
    n: number,
    gradientScale: number,
    stepSize: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    sqrtCorrection2: number,
    epsilon: number,
  ): void;
  join(control: number, member: number): void;
  /** How many blocks a member has taken of jobs that were shared out; for tests. */
  blocksTaken(member: number): number;
  lead(helpers: number, sleeps: boolean): void;
}

/** What a kernel on the wasm backend works with. */
export interface SimdContext {
  kernels: SimdKernels;
  /** Threads among which a job's blocks are shared out. */
  threads: number;
  /** Whether products and sums are fused: other bits than without. */
  relaxed: boolean;
  /** Pointer to scratch memory of at least `elements` float32; valid until the next call. */
  scratch(elements: number): number;
  /** Pointer to these integers (i32). They are kept for good: for the few lists that come up again, widths of layers. */
  integers(values: readonly number[]): number;
  /** The same as float32, for a list that is always the same array. */
  floats(values: ArrayLike<number>): number;
  /** Ends the helpers and gives the memory back; the context is of no use then. */
  release(): void;
}

export interface SimdOptions {
  /** Threads to use at most, from 1; more than one needs shared memory. */
  threads: number;
  /** Whether to use relaxed SIMD. */
  relaxed: boolean;
}

/** The part of tfjs' wasm module that is used here. */
export interface Heap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/** (module (func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))) */
const RELAXED_MODULE = 'AGFzbQEAAAABCAFgA3t7ewF7AwIBAAoNAQsAIAAgASAC/YUCCw==';

const CONTROL_BYTES = 4096;
/** As many as the control memory has room for. */
export const MAX_THREADS = 8;

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Whether multiplications and additions can be fused. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(decodeBase64(RELAXED_MODULE));
}

/** Has Node 20 offer relaxed SIMD, which it keeps behind a flag of V8; browsers and later versions of Node need no asking. */
export async function askForRelaxedSimd(): Promise<void> {
  if (!IN_NODE || hasRelaxedSimd()) return;
  const { setFlagsFromString } = await import(/* @vite-ignore */ 'node:v8');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/**
 * The kernels on a memory, shared or not.
 * @throws WebAssembly.CompileError where SIMD, or relaxed SIMD if asked for, is missing.
 */
export async function createSimdContext(
  memory: WebAssembly.Memory,
  heap: Heap,
  { threads, relaxed }: SimdOptions,
): Promise<SimdContext> {
  const binary = decodeBase64(relaxed ? RELAXED_KERNELS : PLAIN_KERNELS);
  const shared = canShareMemory() && memory.buffer instanceof SharedArrayBuffer;
  const module = await WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = noted(instance.exports as unknown as SimdKernels);

  const control = heap._malloc(CONTROL_BYTES) >>> 0;
  new Uint8Array(memory.buffer, control, CONTROL_BYTES).fill(0);
  kernels.join(control, 0);
  const helpers = shared ? threads - 1 : 0;
  const stopHelpers = await startHelpers(helpers, { module, memory, control });
  // A page's own thread must not sleep.
  kernels.lead(helpers, IN_NODE || 'WorkerGlobalScope' in globalThis);

  let pointer = 0;
  let capacity = 0;
  const outgrown: number[] = [];
  const lists = new Map<string, number>();
  const floats = new WeakMap<ArrayLike<number>, number>();
  const list = (values: Int32Array | Float32Array, key: string): number => {
    const known = lists.get(key);
    if (known !== undefined) return known;
    const made = heap._malloc(values.byteLength) >>> 0;
    new Uint8Array(memory.buffer).set(new Uint8Array(values.buffer), made);
    lists.set(key, made);
    return made;
  };
  return {
    kernels,
    threads: helpers + 1,
    relaxed,
    scratch(elements) {
      if (elements > capacity) {
        // A recorded step goes on with the one that it was given.
        if (pointer) outgrown.push(pointer);
        capacity = elements * 2;
        pointer = heap._malloc(capacity * 4) >>> 0;
      }
      return pointer;
    },
    integers: (values) => list(Int32Array.from(values), `integers ${values.join()}`),
    floats(values) {
      let known = floats.get(values);
      if (known === undefined) {
        known = list(Float32Array.from(values), `floats ${Array.from(values).join()}`);
        floats.set(values, known);
      }
      return known;
    },
    release() {
      stopHelpers();
      // The control memory is not given back: a helper may be reading it still.
      for (const list of [pointer, ...outgrown, ...lists.values()]) if (list) heap._free(list);
    },
  };
}
