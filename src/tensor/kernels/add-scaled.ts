/** a + w·b for scalars, with a weight that varies from step to step. */
import { add, engine, mul, type Scalar, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { withGradient } from '../define-kernel.ts';
import { varyingTensor, type Varying } from '../varying.ts';
import { dispatch } from '../webgpu/dispatch.ts';

/** One number from scalars by name and the weight, `w`. */
function scalarKernel(expression: string, inputs: Record<string, Tensor>, weight: Varying): Tensor {
  const backend = engine().backend as WebGPUBackend;
  const result: TensorInfo = backend.makeTensorInfo([], 'float32');
  const given = varyingTensor([weight]);
  dispatch(backend, {
    name: 'scalar',
    key: `${expression} ${given.indices[0]}`,
    bindings: [
      { name: 'result', tensor: result, access: 'write' },
      { name: 'given', tensor: given.tensor },
      ...Object.entries(inputs).map(([name, tensor]) => ({ name, tensor })),
    ],
    workgroups: [1, 1],
    wgsl: () =>
      `@compute @workgroup_size(1) fn main() { let w = given[${given.indices[0]}]; result[0] = ${expression}; }`,
  });
  given.dispose();
  return engine().makeTensorFromTensorInfo(result);
}

/** a + w·b. Differentiable in a and b. */
export function addScaled(a: Scalar, weight: Varying, b: Scalar): Scalar {
  if (engine().backendName !== 'webgpu') return add(a, mul(weight(), b));
  return withGradient(
    { a, b },
    () => scalarKernel('a[0] + w * b[0]', { a, b }, weight),
    (dy) => ({ a: () => dy.clone(), b: () => scalarKernel('w * dy[0]', { dy }, weight) }),
  ) as Scalar;
}
