/**
 * One description of a kernel, registered with tfjs on every backend: the portable twin (plain TypeScript on typed
 * arrays) runs on `cpu`, and on `wasm` where there is no SIMD version of its own; WebGPU has its WGSL.
 */
import {
  engine,
  registerKernel,
  type KernelBackend,
  type NamedAttrMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { simdContext } from './backend-state.ts';
import type { SimdContext } from './wasm/module.ts';
import { everyStep } from './wasm/capture.ts';
import { dropCachedValues } from './webgpu/dispatch.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

export interface KernelDefinition<Attributes> {
  name: string;
  /** Shapes of the outputs on the portable backends. */
  outputShapes(shapes: Shapes, attributes: Attributes): number[][];
  /**
   * The kernel on typed arrays, which views the tensors' own memory: writes the outputs, or, for a kernel that works
   * in place, the input named by `inPlace`.
   */
  portable(
    inputs: Readonly<Record<string, Float32Array>>,
    outputs: Float32Array[],
    attributes: Attributes,
    shapes: Shapes,
  ): void;
  /** The same on pointers into the wasm backend's memory. */
  simd?(
    context: SimdContext,
    inputs: Readonly<Record<string, number>>,
    outputs: number[],
    attributes: Attributes,
    shapes: Shapes,
  ): void;
  webgpu(backend: WebGPUBackend, inputs: Readonly<Record<string, TensorInfo>>, attributes: Attributes): TensorInfo[];
  /** Name of the input that is updated in place; the kernel's one output then is that input's own memory. */
  inPlace?: string;
}

export interface DefinedKernel<Attributes> {
  /** @param varying attributes that are others at each step; on WebGPU they come from a buffer. */
  (
    inputs: Readonly<Record<string, Tensor>>,
    attributes: Attributes,
    varying?: (() => Partial<Attributes>) | null,
  ): Tensor[];
}

/** Among the attributes of a call: those that are others at each step. */
const VARYING = Symbol('varying');

type Given<Attributes> = Attributes & { [VARYING]?: (() => Partial<Attributes>) | null };

const names = new Set<string>();

/** Whether a kernel was defined here. */
export function isCustomKernel(name: string): boolean {
  return names.has(name);
}

type Infos = Record<string, TensorInfo>;

function shapesOf(inputs: Infos): Shapes {
  const shapes: Record<string, number[]> = {};
  for (const [name, info] of Object.entries(inputs)) shapes[name] = info.shape;
  return shapes;
}

/** The output of an in-place kernel: another reference to the memory it updated. */
function aliasOf(backend: KernelBackend, info: TensorInfo): TensorInfo[] {
  backend.incRef(info.dataId);
  return [{ dataId: info.dataId, shape: info.shape, dtype: info.dtype }];
}

export function defineKernel<Attributes extends object>(
  definition: KernelDefinition<Attributes>,
): DefinedKernel<Attributes> {
  const { name, inPlace } = definition;
  names.add(name);

  registerKernel({
    kernelName: name,
    backendName: 'cpu',
    kernelFunc: ({ inputs: infos, attrs, backend }) => {
      const inputs = infos as Infos;
      const cpu = backend as MathBackendCPU;
      const attributes = attrs as unknown as Attributes;
      const shapes = shapesOf(inputs);
      const views: Record<string, Float32Array> = {};
      for (const [key, info] of Object.entries(inputs)) views[key] = cpu.data.get(info.dataId).values as Float32Array;
      if (inPlace) {
        definition.portable(views, [], attributes, shapes);
        return aliasOf(cpu, inputs[inPlace] as TensorInfo);
      }
      const outputs = definition.outputShapes(shapes, attributes).map((shape) => ({
        shape,
        values: new Float32Array(shape.reduce((a, b) => a * b, 1)),
      }));
      definition.portable(
        views,
        outputs.map((output) => output.values),
        attributes,
        shapes,
      );
      return outputs.map((output) => cpu.makeTensorInfo(output.shape, 'float32', output.values));
    },
  });

  registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: ({ inputs: infos, attrs, backend }) => {
      const inputs = infos as Infos;
      const wasm = backend as BackendWasm;
      const { [VARYING]: varying, ...others } = attrs as unknown as Given<Attributes>;
      const attributes = others as unknown as Attributes;
      const shapes = shapesOf(inputs);
      const outputs = inPlace
        ? []
        : definition.outputShapes(shapes, attributes).map((shape) => wasm.makeOutput(shape, 'float32'));
      const context = simdContext();
      if (context && definition.simd) {
        const pointers: Record<string, number> = {};
        for (const [key, info] of Object.entries(inputs)) pointers[key] = wasm.getMemoryOffset(info.dataId);
        const places = outputs.map((output) => wasm.getMemoryOffset(output.dataId));
        const run = (given: Attributes) => definition.simd?.(context, pointers, places, given, shapes);
        // Where nothing varies, the calls into the kernels are noted by themselves.
        if (varying) everyStep(() => run({ ...attributes, ...varying() }));
        else run(attributes);
      } else {
        everyStep(() => {
          const view = (info: TensorInfo) => wasm.typedArrayFromHeap(info) as Float32Array;
          const views: Record<string, Float32Array> = {};
          for (const [key, info] of Object.entries(inputs)) views[key] = view(info);
          definition.portable(views, outputs.map(view), { ...attributes, ...varying?.() }, shapes);
        });
      }
      return inPlace ? aliasOf(wasm, inputs[inPlace] as TensorInfo) : outputs;
    },
  });

  registerKernel({
    kernelName: name,
    backendName: 'webgpu',
    kernelFunc: ({ inputs: infos, attrs, backend }) => {
      const inputs = infos as Infos;
      const webgpu = backend as WebGPUBackend;
      const outputs = definition.webgpu(webgpu, inputs, attrs as unknown as Attributes);
      if (!inPlace) return outputs;
      const updated = inputs[inPlace] as TensorInfo;
      dropCachedValues(webgpu, updated);
      return aliasOf(webgpu, updated);
    },
  });

  return (inputs, attributes, varying = null) => {
    const result: unknown = engine().runKernel(
      name,
      inputs as Record<string, Tensor>,
      { ...attributes, [VARYING]: varying } as unknown as NamedAttrMap,
    );
    return result as Tensor[];
  };
}
