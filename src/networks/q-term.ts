/** The policy-improvement term that the Q-learning methods of the paper share (Wang et al., 2023, §3, eq. 3). */
import { abs, div, maximum, mean, mul, neg, sum, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { runningGpu } from '../tensor/engine.ts';
import { selectedQLoss, actorQLossWebgpu } from '../tensor/kernels/actor-q-loss.ts';
import { SMALLEST_SCALE } from '../tensor/wasm/actor-q-loss.ts';
import type { Pessimism } from '../math/pessimism.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import type { StepInput } from '../tensor/step-input.ts';
import { actorQLossWasm } from '../tensor/wasm/actor-q-loss.ts';
import { captureBranch } from '../tensor/wasm/capture.ts';
import { runningSimd } from '../tensor/wasm/tensors.ts';
import type { MlpPart } from './network.ts';
import type { CriticHead, CriticEnsemble } from './critic-ensemble.ts';

export interface QTerm {
  /** −mean Q_j(s, a) / mean |Q_k(s, a)|; the denominator is constant. */
  loss: Scalar;
  /** mean Q_j(s, a) */
  meanQ: Scalar;
}

/**
 * The Q term for actions [B, A] in states [B, S], differentiable in the actions.
 * @param coin a number uniform in [0, 1): above 0.5, Q1 is maximised and Q2 scales it, else the reverse
 * @param normalize whether to divide by the mean absolute Q
 * @param weights [B, 1], optional probabilities of the actions: means over rows become weighted means
 */
export function qTerm(
  critic: CriticEnsemble,
  states: Tensor2D,
  actions: Tensor2D,
  coin: StepInput,
  normalize: boolean,
  weights?: Tensor2D,
): QTerm {
  const backend = runningGpu();
  if (backend) {
    // The GPU evaluates both critics, and the coin selects one there.
    const { spec } = critic.parts['q1_model'] as MlpPart;
    if (!weights && !spec.norm) {
      const heads = [critic.variables['q1_model'] as Tensor, critic.variables['q2_model'] as Tensor] as const;
      return actorQLossWebgpu(backend, spec, heads, states, actions, coin, normalize);
    }
    const [q1, q2] = critic.both(states, actions);
    return selectedQLoss(backend, q1, q2, coin, normalize, weights);
  }
  const selectsFirst = captureBranch(() => coin() > 0.5);
  const [selected, scaling]: CriticHead[] = selectsFirst ? ['q1_model', 'q2_model'] : ['q2_model', 'q1_model'];
  const simd = weights || critic.parts['q1_model']?.spec.norm ? null : runningSimd();
  if (simd) {
    const { spec } = critic.parts[selected as CriticHead] as MlpPart;
    const params = (head: CriticHead | undefined) => critic.variables[head as CriticHead] as Tensor;
    return actorQLossWasm(simd, spec, params(selected), normalize ? params(scaling) : null, states, actions);
  }
  const average = (q: Tensor2D): Scalar => (weights ? div(sum(mul(weights, q)), sum(weights)) : mean(q));
  const meanQ = average(critic.q(selected as CriticHead, states, actions));
  if (!normalize) return { loss: neg(meanQ), meanQ };
  const scale = stopGradient(() =>
    maximum(average(abs(critic.q(scaling as CriticHead, states, actions))), SMALLEST_SCALE),
  );
  return { loss: neg(div<Scalar>(meanQ, scale)), meanQ };
}

/**
 * The Q term of an ensemble, differentiable in the actions: it maximises the pessimistic estimate (the minimum in SAC-N, a
 * lower confidence bound in MSG), divided by its own mean absolute value.
 */
export function pessimisticTerm(
  critic: CriticEnsemble,
  states: Tensor2D,
  actions: Tensor2D,
  pessimism: Pessimism,
  normalize: boolean,
): QTerm {
  const q = critic.pessimistic(states, actions, pessimism);
  const meanQ: Scalar = mean(q);
  if (!normalize) return { loss: neg(meanQ), meanQ };
  const scale = stopGradient(() => maximum(mean(abs(q)), SMALLEST_SCALE));
  return { loss: neg(div<Scalar>(meanQ, scale)), meanQ };
}
