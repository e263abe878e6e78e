/** Kernels of ours in front of tfjs' own of the same name, for the cases that a gradient step has. */
import { getKernel, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

/** A kernel as tfjs calls it; null where the case is none of ours, which leaves it to tfjs. */
export type KernelOverride = (given: Parameters<KernelFunc>[0]) => TensorInfo | TensorInfo[] | null;

const registered = new Set<string>();
const behind = new WeakMap<KernelConfig, KernelConfig>();
let aside = false;

/** Leaves all cases to tfjs from now on, or no more: for whoever measures against what tfjs has. */
export function bypassOverrides(on: boolean): void {
  aside = on;
}

/** Puts ours in front of a backend's kernels, once; these must be registered already. */
export function overrideKernels(backendName: string, kernels: Readonly<Record<string, KernelOverride>>): void {
  if (registered.has(backendName)) return;
  registered.add(backendName);
  for (const [kernelName, own] of Object.entries(kernels)) {
    const config = getKernel(kernelName, backendName);
    const theirs = { ...config };
    behind.set(config, theirs);
    config.kernelFunc = (given) => (aside ? null : own(given)) ?? theirs.kernelFunc(given);
  }
}

/** A registered kernel as tfjs has it: what stands behind ours, or the kernel itself. */
export function overriddenKernel(config: KernelConfig): KernelConfig {
  return behind.get(config) ?? config;
}

/** Numbers in a tensor of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Whether a tensor is of float32, and has any. */
export function isFloat({ dtype, shape }: TensorInfo): boolean {
  return dtype === 'float32' && sizeOf(shape) > 0;
}
