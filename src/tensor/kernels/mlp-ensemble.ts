/** MLPs of one shape over concatenated inputs, such as the critics of an ensemble. */
import { concat, type Tensor, type Tensor2D, type TensorInfo } from '@tensorflow/tfjs-core';
import { isDifferentiated, runningGpu, wrap } from '../engine.ts';
import { checkMlp, mlp } from './mlp.ts';
import { type MlpSpec } from '../mlp-layout.ts';
import { mlpOutputs } from '../webgpu/mlp.ts';
import { normedMlp } from './normed-mlp.ts';

/**
 * y [B, out] of each network, for at most three inputs [B, …], which are concatenated. Differentiable in inputs and
 * parameters.
 * @throws Error if a width does not match.
 */
export function mlpEnsemble(inputs: readonly Tensor2D[], networks: readonly Tensor[], spec: MlpSpec): Tensor2D[] {
  // Without a gradient, the GPU reads the inputs without a concatenation.
  const backend = spec.norm || isDifferentiated() ? null : runningGpu();
  if (backend) {
    const width = inputs.reduce((sum, { shape }) => sum + shape[1], 0);
    return networks.map((params) => {
      checkMlp(width, params, spec);
      return wrap(mlpOutputs(backend, inputs, params, spec, false)[0] as TensorInfo) as Tensor2D;
    });
  }
  const x = concat([...inputs], 1);
  const run = spec.norm ? normedMlp : mlp;
  return networks.map((params) => run(x, params, spec));
}
