/** One step of a reverse diffusion process on WebGPU, and its gradients. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { ReverseStepCoefficients } from '../../math/reverse-plan.ts';
import { dispatch } from './dispatch.ts';
import { eachElement } from './threads.ts';

type Inputs = Readonly<Record<string, TensorInfo>>;

const NAMES = ['a', 'b', 'c0', 'cx', 'ce', 'sigma', 'bound', 'limit'];

/** One dispatch over the elements of `x`. The coefficients are in a buffer, so that all steps share a shader. */
function elementwise(
  backend: WebGPUBackend,
  name: string,
  inputs: Inputs,
  { a, b, c0, cx, ce, sigma, bound, clipResult }: ReverseStepCoefficients,
  body: string,
): TensorInfo {
  const { shape } = inputs['x'] as TensorInfo;
  const count = shape.reduce((p, q) => p * q, 1);
  const values = Float32Array.of(a, b, c0, cx, ce, sigma, bound, clipResult ? bound : 3e38);
  const coefficients = backend.makeTensorInfo([values.length], 'float32', values);
  const result = backend.makeTensorInfo([...shape], 'float32');
  dispatch(backend, {
    name,
    key: `${count}`,
    bindings: [
      ...Object.entries({ ...inputs, coefficients }).map(([key, tensor]) => ({ name: key, tensor })),
      { name: 'result', tensor: result, access: 'write' },
    ],
    ...eachElement(count, () => `${NAMES.map((key, k) => `let ${key} = coefficients[${k}];`).join(' ')} ${body}`),
  });
  backend.disposeData(coefficients.dataId);
  return result;
}

/** [x']. */
export function reverseStepWebgpu(
  backend: WebGPUBackend,
  inputs: Inputs,
  coefficients: ReverseStepCoefficients,
): TensorInfo[] {
  const body = `let x0 = clamp(a * x[i] - b * epsilon[i], -bound, bound);
    let next = c0 * x0 + cx * x[i] + ce * epsilon[i] + sigma * noise[i];
    result[i] = clamp(next, -limit, limit);`;
  return [elementwise(backend, 'reverseStep', inputs, coefficients, body)];
}

/** [gradient of x, gradient of ε]. */
export function reverseStepGradientWebgpu(
  backend: WebGPUBackend,
  inputs: Inputs,
  coefficients: ReverseStepCoefficients,
): TensorInfo[] {
  const gradient = (of: string, slope: string) => {
    const body = `let x0 = a * x[i] - b * epsilon[i];
      let clipped = clamp(x0, -bound, bound);
      let next = c0 * clipped + cx * x[i] + ce * epsilon[i] + sigma * noise[i];
      let inside = select(0.0, c0, abs(x0) <= bound);
      let g = select(0.0, dy[i], abs(next) <= limit);
      result[i] = g * (${slope});`;
    return elementwise(backend, `reverseStepGradient ${of}`, inputs, coefficients, body);
  };
  return [gradient('x', 'cx + inside * a'), gradient('epsilon', 'ce - inside * b')];
}
