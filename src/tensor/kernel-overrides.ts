/** Replaces tfjs' kernels by ours, for the cases that occur in a gradient step. */
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** A kernel as tfjs calls it, or null for a case that is left to tfjs. */
export type KernelOverride = (call: Parameters<KernelFunc>[0]) => TensorInfo | TensorInfo[] | null;

const registered = new Set<string>();
const originals = new WeakMap<KernelConfig, KernelConfig>();
let bypassed = false;

/** Whether all cases are left to tfjs from now on: for measurements of tfjs' own kernels. */
export function bypassOverrides(on: boolean): void {
  bypassed = on;
}

/** Overrides kernels of a backend, which must be registered already. Further calls for the backend do nothing. */
export function overrideKernels(backendName: string, kernels: Readonly<Record<string, KernelOverride>>): void {
  if (registered.has(backendName)) return;
  registered.add(backendName);
  for (const [kernelName, override] of Object.entries(kernels)) {
    const config = getKernel(kernelName, backendName);
    const original = { ...config };
    originals.set(config, original);
    config.kernelFunc = (call) => (bypassed ? null : override(call)) ?? original.kernelFunc(call);
  }
}

/** tfjs' original of a registered kernel: the kernel itself if it is not overridden. */
export function originalKernel(config: KernelConfig): KernelConfig {
  return originals.get(config) ?? config;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Whether a tensor is of float32 and not empty. */
export function isFloat({ dtype, shape }: TensorInfo): boolean {
  return dtype === 'float32' && sizeOf(shape) > 0;
}
