/** Σ mean (f(x) − y)² of MLPs of one shape over concatenated inputs: the regression of an ensemble of critics. */
import {
  add,
  addN,
  concat,
  mean,
  square,
  sub,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { runningGpu, wrap } from '../engine.ts';
import { regressionLossWasm } from '../wasm/regression.ts';
import { runningSimd } from '../wasm/tensors.ts';
import { flatParameterGradient } from '../webgpu/parameter-gradient.ts';
import {
  meanSquaredResidual,
  meanSquaredUpstream,
  regressionBackward,
  regressionForward,
  concatInputs,
} from '../webgpu/regression.ts';
import { rowNetwork } from '../webgpu/rows.ts';
import { withGradient } from '../with-gradient.ts';
import { mlp } from './mlp.ts';
import { type MlpSpec } from '../mlp-layout.ts';
import { normedMlp } from './normed-mlp.ts';

/** Most networks per dispatch of the loss, which binds eight buffers. */
const MAX_NETWORKS = 6;

/**
 * The loss for at most three inputs [B, …], which are concatenated, and targets [B, out]. Differentiable in the flat
 * parameters of each network.
 */
export function regressionLoss(
  inputs: readonly Tensor2D[],
  networks: readonly Tensor[],
  spec: MlpSpec,
  targets: Tensor2D,
): Scalar {
  const simd = spec.norm ? null : runningSimd();
  if (simd) return regressionLossWasm(simd, inputs, networks, spec, targets);
  const backend = spec.norm ? null : runningGpu();
  if (!backend) {
    const x = concat([...inputs], 1);
    const run = spec.norm ? normedMlp : mlp;
    return addN(networks.map((params) => mean(square(sub(run(x, params, spec), targets))))) as Scalar;
  }
  if (networks.length > MAX_NETWORKS) {
    const [some, others] = [networks.slice(0, MAX_NETWORKS), networks.slice(MAX_NETWORKS)];
    return add(regressionLoss(inputs, some, spec, targets), regressionLoss(inputs, others, spec, targets));
  }
  const network = rowNetwork(spec);
  const count = targets.shape[0];
  const source = concatInputs(network, inputs, targets);
  return withGradient(
    Object.fromEntries(networks.map((params, i) => [`params${i}`, params])),
    () => {
      const each = networks.map((params) => ({
        params,
        kept: wrap(regressionForward(backend, network, params, source, count)),
      }));
      const kept = each.map(({ kept }) => kept);
      return { result: wrap(meanSquaredResidual(backend, network, kept, count)), saved: each };
    },
    (dy, each) => {
      const upstream = meanSquaredUpstream(network, dy, count);
      const gradientOf = ({ params, kept }: (typeof each)[number]) => {
        const deltas = regressionBackward(backend, network, params, kept, upstream, count, null).deltas as TensorInfo;
        const found = wrap(flatParameterGradient(backend, network, kept, deltas, count));
        backend.disposeData(deltas.dataId);
        return found;
      };
      return Object.fromEntries(each.map((one, i) => [`params${i}`, () => gradientOf(one)]));
    },
  ) as Scalar;
}
