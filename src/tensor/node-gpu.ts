/** WebGPU in Node, through the npm package `webgpu` (Dawn): a GPU over Vulkan, else SwiftShader where it is installed. */

/** Where Debian's Chromium keeps the software driver, and a Vulkan loader for it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LOADER = '/usr/lib/chromium/libvulkan.so.1';

/** dlopen's flags: resolve at once, and stay loaded whatever Node makes of the library. */
const RTLD_NOW_NODELETE = 0x1002;

/**
 * Loads Chromium's Vulkan loader where the system has none: Dawn asks for `libvulkan.so.1` by name, and the name of a
 * library that is loaded already is found. Node rejects it, since it is no addon, but it stays.
 */
function loadVulkan(): void {
  try {
    process.dlopen({ exports: {} }, LOADER, RTLD_NOW_NODELETE);
  } catch {
    // Always thrown, on success as well.
  }
}

/** Files that are there where Linux has a GPU: a display driver's, NVIDIA's, Windows' (WSL). */
const DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

type Gpu = Navigator['gpu'];

/** Whether it is worth asking for an adapter: Dawn complains at length on machines without any Vulkan. */
export async function nodeMayHaveGpu(): Promise<boolean> {
  const { existsSync } = await import(/* @vite-ignore */ 'node:fs');
  return process.platform !== 'linux' || DEVICES.some((path) => existsSync(path));
}

/**
 * Sets `navigator.gpu` and WebGPU's globals, unless they are there. Where Vulkan offers no adapter that Dawn takes
 * (none at all, or a driver too old for it), the software driver is tried.
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

/** Between two questions of Dawn whether the software driver is done. */
const QUESTION_MS = 1;

/** Whether a callback is native code of an addon. A promise's own functions are native as well, but take a value. */
function isNativeCallback(callback: (...values: never[]) => unknown): boolean {
  return (
    callback.name === '' && callback.length === 0 && /^function \(\) \{ \[native code\] \}$/.test(String(callback))
  );
}

let atEase = false;

/**
 * Has Dawn ask once a millisecond whether work is done. By itself it asks in every turn of Node's event loop, through
 * `setImmediate`, and never rests: beside the software driver that takes one of the very cores that compute.
 */
export function throttleDevicePolling(): void {
  if (atEase || typeof setImmediate !== 'function') return;
  atEase = true;
  const atOnce = globalThis.setImmediate;
  const later = (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
    isNativeCallback(callback) ? setTimeout(callback, QUESTION_MS, ...values) : atOnce(callback, ...values);
  // What a promise of it asks for (util.promisify) stays.
  globalThis.setImmediate = Object.assign(later, atOnce) as unknown as typeof setImmediate;
}
