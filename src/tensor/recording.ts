/**
 * A gradient step recorded once and run again without tfjs: the list of its dispatches, with the buffers that they
 * work on. What CUDA graphs are to PyTorch.
 *
 * A step can be recorded if it reads nothing back and draws its numbers on the GPU (stream-draws.ts); what varies from
 * step to step comes from varying.ts, and variables are updated in place.
 */
import { concat, engine, reshape, tensor1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { setVaryingSlots, type Varying } from './varying.ts';
import { internalsOf, type Internals } from './webgpu/dispatch.ts';

/** Most numbers that may vary in a step. */
export const SLOTS = 64;
/** Most steps in one submission. */
export const MAX_REPLAY = 64;

interface Command {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: [number, number, number];
}

/** A tensor that the host gives at each step. */
interface Upload {
  values: () => Float32Array | Int32Array;
  buffer: GPUBuffer;
}

/** tfjs' pool of buffers. */
interface BufferManager {
  acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** Buffers that belong to a recording, and whether tfjs has let go of them: nobody else may have them meanwhile. */
const pinned = new WeakMap<GPUBuffer, { released: boolean }>();
const guarded = new WeakSet<BufferManager>();

/** Keeps pinned buffers out of tfjs' pool. */
function guard(manager: BufferManager): void {
  if (guarded.has(manager)) return;
  guarded.add(manager);
  const release = manager.releaseBuffer.bind(manager);
  manager.releaseBuffer = (buffer, reuse) => {
    const pin = pinned.get(buffer);
    if (pin) pin.released = true;
    else release(buffer, reuse);
  };
}

function webgpu(): { backend: WebGPUBackend; gpu: Internals; manager: BufferManager } {
  const backend = engine().backend as WebGPUBackend;
  const manager = (backend as unknown as { bufferManager: BufferManager }).bufferManager;
  return { backend, gpu: internalsOf(backend), manager };
}

/** Submits what tfjs has gathered. */
function flush(gpu: Internals): void {
  if (!gpu.commandEncoder) return;
  gpu.endComputePassEncoder();
  gpu.submitQueue();
}

/** An encoder that passes everything on, and notes the dispatches. */
function watched(encoder: GPUCommandEncoder, commands: Command[]): GPUCommandEncoder {
  return {
    beginComputePass(descriptor?: GPUComputePassDescriptor) {
      const pass = encoder.beginComputePass(descriptor);
      let pipeline: GPUComputePipeline;
      let bindGroup: GPUBindGroup;
      return {
        setPipeline(next: GPUComputePipeline) {
          pipeline = next;
          pass.setPipeline(next);
        },
        setBindGroup(index: number, next: GPUBindGroup) {
          bindGroup = next;
          pass.setBindGroup(index, next);
        },
        dispatchWorkgroups(x: number, y = 1, z = 1) {
          commands.push({ pipeline, bindGroup, workgroups: [x, y, z] });
          pass.dispatchWorkgroups(x, y, z);
        },
        end: () => pass.end(),
      };
    },
    copyBufferToBuffer(source: GPUBuffer, from: number, target: GPUBuffer, to: number, size: number) {
      // An upload: its values are constants of the step. A copy between tensors would be missed at the next run.
      if (source.usage & GPUBufferUsage.STORAGE)
        throw new Error('A step that copies or reads tensors cannot be recorded.');
      encoder.copyBufferToBuffer(source, from, target, to, size);
    },
    finish: () => encoder.finish(),
  } as unknown as GPUCommandEncoder;
}

/** Scalars side by side, in one tensor; they are disposed. */
export function packScalars(scalars: Readonly<Record<string, Tensor>>): Tensor1D {
  const all = Object.values(scalars);
  const packed: Tensor1D = tidy(() => concat(all.map((scalar) => reshape(scalar, [1]))));
  for (const scalar of all) scalar.dispose();
  return packed;
}

export class Recording {
  /** Names of the scalars that the step reports: the columns of what `run` returns. */
  readonly metrics: readonly string[];
  readonly #gpu: Internals;
  readonly #manager: BufferManager;
  readonly #commands: readonly Command[];
  readonly #varying: readonly Varying[];
  readonly #uploads: readonly Upload[];
  readonly #slots: Tensor1D;
  readonly #packed: Tensor;
  readonly #buffers: readonly GPUBuffer[];
  /** The varying numbers of each step of a submission, and its metrics. */
  readonly #table: GPUBuffer;
  readonly #ring: GPUBuffer;
  readonly #staging: GPUBuffer;
  readonly #values: Float32Array<ArrayBuffer>;
  #disposed = false;

  /**
   * Runs a step once, and notes how.
   * @param step returns its scalars by name; they are disposed here
   * @throws Error if the step reads or copies tensors.
   */
  static of(step: () => Record<string, Tensor>): { recording: Recording; metrics: Tensor1D } {
    const { gpu, manager } = webgpu();
    guard(manager);
    const slots = tensor1d(new Float32Array(SLOTS));
    gpu.uploadToGPU(slots.dataId);
    flush(gpu);
    const slotsBuffer = gpu.tensorMap.get(slots.dataId)?.resource as GPUBuffer;
    const varying: Varying[] = [];
    const commands: Command[] = [];
    const buffers: GPUBuffer[] = [];
    const uploads: Upload[] = [];
    const { acquireBuffer } = manager;
    const { ensureCommandEncoderReady } = gpu;
    const { STORAGE, UNIFORM } = GPUBufferUsage;
    try {
      setVaryingSlots({
        add(value) {
          const index = varying.push(value) - 1;
          if (index >= SLOTS) throw new Error(`A recorded step has at most ${SLOTS} varying numbers.`);
          gpu.device.queue.writeBuffer(slotsBuffer, 4 * index, Float32Array.of(value()));
          return { tensor: slots, index };
        },
        addData(values, { dataId }) {
          gpu.uploadToGPU(dataId);
          uploads.push({ values, buffer: gpu.tensorMap.get(dataId)?.resource as GPUBuffer });
        },
      });
      manager.acquireBuffer = (size, usage, mapped, reuse) => {
        const buffer = acquireBuffer.call(manager, size, usage, mapped, reuse);
        if (usage & (STORAGE | UNIFORM)) {
          pinned.set(buffer, { released: false });
          buffers.push(buffer);
        }
        return buffer;
      };
      gpu.ensureCommandEncoderReady = () => {
        gpu.commandEncoder ??= watched(gpu.device.createCommandEncoder(), commands);
      };
      const scalars = step();
      const names = Object.keys(scalars);
      const packed = packScalars(scalars);
      flush(gpu);
      return { recording: new Recording(names, commands, varying, uploads, slots, packed, buffers), metrics: packed };
    } finally {
      setVaryingSlots(null);
      manager.acquireBuffer = acquireBuffer;
      gpu.ensureCommandEncoderReady = ensureCommandEncoderReady;
      gpu.commandEncoder = null;
      gpu.computePassEncoder = null;
    }
  }

  private constructor(
    metrics: readonly string[],
    commands: readonly Command[],
    varying: readonly Varying[],
    uploads: readonly Upload[],
    slots: Tensor1D,
    packed: Tensor,
    buffers: readonly GPUBuffer[],
  ) {
    const { gpu, manager } = webgpu();
    this.metrics = metrics;
    this.#gpu = gpu;
    this.#manager = manager;
    this.#commands = commands;
    this.#varying = varying;
    this.#uploads = uploads;
    this.#slots = slots;
    this.#packed = packed;
    this.#buffers = buffers;
    this.#values = new Float32Array(Math.max(1, varying.length) * MAX_REPLAY);
    const { COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    const ring = 4 * metrics.length * MAX_REPLAY;
    this.#table = gpu.device.createBuffer({ size: this.#values.byteLength, usage: COPY_DST | COPY_SRC });
    this.#ring = gpu.device.createBuffer({ size: ring, usage: COPY_DST | COPY_SRC });
    this.#staging = gpu.device.createBuffer({ size: ring, usage: COPY_DST | MAP_READ });
  }

  /** Dispatches of one step. */
  get dispatches(): number {
    return this.#commands.length;
  }

  /**
   * Queues `count` more steps in one submission.
   * @param prepare called before each, so that the varying numbers are those of that step
   * @throws RangeError for more than MAX_REPLAY steps, or more than one where the host gives whole tensors.
   */
  submit(count: number, prepare: (step: number) => void): void {
    const most = this.#uploads.length > 0 ? 1 : MAX_REPLAY;
    if (count < 1 || count > most) throw new RangeError(`A submission takes 1 to ${most} steps, not ${count}.`);
    const gpu = this.#gpu;
    const width = this.#varying.length;
    for (let step = 0; step < count; step++) {
      prepare(step);
      for (let slot = 0; slot < width; slot++) this.#values[step * width + slot] = (this.#varying[slot] as Varying)();
    }
    flush(gpu);
    const { queue } = gpu.device;
    for (const { values, buffer } of this.#uploads) queue.writeBuffer(buffer, 0, values() as Float32Array<ArrayBuffer>);
    queue.writeBuffer(this.#table, 0, this.#values, 0, Math.max(1, width * count));
    const buffer = (tensor: Tensor) => gpu.tensorMap.get(tensor.dataId)?.resource as GPUBuffer;
    const [slots, packed] = [buffer(this.#slots), buffer(this.#packed)];
    const row = 4 * this.metrics.length;
    const encoder = gpu.device.createCommandEncoder();
    for (let step = 0; step < count; step++) {
      if (width > 0) encoder.copyBufferToBuffer(this.#table, 4 * width * step, slots, 0, 4 * width);
      const pass = encoder.beginComputePass();
      let current: GPUComputePipeline | null = null;
      for (const { pipeline, bindGroup, workgroups } of this.#commands) {
        if (pipeline !== current) pass.setPipeline((current = pipeline));
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      }
      pass.end();
      encoder.copyBufferToBuffer(packed, 0, this.#ring, row * step, row);
    }
    encoder.copyBufferToBuffer(this.#ring, 0, this.#staging, 0, row * count);
    queue.submit([encoder.finish()]);
  }

  /** The metrics [count, metrics] of the last submission, once it has run. */
  async read(count: number): Promise<Float32Array> {
    const size = 4 * this.metrics.length * count;
    await this.#staging.mapAsync(GPUMapMode.READ, 0, size);
    const values = new Float32Array(this.#staging.getMappedRange(0, size).slice(0));
    this.#staging.unmap();
    return values;
  }

  /** Gives the buffers back. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#slots.dispose();
    this.#packed.dispose();
    for (const buffer of [this.#table, this.#ring, this.#staging]) buffer.destroy();
    for (const buffer of this.#buffers) {
      const released = pinned.get(buffer)?.released === true;
      pinned.delete(buffer);
      if (released) this.#manager.releaseBuffer(buffer);
    }
  }
}
