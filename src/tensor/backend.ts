/**
 * Choosing and starting a tfjs backend: WebGPU on a device of our own (raised limits, losses and errors listened to),
 * wasm with our SIMD kernels on its memory, or plain cpu.
 */
import {
  engine,
  env,
  ready,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
  unregisterKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { setGpuProfile, setSimdContext, simdContext } from './backend-state.ts';
import { IN_NODE, registerGradients } from './gradients.ts';
import { guardBuffers, guardHeap } from './memory.ts';
import { throttleDevicePolling, installNodeGpu, nodeMayHaveGpu } from './node-gpu.ts';
import { machineThreads } from './wasm/thread-pool.ts';
import { askForRelaxedSimd, createSimdContext, hasRelaxedSimd, MAX_THREADS } from './wasm/module.ts';
import { canShareMemory, withSharedMemory } from './wasm/shared-memory.ts';
import { reportGpuError } from './webgpu/errors.ts';
import { registerOwnKernels as registerOnWasm } from './wasm/tfjs-overrides.ts';
import { registerWebgpuOverrides as registerOnGpu } from './webgpu/tfjs-overrides.ts';

export type BackendId = 'webgpu' | 'wasm' | 'cpu';
export type BackendChoice = BackendId | 'auto';

export interface BackendInfo {
  backend: BackendId;
  /** The adapter's own name on WebGPU; what runs, in words, otherwise. */
  device: string;
  /** WebGPU on a software adapter. */
  softwareAdapter: boolean;
  /** Why a better backend is not used, or null. */
  note: string | null;
}

type LossListener = (reason: string) => void;

const lossListeners = new Set<LossListener>();
let device: GPUDevice | null = null;

/** Calls `listener` when the device is lost while in use; returns how to stop listening. */
export function onDeviceLost(listener: LossListener): () => void {
  lossListeners.add(listener);
  return () => lossListeners.delete(listener);
}

export { onGpuError } from './webgpu/errors.ts';

/** Limits asked for where the adapter has them: tfjs' larger matrix products use more than the defaults. */
const WANTED_LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** tfjs brings older WebGPU types, from before `GPUAdapter.info`. */
type Adapter = GPUAdapter & { readonly info: GPUAdapterInfo };

function isSoftware(info: GPUAdapterInfo): boolean {
  const fallback = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  return (
    fallback ||
    /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(
      `${info.architecture} ${info.device} ${info.description}`,
    )
  );
}

function nameOf(info: GPUAdapterInfo): string {
  const name = info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(' ');
  return name || 'unnamed adapter';
}

async function findAdapter(): Promise<Adapter | null> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) return null;
  try {
    return (await gpu.requestAdapter({ powerPreference: 'high-performance' })) as Adapter | null;
  } catch {
    return null;
  }
}

async function startWebgpu(adapter: Adapter): Promise<BackendInfo> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const requiredLimits: Record<string, number> = {};
  for (const limit of WANTED_LIMITS) requiredLimits[limit] = adapter.limits[limit];
  const opened = await adapter.requestDevice({ requiredLimits });
  device = opened;
  opened.addEventListener('uncapturederror', (event) => {
    reportGpuError((event as GPUUncapturedErrorEvent).error.message);
  });
  void opened.lost.then(({ reason, message }) => {
    if (device !== opened) return;
    device = null;
    for (const listener of lossListeners) listener(message || reason);
  });
  const software = isSoftware(adapter.info);
  if (software) throttleDevicePolling();
  setGpuProfile({
    software,
    workgroupMemory: opened.limits.maxComputeWorkgroupStorageSize,
    aggressiveFusion: !software,
  });
  // What varies from step to step is in buffers: nothing may be worked out on the CPU while a step is recorded.
  env().set('WEBGPU_CPU_FORWARD', false);
  registerOnGpu();
  // Importing the package registers a backend with its own device where it finds navigator.gpu: ours replaces it.
  removeBackend('webgpu');
  registerBackend('webgpu', () => new WebGPUBackend(opened as never, adapter.info as never), 3);
  await setBackend('webgpu');
  await ready();
  guardBuffers(engine().backend as WebGPUBackend, opened.limits);
  return {
    backend: 'webgpu',
    device: nameOf(adapter.info),
    softwareAdapter: software,
    note: null,
  };
}

/**
 * Runs `start` and returns the memory of the WebAssembly module that it instantiates: a shared one if `share` and there
 * is room for it.
 */
