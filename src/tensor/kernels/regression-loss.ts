/** mean (f(x) − y)² of an MLP over inputs that are put side by side: a critic's regression. */
import { concat, engine, mean, square, sub, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { withGradient } from '../define-kernel.ts';
import { parameterGradient } from '../webgpu/parameter-gradient.ts';
import { regressionBackward, regressionForward } from '../webgpu/regression.ts';
import { rowNetwork } from '../webgpu/rows.ts';
import { mlp, type MlpSpec } from './mlp.ts';

/**
 * The loss for inputs [B, …] that make up the network's input side by side, at most three, and targets [B, out].
 * Differentiable in the parameters alone.
 */
export function regressionLoss(inputs: readonly Tensor2D[], params: Tensor, spec: MlpSpec, targets: Tensor2D): Scalar {
  if (engine().backendName !== 'webgpu') return mean(square(sub(mlp(concat([...inputs], 1), params, spec), targets)));
  const backend = engine().backend as WebGPUBackend;
  const wrap = (info: Parameters<ReturnType<typeof engine>['makeTensorFromTensorInfo']>[0]) =>
    engine().makeTensorFromTensorInfo(info);
  const network = rowNetwork(spec);
  const count = targets.shape[0];
  const out = spec.sizes.at(-1) as number;
  const widths = inputs.map(({ shape }) => shape[1]);
  return withGradient(
    { params },
    (save) => {
      let before = 0;
      const columns = widths.map((width, i) => {
        const expression = `if (c < ${before + width}u) { return x${i}[row * ${width}u + c - ${before}u]; }`;
        before += width;
        return expression;
      });
      const [loss, kept] = regressionForward(
        backend,
        network,
        params,
        {
          key: `inputs ${widths.join()}`,
          bindings: [...inputs.map((tensor, i) => ({ name: `x${i}`, tensor })), { name: 'targets', tensor: targets }],
          functions: () => `
            fn inputAt(row : u32, c : u32) -> f32 { ${columns.join(' ')} return 0.0; }
            fn targetAt(row : u32, c : u32) -> f32 { return targets[row * ${out}u + c]; }`,
        },
        count,
      );
      save([params, wrap(kept)]);
      return wrap(loss);
    },
    (dy, [savedParams, kept]) => ({
      params: () => {
        const { deltas } = regressionBackward(backend, network, savedParams as Tensor, kept as Tensor, dy, count, null);
        const gradient = wrap(parameterGradient(backend, network, kept as Tensor, deltas, count));
        backend.disposeData(deltas.dataId);
        return gradient;
      },
    }),
  ) as Scalar;
}
