/** The SIMD kernels, instantiated on the memory of tfjs' wasm backend. */
import { IN_NODE } from '../gradients.ts';
import { startWorkers } from './thread-pool.ts';
import { PLAIN_KERNELS, RELAXED_KERNELS } from './kernels.generated.ts';
import { captureCalls } from './capture.ts';
import { canShareMemory, withSharedMemory } from './shared-memory.ts';

/** Exports of assembly/index.ts; every pointer is a byte offset into the shared memory. */
export interface SimdKernels {
  /** Sets the network, the batch and the block size for the next pass (assembly/job.ts). */
  beginJob(network: number, batch: number, blockRows: number, scratch: number, shared: number, own: number): void;
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
  scatterAddRows(rows: number, diffusionSteps: number, timeWidth: number, batch: number, gradient: number): void;
  gatherRows(x: number, rows: number, indices: number, out: number, width: number, count: number): void;
  copyColumns(
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
  /** @param operation 0 sum, 1 difference, 2 product, 3 quotient; `axes` are three sizes, then the strides of a and of b */
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
  initThread(controlBlock: number, thread: number): void;
  /** How many blocks of dispatched jobs a thread has run; for tests. */
  blocksProcessed(thread: number): number;
  configurePool(workers: number, sleeps: boolean): void;
}

/** What a kernel on the wasm backend works with. */
export interface SimdContext {
  kernels: SimdKernels;
  /** Threads that run a job's blocks. */
  threads: number;
  /** Whether multiplications and additions are fused, which changes the last bits. */
  relaxed: boolean;
  /** Pointer to scratch memory of at least `elements` float32, valid until the next call. */
  scratch(elements: number): number;
  /** Pointer to these integers (i32), which are never freed: for a few recurring lists such as widths of layers. */
  integers(values: readonly number[]): number;
  /** The same as float32, cached by the array's identity. */
  floats(values: ArrayLike<number>): number;
  /** Terminates the workers and frees the memory. The context must not be used afterwards. */
  release(): void;
}

interface SimdOptions {
  /** Largest number of threads, from 1; more than one needs shared memory. */
  threads: number;
  /** Whether to use relaxed SIMD. */
  relaxed: boolean;
}

/** The part of tfjs' wasm module that is used here. */
interface TfjsHeap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/** (module (func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))) */
const RELAXED_MODULE = 'AGFzbQEAAAABCAFgA3t7ewF7AwIBAAoNAQsAIAAgASAC/YUCCw==';

const CONTROL_BYTES = 4096;
/** As many as fit the control block. */
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

/** Enables relaxed SIMD in Node 20, where it needs a flag of V8. Browsers and later versions of Node have it already. */
export async function enableRelaxedSimd(): Promise<void> {
  if (!IN_NODE || hasRelaxedSimd()) return;
  const { setFlagsFromString } = await import(/* @vite-ignore */ 'node:v8');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/**
 * The kernels on a memory, shared or not.
 * @throws WebAssembly.CompileError if SIMD, or relaxed SIMD when requested, is missing.
 */
export async function createSimdContext(
  memory: WebAssembly.Memory,
  heap: TfjsHeap,
  { threads, relaxed }: SimdOptions,
): Promise<SimdContext> {
  const binary = decodeBase64(relaxed ? RELAXED_KERNELS : PLAIN_KERNELS);
  const shared = canShareMemory() && memory.buffer instanceof SharedArrayBuffer;
  const module = await WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = captureCalls(instance.exports as unknown as SimdKernels);

  const controlBlock = heap._malloc(CONTROL_BYTES) >>> 0;
  new Uint8Array(memory.buffer, controlBlock, CONTROL_BYTES).fill(0);
  kernels.initThread(controlBlock, 0);
  const workers = shared ? threads - 1 : 0;
  const stopWorkers = await startWorkers(workers, { module, memory, controlBlock });
  // A page's main thread must not sleep.
  kernels.configurePool(workers, IN_NODE || 'WorkerGlobalScope' in globalThis);

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
    threads: workers + 1,
    relaxed,
    scratch(elements) {
      if (elements > capacity) {
        // A recorded step continues to use the block that it captured.
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
      stopWorkers();
      // The control block is not freed: a worker may still be reading it.
      for (const list of [pointer, ...outgrown, ...lists.values()]) if (list) heap._free(list);
    },
  };
}
