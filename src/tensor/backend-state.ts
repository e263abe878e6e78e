/** What the running backend has beyond tfjs: set once by backend.ts, read by the kernels. */
import type { SimdContext } from './wasm/module.ts';

let simd: SimdContext | null = null;

/** The SIMD kernels on the wasm backend's memory; null where SIMD is missing. */
export function simdContext(): SimdContext | null {
  return simd;
}

/** For backend.ts, and for tests that compare the SIMD kernels with their portable twins. */
export function setSimdContext(context: SimdContext | null): void {
  simd = context;
}

/** What the fused kernels are cut to. */
export interface GpuProfile {
  /** An adapter that runs shaders on the CPU. */
  software: boolean;
  /** Bytes that a workgroup may share. */
  workgroupMemory: number;
  /**
   * Whether a recording puts all that fits into one dispatch. A CPU gains nothing by it for networks, and compiles twice as
   * long; and it runs every workgroup many times as slowly once one of the parts has barriers.
   */
  aggressiveFusion: boolean;
}

let profile: GpuProfile = { software: false, workgroupMemory: 16384, aggressiveFusion: true };

export function gpuProfile(): GpuProfile {
  return profile;
}

export function setGpuProfile(found: GpuProfile): void {
  profile = found;
}