async function captureMemory(start: () => Promise<unknown>, share: boolean): Promise<WebAssembly.Memory | null> {
  // tfjs keeps its module's memory to itself (only typed-array views are public); the module's exports have it.
  const { instantiate, instantiateStreaming } = WebAssembly;
  let memory: WebAssembly.Memory | null = null;
  const instantiateWatched = async (binary: ArrayBuffer | Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports) => {
    const original = new Uint8Array(binary);
    const plain = () => instantiate(original, imports);
    const shared = async () => instantiate(withSharedMemory(original), imports);
    const result = await (share ? shared().catch(plain) : plain());
    for (const value of Object.values(result.instance.exports)) if (value instanceof WebAssembly.Memory) memory = value;
    return result;
  };
  try {
    WebAssembly.instantiate = instantiateWatched as never;
    WebAssembly.instantiateStreaming = (async (response: Promise<Response>, imports: WebAssembly.Imports) =>
      instantiateWatched(await (await response).arrayBuffer(), imports)) as never;
    await start();
  } finally {
    WebAssembly.instantiate = instantiate;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
  return memory;
}

export interface WasmOptions {
  /** Threads to use at most. By default as many as the machine has, up to 4. */
  threads?: number;
  /** Whether to use relaxed SIMD (fused multiplication and addition). By default where it is to be had. */
  relaxedSimd?: boolean;
}

/** More threads than this have too little to do each. */
const USEFUL_THREADS = 4;

let wasmStarted: Promise<WebAssembly.Memory | null> | null = null;

/** Starts tfjs' wasm backend. Returns its memory, shared where it can be, or null where SIMD is missing. */
async function startTfjsWasm(): Promise<WebAssembly.Memory | null> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // tfjs' own threads are of no use to our kernels, and it has none in Node.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const files = '../../node_modules/@tensorflow/tfjs-backend-wasm/dist';
  if (IN_NODE) {
    const { fileURLToPath } = await import(/* @vite-ignore */ 'node:url');
    setWasmPaths(fileURLToPath(new URL(/* @vite-ignore */ `${files}/`, import.meta.url)));
  } else {
    const plain = new URL(
      '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
      import.meta.url,
    );
    const simd = new URL(
      '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
      import.meta.url,
    );
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plain.href,
      'tfjs-backend-wasm-simd.wasm': simd.href,
      'tfjs-backend-wasm-threaded-simd.wasm': simd.href,
    });
  }
  const memory = await captureMemory(async () => {
    if (!(await setBackend('wasm'))) throw new Error('The wasm backend did not start.');
    await ready();
  }, canShareMemory());
  // tfjs copies what it keeps for a gradient on wasm; on its other backends it counts references, and so may wasm.
  unregisterKernel('Identity', 'wasm');
  registerKernel({
    kernelName: 'Identity',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs['x'] as TensorInfo;
      (backend as BackendWasm).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
  registerOnWasm();
  return (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true ? memory : null;
}

async function startWasm(options: WasmOptions): Promise<BackendInfo> {
  wasmStarted ??= startTfjsWasm();
  const memory = await wasmStarted;
  await setBackend('wasm');
  guardHeap((engine().backend as BackendWasm).wasm as never);
  const info = { backend: 'wasm', softwareAdapter: false, note: null } as const;
  if (!memory) return { ...info, device: 'WebAssembly' };

  if (options.relaxedSimd !== false) await askForRelaxedSimd();
  const relaxed = options.relaxedSimd ?? hasRelaxedSimd();
  const machine = await machineThreads();
  // On a page one core is left to its own thread, which draws.
  const available = options.threads ?? Math.min(IN_NODE ? machine : machine - 1, USEFUL_THREADS);
  const threads = canShareMemory() ? Math.max(1, Math.min(available, MAX_THREADS)) : 1;
  let context = simdContext();
  if (context?.relaxed !== relaxed || context.threads !== threads) {
    context?.release();
    context = await createSimdContext(memory, (engine().backend as BackendWasm).wasm as never, { threads, relaxed });
    setSimdContext(context);
  }
  const count = context.threads > 1 ? `, ${context.threads} threads` : '';
  return { ...info, device: `WebAssembly SIMD${count}` };
}

async function startCpu(): Promise<BackendInfo> {
  await import('@tensorflow/tfjs-backend-cpu');
  await setBackend('cpu');
  await ready();
  return { backend: 'cpu', device: 'JavaScript', softwareAdapter: false, note: null };
}

/**
 * Starts the backend asked for, or the best there is (`auto`): WebGPU on a hardware adapter, else wasm, else cpu.
 * @throws Error that says why, where the backend that was asked for by name is not to be had.
 */
export async function startBackend(choice: BackendChoice, options: WasmOptions = {}): Promise<BackendInfo> {
  // Quiet: no greeting in Node, no notes on registration.
  env().set('PROD', true);
  await registerGradients();
  if (choice === 'cpu') return startCpu();
  if (choice === 'wasm') return startWasm(options);
  if (IN_NODE && (choice === 'webgpu' || (await nodeMayHaveGpu()))) await installNodeGpu();
  const adapter = await findAdapter();
  if (choice === 'webgpu') {
    if (!adapter) throw new Error('This browser offers no WebGPU adapter; choose wasm or cpu.');
    return startWebgpu(adapter);
  }
  let note = adapter ? null : 'no WebGPU here';
  if (adapter && isSoftware(adapter.info)) note = `WebGPU is only emulated here (${nameOf(adapter.info)})`;
  if (adapter && !note) {
    try {
      return await startWebgpu(adapter);
    } catch (error) {
      note = `WebGPU did not start: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  try {
    return { ...(await startWasm(options)), note };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...(await startCpu()), note: `${note}; WebAssembly did not start: ${reason}` };
  }
}

/** Lets go of the WebGPU device, if there is one (its loss is not reported), and ends helper threads. */
export function stopBackend(): void {
  simdContext()?.release();
  setSimdContext(null);
  const closing = device;
  device = null;
  closing?.destroy();
}

/** Destroys the device as if it were lost, and reports it so. For tests of the recovery. */
export function loseDevice(): void {
  device?.destroy();
}
