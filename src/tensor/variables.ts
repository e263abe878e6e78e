/** Reads and writes the values of variables on any backend. */
import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { runningGpu } from './engine.ts';
import { lerpInPlace } from './kernels/lerp.ts';
import { dropCachedValues } from './webgpu/dispatch.ts';

/** A copy of the variable's values. */
export async function readVariable(value: Variable): Promise<Float32Array> {
  const data = (await value.data()) as Float32Array;
  // On cpu the data are the variable's memory; on WebGPU tfjs caches them, and updates in place make the cache stale.
  const copy = data.slice();
  const backend = runningGpu();
  if (backend) dropCachedValues(backend, value);
  return copy;
}

/** Sets a variable's values in its own memory, which recordings refer to. */
export function writeVariable(value: Variable, data: Float32Array): void {
  if (data.length !== value.size) throw new Error(`Expected ${value.size} values, found ${data.length}.`);
  tidy(() => {
    lerpInPlace(value, tensor(data, [data.length]), () => 1);
  });
}

export async function readVariables(
  variables: Readonly<Record<string, Variable>>,
): Promise<Record<string, Float32Array>> {
  const names = Object.keys(variables);
  const values = await Promise.all(names.map((name) => readVariable(variables[name] as Variable)));
  return Object.fromEntries(names.map((name, i) => [name, values[i] as Float32Array]));
}

/** @throws Error that names a variable without values, or with too many or few; then nothing is written. */
export function writeVariables(
  variables: Readonly<Record<string, Variable>>,
  values: Readonly<Record<string, Float32Array>>,
): void {
  for (const [name, value] of Object.entries(variables)) {
    const found = values[name];
    if (!found) throw new Error(`There are no values for "${name}".`);
    if (found.length !== value.size) {
      throw new Error(`"${name}" has ${value.size} values; found ${found.length}.`);
    }
  }
  for (const [name, value] of Object.entries(variables)) writeVariable(value, values[name] as Float32Array);
}
