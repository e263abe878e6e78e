/** A WebGPU program as tfjs runs it, from a few lines of WGSL. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

type Program = Parameters<WebGPUBackend['runWebGPUProgram']>[0];

export interface ProgramDefinition {
  /** Identifies the WGSL: programs of one key share a pipeline. */
  key: string;
  /** Storage buffers by the names that the WGSL reads them under, capitalised. */
  inputs: Readonly<Record<string, TensorInfo>>;
  /** Scalars that the WGSL reads as `uniforms.name`. */
  uniforms: Readonly<Record<string, { type: 'int32' | 'float32'; value: number }>>;
  /** What the WGSL writes as `result`: a new float32 tensor of this shape, or an existing one. */
  output: readonly number[] | TensorInfo;
  workgroupSize: [number, number, number];
  /** Workgroups in x and y. */
  workgroups: [number, number];
  /**
   * Declarations and `fn main()`, which may read globalId, localId and workgroupId; a one-dimensional program
   * declares `fn main(index : i32)`.
   */
  wgsl: string;
}

export const int = (value: number) => ({ type: 'int32' as const, value });
export const float = (value: number) => ({ type: 'float32' as const, value });

/** Queues one dispatch and returns its output. */
export function runProgram(backend: WebGPUBackend, definition: ProgramDefinition): TensorInfo {
  const { key, inputs, uniforms, output, workgroupSize, workgroups, wgsl } = definition;
  const existing = 'dataId' in output ? output : undefined;
  const outputShape = existing ? existing.shape : [...(output as readonly number[])];
  const flat = /fn main\(index\s*:/.test(wgsl);
  const program = {
    variableNames: Object.keys(inputs),
    uniforms: Object.entries(uniforms)
      .map(([name, { type }]) => `${name} : ${type === 'int32' ? 'i32' : 'f32'},`)
      .join(' '),
    outputShape,
    workgroupSize,
    dispatchLayout: flat ? { x: outputShape.map((_, i) => i) } : { x: [outputShape.length - 1], y: [0] },
    dispatch: [workgroups[0], workgroups[1], 1],
    shaderKey: key,
    getUserCode: () => wgsl,
  };
  return backend.runWebGPUProgram(
    program as unknown as Program,
    Object.values(inputs),
    'float32',
    Object.values(uniforms).map(({ type, value }) => ({ type, data: [value] })),
    existing,
  );
}
