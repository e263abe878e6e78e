/**
 * A gradient step on the wasm backend recorded once and run again without tfjs: what recording.ts is on WebGPU. Half of
 * a small step is tfjs' own bookkeeping, which is left out: tensors that come and go, the tape, the scopes.
 *
 * What the step made keeps its memory, which what it makes later may have in turn (step-memory.ts). Calls into our kernels are
 * made again with the same pointers; tfjs' kernels are run again on the same tensors, and are given the outputs that they made
 * when the step was noted.
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
import { overriddenKernel } from '../kernel-overrides.ts';
import type { SimdContext } from './module.ts';
import { currentNote, setNote, type Branch, type Call, type Note } from './capture.ts';
import { StepMemory } from './step-memory.ts';

/** The backend as a kernel of tfjs sees it when it is run again: nothing is made, and nothing let go. */
interface Stage {
  outputs: readonly TensorInfo[];
  next: number;
  backend: BackendWasm;
}

function stageOf(backend: BackendWasm): Stage {
  const stage: Stage = { outputs: [], next: 0, backend: Object.create(backend) as BackendWasm };
  Object.assign(stage.backend, {
    makeOutput: () => stage.outputs[stage.next++],
    disposeData: () => false,
    incRef: () => undefined,
  });
  return stage;
}

/** Has what a step makes keep its memory, and notes it. */
class Keeper {
  readonly memory: StepMemory;
  readonly #made = new Set<DataId>();
  readonly #backend: BackendWasm;
  readonly #note: Note;
  readonly #stage: Stage;
  readonly #kernels: { config: KernelConfig; run: KernelConfig['kernelFunc'] }[] = [];
  /** Outputs of the kernel of tfjs that is running. */
  #outputs: TensorInfo[] | null = null;

  constructor(backend: BackendWasm, note: Note) {
    this.#backend = backend;
    this.#note = note;
    this.#stage = stageOf(backend);
    this.memory = new StepMemory(backend);
  }

  start(): void {
    const backend = this.#backend;
    const { write, makeOutput, disposeData } = backend;
    const made = this.#made;
    Object.assign(backend, {
      write: (...given: Parameters<BackendWasm['write']>) => {
        const dataId = write.apply(backend, given);
        made.add(dataId);
        // Its values are constants of the step: nobody else may have their place.
        if (given[0]) this.memory.keep(dataId);
        return dataId;
      },
      makeOutput: (...[shape, dtype, place, values]: Parameters<BackendWasm['makeOutput']>) => {
        const free = place === undefined && !values ? this.memory.take(shape, dtype) : undefined;
        const output = makeOutput.call(backend, shape, dtype, place ?? free, values);
        made.add(output.dataId);
        if (free !== undefined) this.memory.lend(output.dataId);
        // What was written here is not written at the next step.
        if (values) this.memory.keep(output.dataId);
        this.#outputs?.push(output);
        return output;
      },
      // Its values stay where they are: the step works there again.
      disposeData: (dataId: DataId, force?: boolean) => {
        if (!made.has(dataId)) return disposeData.call(backend, dataId, force);
        const data = backend.dataIdMap.get(dataId) as { refCount: number };
        data.refCount--;
        if (force !== true && data.refCount > 0) return false;
        this.memory.letGo(dataId);
        return true;
      },
      read: () => {
        throw new Error('A step that reads tensors cannot be recorded.');
      },
    });
    for (const registered of getKernelsForBackend('wasm')) {
      if (isCustomKernel(registered.kernelName)) continue;
      const config = overriddenKernel(registered);
      const run = config.kernelFunc;
      this.#kernels.push({ config, run });
      config.kernelFunc = (given) => this.#run(run, given);
    }
  }

  stop(): void {
    for (const { config, run } of this.#kernels) config.kernelFunc = run;
    // The backend's own are on its prototype.
    for (const name of ['write', 'makeOutput', 'disposeData', 'read']) Reflect.deleteProperty(this.#backend, name);
  }

  /** Runs a kernel of tfjs, and notes how to run it again. */
  #run(run: KernelConfig['kernelFunc'], given: Parameters<KernelConfig['kernelFunc']>[0]): TensorInfo | TensorInfo[] {
    if (!currentNote()) return run(given);
    const outputs: TensorInfo[] = [];
    this.#outputs = outputs;
    setNote(null);
    try {
      return run(given);
    } finally {
      setNote(this.#note);
      this.#outputs = null;
      // One that makes nothing (another shape of the same values) has nothing to do again.
      if (outputs.length > 0) this.#note.calls.push(this.#again(run, given, outputs));
    }
  }

  #again(
    run: KernelConfig['kernelFunc'],
    { inputs, attrs }: Parameters<KernelConfig['kernelFunc']>[0],
    outputs: readonly TensorInfo[],
  ): Call {
    const stage = this.#stage;
    const given = { inputs, attrs, backend: stage.backend } as Parameters<KernelConfig['kernelFunc']>[0];
    return () => {
      stage.outputs = outputs;
      stage.next = 0;
      run(given);
    };
  }
}

export class WasmRecording {
  /** Names of the scalars that the step reports. */
  readonly metrics: readonly string[];
  /** What its first run reported. */
  readonly first: Record<string, number>;
  readonly #backend: BackendWasm;
  readonly #context: SimdContext;
  readonly #calls: readonly Call[];
  readonly #branches: readonly Branch[];
  readonly #scalars: readonly Tensor[];
  readonly #memory: StepMemory;
  /** Where the scalars stand, in elements of the memory. */
  readonly #places: readonly number[];

  /**
   * Runs a step once, and notes how.
   * @param step returns its scalars by name; they belong to the recording
   * @throws Error if the step reads tensors, or if a tensor of more than a few numbers that it made outlives it.
   */
  static of(step: () => Record<string, Tensor>): WasmRecording {
    const backend = engine().backend as BackendWasm;
    const context = simdContext();
    if (!context) throw new Error('Steps are recorded on WebGPU, and on wasm with SIMD.');
    const note: Note = { calls: [], branches: [] };
    const keeper = new Keeper(backend, note);
    keeper.start();
    setNote(note);
    const { memory } = keeper;
    let scalars: Record<string, Tensor> | null = null;
    try {
      const reported = step();
      memory.check();
      scalars = reported;
    } finally {
      setNote(null);
      keeper.stop();
      if (!scalars) memory.release();
    }
    return new WasmRecording(backend, context, note, scalars, memory);
  }

  private constructor(
    backend: BackendWasm,
    context: SimdContext,
    { calls, branches }: Note,
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
    this.#places = this.#scalars.map(({ dataId }) => backend.getMemoryOffset(dataId) / 4);
    this.first = this.#report();
  }

  /** Whether the kernels that were noted are those that run now. */
  get isCurrent(): boolean {
    return simdContext() === this.#context;
  }

  /** Whether the step's choices come out as they did when it was noted. */
  fits(): boolean {
    return this.#branches.every(({ condition, taken }) => condition() === taken);
  }

  /** Runs the step again. Returns its scalars by name. */
  run(): Record<string, number> {
    for (const call of this.#calls) call();
    return this.#report();
  }

  /** Gives the memory back. */
  dispose(): void {
    for (const scalar of this.#scalars) if (!scalar.isDisposed) scalar.dispose();
    this.#memory.release();
  }

  #report(): Record<string, number> {
    const memory = new Float32Array(this.#backend.wasm.HEAPU8.buffer);
    return Object.fromEntries(this.metrics.map((name, i) => [name, memory[this.#places[i] as number] as number]));
  }
}
