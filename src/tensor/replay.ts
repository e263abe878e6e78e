/** Submits the dispatches of a step again, many steps at a time, and reads the metrics. */
import { flush, type Command } from './step-capture.ts';
import { compilePipeline, type Internals } from './webgpu/dispatch.ts';
import { mergedPart } from './webgpu/dispatch-scheduler.ts';
import type { MergePart, Sequences } from './webgpu/merge-shaders.ts';
import type { StepDispatch } from './webgpu/step-graph.ts';

/** Most steps in one submission. */
export const MAX_REPLAY = 64;
/** Submissions in flight: the next is encoded while the GPU runs the last. */
const MAX_IN_FLIGHT = 2;

/** The buffers that a step reads its inputs from and writes its metrics to. */
interface StepBuffers {
  inputs: GPUBuffer;
  inputCount: number;
  metrics: GPUBuffer;
  metricCount: number;
}

/** Compiles a dispatch and binds its buffers. */
export async function compileCommand(device: GPUDevice, part: MergePart, agents: number): Promise<Command> {
  const pipeline = await compilePipeline(part, device);
  const entries = part.bindings.map(({ buffer }, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ label: part.name, layout: pipeline.getBindGroupLayout(0), entries });
  return { pipeline, bindGroup, workgroups: [...part.workgroups, agents] };
}

/** Compiles fused dispatches concurrently; those of one part keep the command that was captured. */
export function compileCommands(
  device: GPUDevice,
  steps: readonly Sequences<Command & StepDispatch>[],
): Promise<Command[]> {
  return Promise.all(
    steps.map(async (sequences) => {
      const [only, ...others] = sequences.flat();
      if (only && others.length === 0) return only;
      return compileCommand(device, mergedPart(sequences), 1);
    }),
  );
}

export class Replay {
  commands: readonly Command[];
  readonly #gpu: Internals;
  readonly #buffers: StepBuffers;
  /** The inputs and the metrics of each step of a submission. */
  readonly #table: GPUBuffer;
  readonly #ring: GPUBuffer;
  readonly #values: Float32Array<ArrayBuffer>;
  /** Buffers that metrics are read from: all, and those that no submission in flight uses. */
  readonly #staging: readonly GPUBuffer[];
  readonly #idle: GPUBuffer[];
  readonly #reads = new Set<Promise<unknown>>();

  constructor(gpu: Internals, commands: readonly Command[], buffers: StepBuffers) {
    this.#gpu = gpu;
    this.commands = commands;
    this.#buffers = buffers;
    this.#values = new Float32Array(Math.max(1, buffers.inputCount) * MAX_REPLAY);
    const { COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    const create = (size: number, usage: number) => gpu.device.createBuffer({ size, usage });
    const ring = 4 * buffers.metricCount * MAX_REPLAY;
    this.#table = create(this.#values.byteLength, COPY_DST | COPY_SRC);
    this.#ring = create(ring, COPY_DST | COPY_SRC);
    this.#staging = Array.from({ length: MAX_IN_FLIGHT }, () => create(ring, COPY_DST | MAP_READ));
    this.#idle = [...this.#staging];
  }

  /**
   * Queues `count` more steps in one submission.
   * @param fill writes the inputs of a step to `inputs`, from `first` on
   * @param around encodes commands before and after the steps
   * @returns the metrics [count, metricCount], once the steps have run
   * @throws Error while MAX_IN_FLIGHT submissions are in flight.
   */
  submit(
    count: number,
    fill: (step: number, inputs: Float32Array, first: number) => void,
    around?: { before(encoder: GPUCommandEncoder): void; after(encoder: GPUCommandEncoder): void },
  ): Promise<Float32Array> {
    const staging = this.#idle.pop();
    if (!staging) throw new Error(`At most ${MAX_IN_FLIGHT} submissions of a recording can be in flight.`);
    const gpu = this.#gpu;
    const { inputs, inputCount, metrics, metricCount } = this.#buffers;
    flush(gpu);
    for (let step = 0; step < count; step++) fill(step, this.#values, step * inputCount);
    const { queue } = gpu.device;
    if (inputCount > 0) queue.writeBuffer(this.#table, 0, this.#values, 0, inputCount * count);
    const row = 4 * metricCount;
    const encoder = gpu.device.createCommandEncoder();
    around?.before(encoder);
    for (let step = 0; step < count; step++) {
      if (inputCount > 0) encoder.copyBufferToBuffer(this.#table, 4 * inputCount * step, inputs, 0, 4 * inputCount);
      const pass = encoder.beginComputePass();
      let current: GPUComputePipeline | null = null;
      for (const { pipeline, bindGroup, workgroups } of this.commands) {
        if (pipeline !== current) pass.setPipeline((current = pipeline));
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      }
      pass.end();
      encoder.copyBufferToBuffer(metrics, 0, this.#ring, row * step, row);
    }
    around?.after(encoder);
    encoder.copyBufferToBuffer(this.#ring, 0, staging, 0, row * count);
    queue.submit([encoder.finish()]);
    const reading = this.#read(staging, row * count);
    this.#reads.add(reading);
    const done = () => this.#reads.delete(reading);
    reading.then(done, done);
    return reading;
  }

  /** Destroys the buffers; those that are being read, after that. */
  dispose(): void {
    for (const buffer of [this.#table, this.#ring]) buffer.destroy();
    void Promise.allSettled(this.#reads).then(() => {
      for (const buffer of this.#staging) buffer.destroy();
    });
  }

  async #read(staging: GPUBuffer, bytes: number): Promise<Float32Array> {
    await staging.mapAsync(GPUMapMode.READ, 0, bytes);
    const values = new Float32Array(staging.getMappedRange(0, bytes).slice(0));
    staging.unmap();
    this.#idle.push(staging);
    return values;
  }
}
