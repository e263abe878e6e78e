/** Runs a step once through tfjs and captures it: its dispatches and their buffers. */
import { engine, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { setStepInputBuffer, type StepInput } from './step-input.ts';
import { wrap } from './engine.ts';
import { dispatch, internalsOf, watchDispatches, type Dispatch, type Internals } from './webgpu/dispatch.ts';
import { stepDispatch, type StepDispatch } from './webgpu/step-graph.ts';
import { eachElement } from './webgpu/threads.ts';

/** Most numbers that may change from step to step. */
export const MAX_STEP_INPUTS = 64;

/** One dispatch of a step that is replayed. */
export interface Command {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: readonly [number, number, number];
}

type CapturedDispatch = Command & StepDispatch;

/** A tensor that the host provides at each step. */
interface HostUpload {
  values: () => Float32Array | Int32Array;
  buffer: GPUBuffer;
}

/** tfjs' pool of buffers. */
interface BufferManager {
  acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/** Buffers that a recording owns, and whether tfjs has released them: tfjs may not reuse them meanwhile. */
const pinned = new WeakMap<GPUBuffer, { released: boolean }>();
const guarded = new WeakSet<BufferManager>();

/** Keeps pinned buffers out of tfjs' pool. */
function guardPool(manager: BufferManager): void {
  if (guarded.has(manager)) return;
  guarded.add(manager);
  const release = manager.releaseBuffer.bind(manager);
  manager.releaseBuffer = (buffer, reuse) => {
    const pin = pinned.get(buffer);
    if (pin) pin.released = true;
    else release(buffer, reuse);
  };
}

export function webgpu(): { backend: WebGPUBackend; gpu: Internals; manager: BufferManager } {
  const backend = engine().backend as WebGPUBackend;
  const manager = (backend as unknown as { bufferManager: BufferManager }).bufferManager;
  return { backend, gpu: internalsOf(backend), manager };
}

/** Submits the commands that tfjs has encoded. */
export function flush(gpu: Internals): void {
  if (!gpu.commandEncoder) return;
  gpu.endComputePassEncoder();
  gpu.submitQueue();
}

/** Captures the buffers of bind groups, and which dispatches of ours they belong to. */
class BindGroupCapture {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<GPUBindGroup, GPUBuffer[]>();
  readonly #sources = new Map<GPUBindGroup, Dispatch>();

  constructor(device: GPUDevice) {
    this.#device = device;
    const create = device.createBindGroup.bind(device);
    device.createBindGroup = (descriptor) => {
      const group = create(descriptor);
      const buffers = [...descriptor.entries].map(({ resource }) => (resource as GPUBufferBinding).buffer);
      this.#buffers.set(group, buffers);
      return group;
    };
    watchDispatches((what, group) => {
      if (group) this.#sources.set(group, what);
    });
  }

  /** The buffers of a dispatch, and its shader if it is ours. */
  partOf(group: GPUBindGroup): StepDispatch {
    const [output, ...inputs] = this.#buffers.get(group) as [GPUBuffer, ...GPUBuffer[]];
    const source = this.#sources.get(group);
    // tfjs binds its output first.
    if (!source) return { reads: inputs, writes: [output], part: null };
    return stepDispatch(source, [output, ...inputs]);
  }

  release(): void {
    watchDispatches(null);
    // The device's original method is on its prototype.
    Reflect.deleteProperty(this.#device, 'createBindGroup');
  }
}

/** Wraps an encoder so that its dispatches are captured. */
function capturingEncoder(
  encoder: GPUCommandEncoder,
  groups: BindGroupCapture,
  commands: CapturedDispatch[],
): GPUCommandEncoder {
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
          commands.push({ pipeline, bindGroup, workgroups: [x, y, z], ...groups.partOf(bindGroup) });
          pass.dispatchWorkgroups(x, y, z);
        },
        end: () => pass.end(),
      };
    },
    copyBufferToBuffer(source: GPUBuffer, from: number, target: GPUBuffer, to: number, size: number) {
      // An upload's values are constants of the step. A copy between tensors would be missing in a replay.
      if (source.usage & GPUBufferUsage.STORAGE)
        throw new Error('A step that copies or reads tensors cannot be recorded.');
      encoder.copyBufferToBuffer(source, from, target, to, size);
    },
    finish: () => encoder.finish(),
  } as unknown as GPUCommandEncoder;
}

