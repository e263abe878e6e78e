/** a + w·b for scalars, with a weight that varies from step to step. */
import { add, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { runningGpu, wrap } from '../engine.ts';
import { hostTensor, stepInputTensor, type StepInput } from '../step-input.ts';
import { dispatch } from '../webgpu/dispatch.ts';
import { eachElement } from '../webgpu/threads.ts';
import { withGradient } from '../with-gradient.ts';

/** One number from scalars by name and the weight, `w`. */
function scalarKernel(
  backend: WebGPUBackend,
  expression: string,
  inputs: Record<string, Tensor>,
  weight: StepInput,
): Tensor {
  const result = backend.makeTensorInfo([], 'float32');
  const given = stepInputTensor([weight]);
  dispatch(backend, {
    name: 'scalar',
    key: `${expression} ${given.indices[0]}`,
    bindings: [
      { name: 'result', tensor: result, access: 'write' },
      { name: 'given', tensor: given.tensor },
      ...Object.entries(inputs).map(([name, tensor]) => ({ name, tensor })),
    ],
    ...eachElement(1, () => `let w = given[${given.indices[0]}]; result[0] = ${expression};`),
  });
  given.dispose();
  return wrap(result);
}

/** a + w·b. Differentiable in a and b. */
export function addScaled(a: Scalar, weight: StepInput, b: Scalar): Scalar {
  const backend = runningGpu();
  if (!backend)
    return add(
      a,
      mul(
        hostTensor(() => Float32Array.of(weight()), [], 'float32'),
        b,
      ),
    );
  return withGradient(
    { a, b },
    () => ({ result: scalarKernel(backend, 'a[0] + w * b[0]', { a, b }, weight), saved: null }),
    (dy) => ({ a: () => dy.clone(), b: () => scalarKernel(backend, 'w * dy[0]', { dy }, weight) }),
  ) as Scalar;
}
