/** State of the running backend beyond tfjs: set by backend.ts, read by the kernels. */
import type { SimdContext } from './wasm/module.ts';

let simd: SimdContext | null = null;

/** The SIMD kernels on the wasm backend's memory; null if SIMD is missing. */
export function simdContext(): SimdContext | null {
  return simd;
}

/** For backend.ts, and for tests that compare the SIMD kernels with their portable twins. */
export function setSimdContext(context: SimdContext | null): void {
  simd = context;
}

/** What the tiling of the fused kernels depends on. */
interface GpuProfile {
  /** Whether the adapter runs shaders on the CPU. */
  software: boolean;
  /** Bytes of workgroup memory. */
  workgroupMemory: number;
  /**
   * Whether a recording fuses all that fits into one dispatch. A CPU gains nothing from it for networks, and compiles
   * twice as long; and it runs every workgroup many times as slowly if one of the parts has barriers.
   */
  aggressiveFusion: boolean;
}

let profile: GpuProfile = { software: false, workgroupMemory: 16384, aggressiveFusion: true };

export function gpuProfile(): GpuProfile {
  return profile;
}

export function setGpuProfile(next: GpuProfile): void {
  profile = next;
}
