/**
 * Compute dispatches of our own WGSL on tfjs' WebGPU backend: several outputs, updates in place, no uniforms (sizes are
 * part of the shader, values that vary are in buffers). They use tfjs' command encoder, which keeps the order.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { reportGpuError } from './errors.ts';

export interface Binding {
  /** The name in the WGSL. */
  name: string;
  tensor: TensorInfo;
  type?: 'f32' | 'vec4<f32>' | 'i32' | 'u32';
  /** `read` by default; a written buffer may be read as well. */
  access?: 'read' | 'write';
  /** As in `BoundBuffer`. */
  perInvocation?: boolean;
  rowTile?: string;
  byteRange?: string;
}

export interface Dispatch {
  /** For errors. */
  name: string;
  /** Everything that the WGSL depends on: dispatches of one name and key share a pipeline. */
  key: string;
  bindings: readonly Binding[];
  /** In x and y. */
  workgroups: readonly [number, number];
  /** Steps that depend on one another, such as layers, at the least; 1 by default. */
  depth?: number;
  /** The shader, without its bindings. */
  wgsl: () => string;
}

export interface Internals {
  device: GPUDevice;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  tensorMap: { has(id: object): boolean; get(id: object): { resource?: GPUBuffer; values: unknown } | undefined };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(id: object): void;
}

/** tfjs' backend with its private members. */
export function internalsOf(backend: WebGPUBackend): Internals {
  return backend as unknown as Internals;
}

/** Drops the copy of a tensor that tfjs caches after it has read or uploaded it: the copy is stale. */
export function dropCachedValues(backend: WebGPUBackend, { dataId }: TensorInfo): void {
  const data = internalsOf(backend).tensorMap.get(dataId);
  if (data?.resource) data.values = null;
}

/** Dispatches a submission. */
const SUBMIT_EVERY = 64;

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();
const compiling = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

/** While set, dispatches are not run: their pipelines are compiled, concurrently. */
let compileOnly = false;

export function setCompileOnly(on: boolean): void {
  compileOnly = on;
}

function cacheOf<T>(cache: WeakMap<GPUDevice, Map<string, T>>, device: GPUDevice): Map<string, T> {
  let map = cache.get(device);
  if (!map) cache.set(device, (map = new Map<string, T>()));
  return map;
}

/** The pipelines that are being compiled. */
export function pendingPipelines(backend: WebGPUBackend): Promise<unknown>[] {
  return [...cacheOf(compiling, internalsOf(backend).device).values()];
}

/** What a pipeline depends on: a dispatch without its tensors. */
type Program = Pick<Dispatch, 'name' | 'key' | 'wgsl'> & {
  readonly bindings: readonly Pick<Binding, 'name' | 'type' | 'access'>[];
};

function shaderOf({ name, bindings, wgsl }: Program, device: GPUDevice): GPUComputePipelineDescriptor {
  const head = bindings.map(
    ({ name: as, type = 'f32', access = 'read' }, i) =>
      `@group(0) @binding(${i}) var<storage, ${access === 'read' ? 'read' : 'read_write'}> ${as} : array<${type}>;`,
  );
  const code = `${head.join('\n')}\n${wgsl()}`;
  const module = device.createShaderModule({ code, label: name });
  void module.getCompilationInfo().then(
    ({ messages }) => {
      const fault = messages.find(({ type }) => type === 'error');
      if (!fault) return;
      const text = code.split('\n')[fault.lineNum - 1]?.trim() ?? '';
      // Counted in the kernel's own WGSL: the declarations of its bindings, a line each, are written here.
      const line = fault.lineNum > head.length ? `line ${fault.lineNum - head.length}` : 'its bindings';
      reportGpuError(`The kernel ${name} does not compile: ${line}, ${fault.message} in "${text}"`);
    },
    // The device is lost, which is reported elsewhere.
    () => undefined,
  );
  // The layout that WebGPU derives from the shader would leave out a binding which some sizes do not read.
  const entries = bindings.map(({ access }, binding) => {
    const type = access === 'write' ? ('storage' as const) : ('read-only-storage' as const);
    return { binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } };
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
  return { label: name, layout, compute: { module, entryPoint: 'main' } };
}

function pipelineOf(dispatch: Program, device: GPUDevice): GPUComputePipeline {
  const key = `${dispatch.name} ${dispatch.key}`;
  const ready = cacheOf(pipelines, device);
  let pipeline = ready.get(key);
  if (!pipeline) ready.set(key, (pipeline = device.createComputePipeline(shaderOf(dispatch, device))));
  return pipeline;
}

/** Compiles a program, or returns the pipeline compiled before. A failed compilation is repeated at the next call. */
export function compilePipeline(
  dispatch: Program,
  device: GPUDevice,
): GPUComputePipeline | Promise<GPUComputePipeline> {
  const key = `${dispatch.name} ${dispatch.key}`;
  const ready = cacheOf(pipelines, device);
  const pending = cacheOf(compiling, device);
  const already = ready.get(key) ?? pending.get(key);
  if (already) return already;
  const made = device
    .createComputePipelineAsync(shaderOf(dispatch, device))
    .then((pipeline) => {
      ready.set(key, pipeline);
      return pipeline;
    })
    .finally(() => pending.delete(key));
  pending.set(key, made);
  return made;
}

type DispatchListener = (what: Dispatch, bindGroup: GPUBindGroup | null) => void;

let dispatchListener: DispatchListener | null = null;

/** Calls `listener` before each dispatch is queued; its bind group is null if the dispatch is only compiled. */
export function watchDispatches(listener: DispatchListener | null): void {
  dispatchListener = listener;
}

/** Queues a dispatch. */
export function dispatch(backend: WebGPUBackend, what: Dispatch): void {
  const gpu = internalsOf(backend);
  if (compileOnly) {
    dispatchListener?.(what, null);
    // Awaited through pendingPipelines.
    void compilePipeline(what, gpu.device);
    return;
  }
  const entries = what.bindings.map(({ tensor, access }, binding) => {
    const { dataId } = tensor;
    gpu.uploadToGPU(dataId);
    gpu.commandQueueOwnedIds.add(dataId);
    const buffer = gpu.tensorMap.get(dataId)?.resource as GPUBuffer;
    if (access === 'write') dropCachedValues(backend, tensor);
    return { binding, resource: { buffer } };
  });
  const pipeline = pipelineOf(what, gpu.device);
  const bindGroup = gpu.device.createBindGroup({ label: what.name, layout: pipeline.getBindGroupLayout(0), entries });
  dispatchListener?.(what, bindGroup);
  gpu.ensureCommandEncoderReady();
  gpu.computePassEncoder ??= (gpu.commandEncoder as GPUCommandEncoder).beginComputePass();
  gpu.computePassEncoder.setPipeline(pipeline);
  gpu.computePassEncoder.setBindGroup(0, bindGroup);
  gpu.computePassEncoder.dispatchWorkgroups(what.workgroups[0], what.workgroups[1]);
  if (++gpu.dispatchCountInPass >= SUBMIT_EVERY) {
    gpu.endComputePassEncoder();
    gpu.submitQueue();
  }
}
