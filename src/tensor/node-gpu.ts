/** WebGPU in Node, through the npm package `webgpu` (Dawn): a GPU over Vulkan, else SwiftShader where it is installed. */

/** Where Debian's Chromium keeps the software driver. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Sets `navigator.gpu` and WebGPU's globals. Does nothing where there is one already. */
export async function installNodeGpu(): Promise<void> {
  const scope = globalThis as unknown as { navigator?: { gpu?: unknown }; window?: unknown };
  if (scope.navigator?.gpu) return;
  const packageName = 'webgpu';
  const { existsSync } = await import(/* @vite-ignore */ 'node:fs');
  if (!process.env['VK_ICD_FILENAMES'] && !existsSync('/usr/share/vulkan/icd.d') && existsSync(SWIFTSHADER)) {
    process.env['VK_ICD_FILENAMES'] = SWIFTSHADER;
  }
  const { create, globals } = (await import(/* @vite-ignore */ packageName)) as {
    create(flags: string[]): unknown;
    globals: object;
  };
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if (scope.navigator) Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
}
