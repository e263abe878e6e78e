/**
 * A gradient step on the wasm backend, captured once and replayed without tfjs; recording.ts does this on WebGPU. A replay
 * omits tfjs' bookkeeping (creating and disposing of tensors, the tape, the scopes), half of the time of a small step.
 *
 * Tensors of the step keep their memory, which later tensors of the step may reuse (step-memory.ts). A replay calls our
 * kernels with the same pointers, and tfjs' kernels with the same tensors and the outputs that they created in the capture.
 */
import {
  engine,
  getKernelsForBackend,
  type DataId,
  type KernelConfig,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { simdContext } from '../backend-state.ts';
import { isCustomKernel } from '../define-kernel.ts';
import { originalKernel } from '../kernel-overrides.ts';
import type { SimdContext } from './module.ts';
import { currentCapture, setCapture, type CapturedBranch, type CapturedCall, type WasmCapture } from './capture.ts';
import { StepMemory } from './step-memory.ts';

/** The backend that a replay passes to tfjs' kernels: it returns the captured outputs, and disposes of nothing. */
interface ReplayBackend {
  outputs: readonly TensorInfo[];
  next: number;
  backend: BackendWasm;
}

function replayBackendOf(backend: BackendWasm): ReplayBackend {
  const replay: ReplayBackend = { outputs: [], next: 0, backend: Object.create(backend) as BackendWasm };
  Object.assign(replay.backend, {
    makeOutput: () => replay.outputs[replay.next++],
    disposeData: () => false,
    incRef: () => undefined,
  });
  return replay;
}

/** Captures a step: patches the backend and tfjs' kernels while the step runs. */
class WasmStepCapture {
  readonly memory: StepMemory;
  readonly #created = new Set<DataId>();
  readonly #backend: BackendWasm;
  readonly #capture: WasmCapture;
  readonly #replay: ReplayBackend;
  readonly #kernels: { config: KernelConfig; run: KernelConfig['kernelFunc'] }[] = [];
  /** Outputs of the tfjs kernel that is running. */
  #outputs: TensorInfo[] | null = null;

  constructor(backend: BackendWasm, capture: WasmCapture) {
    this.#backend = backend;
    this.#capture = capture;
    this.#replay = replayBackendOf(backend);
    this.memory = new StepMemory(backend);
  }

  start(): void {
    const backend = this.#backend;
    const { write, makeOutput, disposeData } = backend;
    const created = this.#created;
    Object.assign(backend, {
      write: (...given: Parameters<BackendWasm['write']>) => {
        const dataId = write.apply(backend, given);
        created.add(dataId);
        // Uploaded values are constants of the step.
        if (given[0]) this.memory.pin(dataId);
        return dataId;
      },
      makeOutput: (...[shape, dtype, place, values]: Parameters<BackendWasm['makeOutput']>) => {
        const free = place === undefined && !values ? this.memory.allocate(shape, dtype) : undefined;
        const output = makeOutput.call(backend, shape, dtype, place ?? free, values);
        created.add(output.dataId);
        if (free !== undefined) this.memory.markReused(output.dataId);
        // A replay does not write these values again.
        if (values) this.memory.pin(output.dataId);
        this.#outputs?.push(output);
        return output;
      },
      // The memory is not freed: a replay uses it again.
      disposeData: (dataId: DataId, force?: boolean) => {
        if (!created.has(dataId)) return disposeData.call(backend, dataId, force);
        const data = backend.dataIdMap.get(dataId) as { refCount: number };
        data.refCount--;
        if (force !== true && data.refCount > 0) return false;
        this.memory.free(dataId);
        return true;
      },
      read: () => {
        throw new Error('A step that reads tensors cannot be recorded.');
      },
    });
    for (const registered of getKernelsForBackend('wasm')) {
      if (isCustomKernel(registered.kernelName)) continue;
      const config = originalKernel(registered);
      const run = config.kernelFunc;
      this.#kernels.push({ config, run });
      config.kernelFunc = (given) => this.#run(run, given);
    }
  }

  stop(): void {
    for (const { config, run } of this.#kernels) config.kernelFunc = run;
    // Uncovers the original methods, which are on the prototype.
    for (const name of ['write', 'makeOutput', 'disposeData', 'read']) Reflect.deleteProperty(this.#backend, name);
  }

  /** Runs a kernel of tfjs and captures the call. */
  #run(run: KernelConfig['kernelFunc'], given: Parameters<KernelConfig['kernelFunc']>[0]): TensorInfo | TensorInfo[] {
    if (!currentCapture()) return run(given);
    const outputs: TensorInfo[] = [];
    this.#outputs = outputs;
    setCapture(null);
    try {
      return run(given);
    } finally {
      setCapture(this.#capture);
      this.#outputs = null;
      // A kernel without outputs (a reshape) has nothing to replay.
      if (outputs.length > 0) this.#capture.calls.push(this.#replayCall(run, given, outputs));
    }
  }

  #replayCall(
    run: KernelConfig['kernelFunc'],
    { inputs, attrs }: Parameters<KernelConfig['kernelFunc']>[0],
    outputs: readonly TensorInfo[],
  ): CapturedCall {
    const replay = this.#replay;
    const given = { inputs, attrs, backend: replay.backend } as Parameters<KernelConfig['kernelFunc']>[0];
    return () => {
      replay.outputs = outputs;
      replay.next = 0;
      run(given);
    };
  }
}

export class WasmRecording {
  /** Names of the scalars that the step reports. */
  readonly metrics: readonly string[];
  /** The scalars of the captured run. */
  readonly first: Record<string, number>;
  readonly #backend: BackendWasm;
  readonly #context: SimdContext;
  readonly #calls: readonly CapturedCall[];
  readonly #branches: readonly CapturedBranch[];
  readonly #scalars: readonly Tensor[];
  readonly #memory: StepMemory;
  /** Offsets of the scalars in the memory, in elements. */
  readonly #metricOffsets: readonly number[];

  /**
   * Runs a step once and captures it.
   * @param step returns its scalars by name; they belong to the recording
   * @throws Error if the step reads tensors, or if a tensor of more than a few numbers outlives it.
   */
  static capture(step: () => Record<string, Tensor>): WasmRecording {
    const backend = engine().backend as BackendWasm;
    const context = simdContext();
    if (!context) throw new Error('Steps are recorded on WebGPU, and on wasm with SIMD.');
    const capture: WasmCapture = { calls: [], branches: [] };
    const stepCapture = new WasmStepCapture(backend, capture);
    stepCapture.start();
    setCapture(capture);
    const { memory } = stepCapture;
    let scalars: Record<string, Tensor> | null = null;
    try {
      const reported = step();
      memory.assertNoneEscapes();
      scalars = reported;
    } finally {
      setCapture(null);
      stepCapture.stop();
      if (!scalars) memory.release();
    }
    return new WasmRecording(backend, context, capture, scalars, memory);
  }

  private constructor(
    backend: BackendWasm,
    context: SimdContext,
    { calls, branches }: WasmCapture,
    scalars: Record<string, Tensor>,
    memory: StepMemory,
  ) {
    this.#backend = backend;
    this.#context = context;
    this.#calls = calls;
    this.#branches = branches;
    this.metrics = Object.keys(scalars);
    this.#scalars = Object.values(scalars);
    this.#memory = memory;
    this.#metricOffsets = this.#scalars.map(({ dataId }) => backend.getMemoryOffset(dataId) / 4);
    this.first = this.#report();
  }

  /** Whether the captured kernels are still the running ones. */
  get isCurrent(): boolean {
    return simdContext() === this.#context;
  }

  /** Whether the step's conditions have the values of the capture. */
  branchesMatch(): boolean {
    return this.#branches.every(({ condition, taken }) => condition() === taken);
  }

  /** Replays the step. Returns its scalars by name. */
  run(): Record<string, number> {
    for (const call of this.#calls) call();
    return this.#report();
  }

  /** Frees the memory. */
  dispose(): void {
    for (const scalar of this.#scalars) if (!scalar.isDisposed) scalar.dispose();
    this.#memory.release();
  }

  #report(): Record<string, number> {
    const memory = new Float32Array(this.#backend.wasm.HEAPU8.buffer);
    return Object.fromEntries(
      this.metrics.map((name, i) => [name, memory[this.#metricOffsets[i] as number] as number]),
    );
  }
}
