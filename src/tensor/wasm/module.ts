/** The SIMD kernels, instantiated on the memory of tfjs' wasm backend. */
import { KERNELS_BASE64 } from './kernels.generated.ts';

/** Exports of assembly/index.ts; every pointer is a byte offset into the shared memory. */
export interface SimdKernels {
  linearForward(
    x: number,
    weights: number,
    bias: number,
    y: number,
    slopes: number,
    batch: number,
    inWidth: number,
    outWidth: number,
    activation: number,
    scratch: number,
  ): void;
  linearBackward(
    dy: number,
    weights: number,
    slopes: number,
    dx: number,
    batch: number,
    inWidth: number,
    outWidth: number,
    scratch: number,
  ): void;
  linearParameterGradient(
    x: number,
    dy: number,
    weights: number,
    bias: number,
    batch: number,
    inWidth: number,
    outWidth: number,
    scratch: number,
  ): void;
  adam(
    p: number,
    m: number,
    v: number,
    g: number,
    n: number,
    gradientScale: number,
    stepSize: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    sqrtCorrection2: number,
    epsilon: number,
  ): void;
}

/** What a kernel on the wasm backend works with. */
export interface SimdContext {
  kernels: SimdKernels;
  /** Pointer to scratch memory of at least `elements` float32; valid until the next call. */
  scratch(elements: number): number;
}

interface Heap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @throws WebAssembly.CompileError where SIMD is missing. */
export async function instantiateSimdKernels(memory: WebAssembly.Memory, heap: Heap): Promise<SimdContext> {
  const { instance } = await WebAssembly.instantiate(decodeBase64(KERNELS_BASE64), { env: { memory } });
  let pointer = 0;
  let capacity = 0;
  return {
    kernels: instance.exports as unknown as SimdKernels,
    scratch(elements) {
      if (elements > capacity) {
        if (pointer) heap._free(pointer);
        capacity = elements * 2;
        pointer = heap._malloc(capacity * 4) >>> 0;
      }
      return pointer;
    },
  };
}
