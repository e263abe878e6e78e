/**
 * Chooses and starts a tfjs backend: WebGPU on a device of our own (with raised limits, and its loss and errors
 * reported), wasm with our SIMD kernels on its memory, or plain cpu.
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
import { enableRelaxedSimd, createSimdContext, hasRelaxedSimd, MAX_THREADS } from './wasm/module.ts';
import { canShareMemory, withSharedMemory } from './wasm/shared-memory.ts';
import { reportGpuError } from './webgpu/errors.ts';
import { registerWasmOverrides as registerOnWasm } from './wasm/tfjs-overrides.ts';
import { registerWebgpuOverrides as registerOnGpu } from './webgpu/tfjs-overrides.ts';

export type BackendId = 'webgpu' | 'wasm' | 'cpu';
export type BackendChoice = BackendId | 'auto';

export interface BackendInfo {
  backend: BackendId;
  /** The adapter's name on WebGPU; a description of the backend otherwise. */
  device: string;
  /** WebGPU on a software adapter. */
  softwareAdapter: boolean;
  /** Why no better backend is used, or null. */
  note: string | null;
}

type LossListener = (reason: string) => void;

const lossListeners = new Set<LossListener>();
let device: GPUDevice | null = null;

/** Calls `listener` when the device is lost while in use; returns a function that removes it. */
export function onDeviceLost(listener: LossListener): () => void {
  lossListeners.add(listener);
  return () => lossListeners.delete(listener);
}

export { onGpuError } from './webgpu/errors.ts';

/** Limits that are raised to the adapter's: tfjs' larger matrix products exceed the defaults. */
const WANTED_LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** tfjs' WebGPU types are older than `GPUAdapter.info`. */
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
  // Step inputs are in buffers: tfjs must not compute anything on the CPU while a step is captured.
  env().set('WEBGPU_CPU_FORWARD', false);
  registerOnGpu();
  // Importing the package registers a backend with its own device if navigator.gpu exists: ours replaces it.
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
 * Runs `start` and returns the memory of the WebAssembly module that it instantiates. The memory is shared if `share`
 * and if it can be allocated.
 */
async function captureMemory(start: () => Promise<unknown>, share: boolean): Promise<WebAssembly.Memory | null> {
  // tfjs makes only typed-array views of its module's memory public; the memory itself is among the module's exports.
  const { instantiate, instantiateStreaming } = WebAssembly;
  let memory: WebAssembly.Memory | null = null;
  const instantiateAndCapture = async (binary: ArrayBuffer | Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports) => {
    const original = new Uint8Array(binary);
    const plain = () => instantiate(original, imports);
    const shared = async () => instantiate(withSharedMemory(original), imports);
    const result = await (share ? shared().catch(plain) : plain());
    for (const value of Object.values(result.instance.exports)) if (value instanceof WebAssembly.Memory) memory = value;
    return result;
  };
  try {
    WebAssembly.instantiate = instantiateAndCapture as never;
    WebAssembly.instantiateStreaming = (async (response: Promise<Response>, imports: WebAssembly.Imports) =>
      instantiateAndCapture(await (await response).arrayBuffer(), imports)) as never;
    await start();
  } finally {
    WebAssembly.instantiate = instantiate;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
  return memory;
}

interface WasmOptions {
  /** Most threads. By default those of the machine, up to 4. */
  threads?: number;
  /** Whether to use relaxed SIMD (fused multiply-add). By default if it is available. */
  relaxedSimd?: boolean;
}

/** More threads than this do not make the kernels faster. */
const USEFUL_THREADS = 4;

let wasmStarted: Promise<WebAssembly.Memory | null> | null = null;

/** Starts tfjs' wasm backend. Returns its memory, shared if possible, or null if SIMD is missing. */
async function startTfjsWasm(): Promise<WebAssembly.Memory | null> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // tfjs' threads do not help our kernels, and it has none in Node.
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
  // On wasm tfjs copies tensors that it keeps for a gradient. Its other backends count references, which works here
  // too.
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

  if (options.relaxedSimd !== false) await enableRelaxedSimd();
  const relaxed = options.relaxedSimd ?? hasRelaxedSimd();
  const machine = await machineThreads();
  // On a page one core is left to the main thread, which draws.
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
 * Starts a backend by name, or the best available (`auto`): WebGPU on a hardware adapter, else wasm, else cpu.
 * @throws Error with the reason if a backend chosen by name is not available.
 */
export async function startBackend(choice: BackendChoice, options: WasmOptions = {}): Promise<BackendInfo> {
  // Silences the greeting in Node and the warnings on registration.
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

/** Destroys the WebGPU device, if any, without reporting its loss, and ends the threads of the kernels. */
export function stopBackend(): void {
  simdContext()?.release();
  setSimdContext(null);
  const closing = device;
  device = null;
  closing?.destroy();
}

/** Destroys the device and reports that as a loss. For tests of the recovery. */
export function loseDevice(): void {
  device?.destroy();
}