/** Copies scalars into one tensor, each as soon as it is computed, and disposes them. */
export function packScalars(scalars: Readonly<Record<string, Tensor>>): Tensor1D {
  const { backend } = webgpu();
  const all = Object.values(scalars);
  const packed = backend.makeTensorInfo([all.length], 'float32');
  all.forEach((scalar, k) => {
    dispatch(backend, {
      name: 'report',
      key: `${k}`,
      bindings: [
        { name: 'scalar', tensor: scalar },
        { name: 'packed', tensor: packed, access: 'write', byteRange: `${k}` },
      ],
      ...eachElement(1, () => `packed[${k}] = scalar[0];`),
    });
    scalar.dispose();
  });
  return wrap(packed) as Tensor1D;
}

export interface CapturedStep {
  /** Names of the scalars that the step reports. */
  metrics: readonly string[];
  /** Those scalars. */
  packed: Tensor1D;
  /** The step's inputs. */
  inputTensor: Tensor1D;
  commands: readonly CapturedDispatch[];
  inputs: readonly StepInput[];
  uploads: readonly HostUpload[];
  /** Buffers that the step owns. */
  buffers: readonly GPUBuffer[];
}

/**
 * Runs and captures a step.
 * @param step returns its scalars by name; they are disposed here
 * @throws Error if the step reads or copies tensors.
 */
export function captureStep(step: () => Record<string, Tensor>): CapturedStep {
  const { gpu, manager } = webgpu();
  guardPool(manager);
  const inputTensor = tensor1d(new Float32Array(MAX_STEP_INPUTS));
  gpu.uploadToGPU(inputTensor.dataId);
  flush(gpu);
  const inputBuffer = gpu.tensorMap.get(inputTensor.dataId)?.resource as GPUBuffer;
  const inputs: StepInput[] = [];
  const commands: CapturedDispatch[] = [];
  const groups = new BindGroupCapture(gpu.device);
  const buffers: GPUBuffer[] = [];
  const uploads: HostUpload[] = [];
  const { acquireBuffer } = manager;
  const { ensureCommandEncoderReady } = gpu;
  const { STORAGE, UNIFORM } = GPUBufferUsage;
  try {
    setStepInputBuffer({
      add(value) {
        const index = inputs.push(value) - 1;
        if (index >= MAX_STEP_INPUTS) throw new Error(`A recorded step has at most ${MAX_STEP_INPUTS} inputs.`);
        gpu.device.queue.writeBuffer(inputBuffer, 4 * index, Float32Array.of(value()));
        return { tensor: inputTensor, index };
      },
      addTensor(values, { dataId }) {
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
      gpu.commandEncoder ??= capturingEncoder(gpu.device.createCommandEncoder(), groups, commands);
    };
    const scalars = step();
    const names = Object.keys(scalars);
    const packed = packScalars(scalars);
    flush(gpu);
    return { metrics: names, packed, inputTensor, commands, inputs, uploads, buffers };
  } finally {
    groups.release();
    setStepInputBuffer(null);
    manager.acquireBuffer = acquireBuffer;
    gpu.ensureCommandEncoderReady = ensureCommandEncoderReady;
    gpu.commandEncoder = null;
    gpu.computePassEncoder = null;
  }
}

/** Whether a buffer may be read after the step: tfjs has not released it. */
export function isLiveOut(buffer: GPUBuffer): boolean {
  return pinned.get(buffer)?.released !== true;
}

/** Releases the tensors and buffers of a captured step. */
export function releaseStep({ inputTensor, packed, buffers }: CapturedStep): void {
  const { manager } = webgpu();
  inputTensor.dispose();
  packed.dispose();
  for (const buffer of buffers) {
    const released = pinned.get(buffer)?.released === true;
    pinned.delete(buffer);
    if (released) manager.releaseBuffer(buffer);
  }
}

/** The buffer of a tensor. */
export function bufferOf(gpu: Internals, { dataId }: Tensor): GPUBuffer {
  return gpu.tensorMap.get(dataId)?.resource as GPUBuffer;
}
