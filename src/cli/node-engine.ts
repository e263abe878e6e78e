/** Backends in Node: WebGPU comes from the `webgpu` package, where that is installed. */
import { existsSync } from 'node:fs';
import { startBackend } from '../tensor/backend.ts';
import type { BackendChoice, EngineInfo } from '../training/protocol.ts';

/** @throws Error that says why, where the backend that was asked for by name is not to be had. */
export async function startNodeBackend(choice: BackendChoice): Promise<EngineInfo> {
  if (choice === 'webgpu' || (choice === 'auto' && hasGpu())) await offerWebgpu();
  return startBackend(choice);
}

/** `auto` takes WebGPU on a graphics card alone; on Linux a card has a device file. */
function hasGpu(): boolean {
  return process.platform !== 'linux' || ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
}

async function offerWebgpu(): Promise<void> {
  const scope = globalThis as { window?: unknown; navigator?: { gpu?: unknown } };
  if (scope.navigator?.gpu) return;
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    scope.window ??= globalThis;
    if (!scope.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
    Object.defineProperty(scope.navigator, 'gpu', { value: create([]), configurable: true });
  } catch {
    // Without the package there is no WebGPU in Node; `startBackend` says so.
  }
}
