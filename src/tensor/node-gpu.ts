/** WebGPU in Node, through the npm package `webgpu` (Dawn): a GPU over Vulkan, else SwiftShader if it is installed. */

/** The software driver of Debian's Chromium, and a Vulkan loader for it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LOADER = '/usr/lib/chromium/libvulkan.so.1';

/** Flags of dlopen: resolve symbols at once, and stay loaded even though Node rejects the library. */
const RTLD_NOW_NODELETE = 0x1002;

/**
 * Loads Chromium's Vulkan loader, for systems without one: Dawn opens `libvulkan.so.1` by name, which finds a library
 * that is loaded already. Node throws, since the library is no addon, but it stays loaded.
 */
function loadVulkan(): void {
  try {
    process.dlopen({ exports: {} }, LOADER, RTLD_NOW_NODELETE);
  } catch {
    // Thrown on success as well.
  }
}

/** Device files of GPUs on Linux: of display drivers, of NVIDIA's, of Windows (WSL). */
const DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

type Gpu = Navigator['gpu'];

/** Whether to request an adapter at all: Dawn prints long warnings on machines without Vulkan. */
export async function nodeMayHaveGpu(): Promise<boolean> {
  const { existsSync } = await import(/* @vite-ignore */ 'node:fs');
  return process.platform !== 'linux' || DEVICES.some((path) => existsSync(path));
}

/**
 * Sets `navigator.gpu` and WebGPU's globals, unless they exist. If Vulkan has no adapter that Dawn accepts (none at
 * all, or a driver too old for it), the software driver is tried.
 */
export async function installNodeGpu(): Promise<void> {
  const scope = globalThis as unknown as { navigator?: { gpu?: Gpu } };
  if (scope.navigator?.gpu) return;
  const packageName = 'webgpu';
  const { existsSync } = await import(/* @vite-ignore */ 'node:fs');
  const { create, globals } = (await import(/* @vite-ignore */ packageName)) as {
    create(flags: string[]): Gpu;
    globals: object;
  };
  Object.assign(globalThis, globals);
  let gpu = create([]);
  if (!(await gpu.requestAdapter()) && existsSync(SWIFTSHADER)) {
    if (existsSync(LOADER)) loadVulkan();
    process.env['VK_ICD_FILENAMES'] = SWIFTSHADER;
    gpu = create([]);
  }
  if (scope.navigator) Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
}

/** Between two polls of the software driver by Dawn. */
const POLL_MS = 1;

/** Whether a callback is native code of an addon. A promise's functions are native as well, but have an argument. */
function isNativeCallback(callback: (...values: never[]) => unknown): boolean {
  return (
    callback.name === '' && callback.length === 0 && /^function \(\) \{ \[native code\] \}$/.test(String(callback))
  );
}

let throttled = false;

/**
 * Makes Dawn poll the device once a millisecond. By itself it polls in every turn of Node's event loop, through
 * `setImmediate`: with the software driver that occupies one of the cores that compute.
 */
export function throttleDevicePolling(): void {
  if (throttled || typeof setImmediate !== 'function') return;
  throttled = true;
  const original = globalThis.setImmediate;
  const throttledImmediate = (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
    isNativeCallback(callback) ? setTimeout(callback, POLL_MS, ...values) : original(callback, ...values);
  // Keeps the property that util.promisify reads.
  globalThis.setImmediate = Object.assign(throttledImmediate, original) as unknown as typeof setImmediate;
}
