/** Samples actions by the reverse process: ancestral (Ho et al., 2020) or DDIM (Song et al., 2021). */
import { unstack, type Tensor2D } from '@tensorflow/tfjs-core';
import { reversePlan, type SamplerConfig } from '../math/reverse-plan.ts';
import type { Denoiser } from '../networks/denoiser.ts';
import type { Draws } from '../tensor/draws.ts';
import { fusedDenoising } from '../tensor/kernels/denoiser.ts';
import { type ChainStart, type PlannedReverseStep } from '../tensor/denoiser-operands.ts';
import { reverseStep } from '../tensor/kernels/reverse-step.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import type { DiffusionProcess } from './process.ts';

interface ReverseOptions extends SamplerConfig {
  /** Reverse steps that a gradient passes through, counted from the last; 0 is all. */
  gradientSteps?: number;
  /** Called with each position [N, A], from the starting noise to the action. */
  onPosition?: (position: Tensor2D) => void;
}

/**
 * Samples actions [N, A] for states [N, S]. Differentiable in the denoiser's parameters.
 * @param noiseName the draw [T+1, N, A]: the starting noise, then each reverse step's (the last is not used)
 */
export function sampleActions(
  process: DiffusionProcess,
  denoiser: Denoiser,
  states: Tensor2D,
  draws: Draws,
  noiseName: string,
  { sampler, ddimSteps = process.diffusionSteps, gradientSteps = 0, onPosition }: ReverseOptions,
): Tensor2D {
  const plan = reversePlan(process, { sampler, ddimSteps });
  const [rows] = states.shape;
  const shape = [process.diffusionSteps + 1, rows, denoiser.widths.actionWidth];
  const drawn = draws.normal(noiseName, shape);
  const withGradient = gradientSteps > 0 ? Math.min(gradientSteps, plan.length) : plan.length;
  const frozenSteps = plan.length - withGradient;
  const denoising = fusedDenoising();
  if (denoising && (!onPosition || denoising.stepByStep)) {
    const fused = (steps: PlannedReverseStep[], from: ChainStart) =>
      denoising.reverseChain(denoiser.fused(), { states, noise: drawn, plan: steps, ...from });
    if (onPosition) {
      let [x] = unstack(drawn) as [Tensor2D];
      onPosition(x);
      denoiser.withSharedEmbedding(() => {
        plan.forEach((step, k) => {
          x = fused([step], { start: x, first: k });
          onPosition(x);
        });
      });
      return x;
    }
    if (frozenSteps === 0) return fused(plan, { start: null, first: 0 });
    const frozen = stopGradient(() => fused(plan.slice(0, frozenSteps), { start: null, first: 0 }));
    return fused(plan.slice(frozenSteps), { start: frozen, first: frozenSteps });
  }
  const [start, ...noises] = unstack(drawn) as Tensor2D[];
  const run = (from: Tensor2D, steps: PlannedReverseStep[], offset: number): Tensor2D => {
    const predictors = denoiser.atSteps(steps.map((step) => step.at));
    let x = from;
    steps.forEach(({ coefficients }, k) => {
      const predicted = (predictors[k] as (typeof predictors)[number])(x, states);
      x = reverseStep(x, predicted, noises[offset + k] as Tensor2D, coefficients);
      onPosition?.(x);
    });
    return x;
  };
  onPosition?.(start as Tensor2D);
  const frozen =
    frozenSteps > 0 ? stopGradient(() => run(start as Tensor2D, plan.slice(0, frozenSteps), 0)) : (start as Tensor2D);
  return run(frozen, plan.slice(frozenSteps), frozenSteps);
}
