/**
 * One compute dispatch of our own WGSL on tfjs' WebGPU backend: several outputs, updates in place, no uniforms (sizes
 * are part of the shader, what varies is in buffers). It joins tfjs' own command encoder, so that order is kept.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { reportGpuError } from './errors.ts';

export interface Binding {
  /** The name in the WGSL. */
  name: string;
  tensor: TensorInfo;
  type?: 'f32' | 'vec4<f32>' | 'i32' | 'u32';
  /** Read by default; what is written may be read as well. */
  access?: 'read' | 'write';
  /** Whether a thread touches its own element alone: the thread `i` of `eachElement` the element `i`. */
  perInvocation?: boolean;
  /** As `BoundBuffer` has them. */
  rowTile?: string;
  byteRange?: string;
}

export interface Dispatch {
  /** What an error calls it. */
  name: string;
  /** Everything that the WGSL depends on: dispatches of one name and key share a pipeline. */
  key: string;
  bindings: readonly Binding[];
  /** In x and y. */
  workgroups: readonly [number, number];
  /** How many times its threads wait for one another at the least: layers, say; 1 unless said. */
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

/** tfjs' backend with what it keeps to itself. */
export function internalsOf(backend: WebGPUBackend): Internals {
  return backend as unknown as Internals;
}

/** Lets go of the values that tfjs keeps of a tensor that it has read or uploaded: they are stale. */
export function dropCachedValues(backend: WebGPUBackend, { dataId }: TensorInfo): void {
  const data = internalsOf(backend).tensorMap.get(dataId);
  if (data?.resource) data.values = null;
}

/** Dispatches that are gathered before they are submitted. */
const SUBMIT_EVERY = 64;

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();
const compiling = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

/** While set, dispatches are not run: their pipelines are compiled, all at once. */
let compileOnly = false;

export function setCompileOnly(on: boolean): void {
  compileOnly = on;
}

function known<T>(cache: WeakMap<GPUDevice, Map<string, T>>, device: GPUDevice): Map<string, T> {
  let map = cache.get(device);
  if (!map) cache.set(device, (map = new Map<string, T>()));
  return map;
}

/** Pipelines that are being compiled, each when it is ready. */
export function pendingPipelines(backend: WebGPUBackend): Promise<unknown>[] {
  return [...known(compiling, internalsOf(backend).device).values()];
}

/** What a pipeline is made of: a dispatch, whatever it is bound to. */
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
    // The device went away meanwhile, which is told elsewhere.
    () => undefined,
  );
  // Not the layout that the shader implies: that leaves out a binding which some sizes do not read.
  const entries = bindings.map(({ access }, binding) => {
    const type = access === 'write' ? ('storage' as const) : ('read-only-storage' as const);
    return { binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } };
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
  return { label: name, layout, compute: { module, entryPoint: 'main' } };
}

function pipelineOf(dispatch: Program, device: GPUDevice): GPUComputePipeline {
  const key = `${dispatch.name} ${dispatch.key}`;
  const ready = known(pipelines, device);
  let pipeline = ready.get(key);
  if (!pipeline) ready.set(key, (pipeline = device.createComputePipeline(shaderOf(dispatch, device))));
  return pipeline;
}

/** The pipeline of a program, once it is compiled. One that could not be made is made anew when it is next asked for. */
export function compilePipeline(
  dispatch: Program,
  device: GPUDevice,
): GPUComputePipeline | Promise<GPUComputePipeline> {
  const key = `${dispatch.name} ${dispatch.key}`;
  const ready = known(pipelines, device);
  const pending = known(compiling, device);
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

let watching: DispatchListener | null = null;

/** Has every dispatch told before it is queued, until null is given; without a bind group if it is only compiled. */
export function watchDispatches(listener: DispatchListener | null): void {
  watching = listener;
}

/** Queues a dispatch. */
export function dispatch(backend: WebGPUBackend, what: Dispatch): void {
  const gpu = internalsOf(backend);
  if (compileOnly) {
    watching?.(what, null);
    // Whoever waits for it asks for all that are pending.
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
  watching?.(what, bindGroup);
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
