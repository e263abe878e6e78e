/**
 * Registers a kernel with tfjs on every backend from one description: the portable version (TypeScript on typed arrays)
 * runs on `cpu`, and on `wasm` if there is no SIMD version; WebGPU has its WGSL.
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
import { captureCallback } from './wasm/capture.ts';
import { dropCachedValues } from './webgpu/dispatch.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

interface KernelDefinition<Attributes> {
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
  /** The kernel on pointers into the wasm backend's memory. */
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

interface DefinedKernel<Attributes> {
  /** @param perStep returns attributes that change from step to step; null on WebGPU, where a buffer has them. */
  (
    inputs: Readonly<Record<string, Tensor>>,
    attributes: Attributes,
    perStep?: (() => Partial<Attributes>) | null,
  ): Tensor[];
}

/** Key of the attributes that change from step to step. */
const PER_STEP = Symbol('perStep');

type CallAttributes<Attributes> = Attributes & { [PER_STEP]?: (() => Partial<Attributes>) | null };

const names = new Set<string>();

/** Whether a kernel was defined by `defineKernel`. */
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
      const { [PER_STEP]: perStep, ...others } = attrs as unknown as CallAttributes<Attributes>;
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
        const run = (current: Attributes) => definition.simd?.(context, pointers, places, current, shapes);
        // With constant attributes, the calls into the kernels are captured instead.
        if (perStep) captureCallback(() => run({ ...attributes, ...perStep() }));
        else run(attributes);
      } else {
        captureCallback(() => {
          const view = (info: TensorInfo) => wasm.typedArrayFromHeap(info) as Float32Array;
          const views: Record<string, Float32Array> = {};
          for (const [key, info] of Object.entries(inputs)) views[key] = view(info);
          definition.portable(views, outputs.map(view), { ...attributes, ...perStep?.() }, shapes);
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

  return (inputs, attributes, perStep = null) => {
    const result: unknown = engine().runKernel(
      name,
      inputs as Record<string, Tensor>,
      { ...attributes, [PER_STEP]: perStep } as unknown as NamedAttrMap,
    );
    return result as Tensor[];
  };
}
