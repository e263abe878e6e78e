/** The critics and their regression: one Adam step on the loss Σ MSE(Q_i, y) over the critics. */
import { keep, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Initialiser } from './initialisation.ts';
import type { StepInput } from '../tensor/step-input.ts';
import { Adam } from './optimiser.ts';
import { CriticEnsemble, type CriticShape, type CriticWidths } from './critic-ensemble.ts';

export class CriticLearner {
  readonly critic: CriticEnsemble;
  readonly optimiser: Adam;

  constructor(widths: CriticWidths, initial: Initialiser, shape: CriticShape = {}) {
    this.critic = new CriticEnsemble(widths, initial, shape);
    this.optimiser = new Adam(this.critic);
  }

  /**
   * One step towards targets y [B, 1] for states [B, S] and actions [B, A].
   * @param t the step's number, from 1
   */
  regress(
    states: Tensor2D,
    actions: Tensor2D,
    targets: Tensor2D,
    t: StepInput,
    learningRate: StepInput,
    clip = 0,
  ): { criticLoss: Tensor; criticGradientNorm: Tensor } {
    const { loss, gradientNorm } = this.optimiser.minimise(
      () => this.critic.regressionLoss(states, actions, targets),
      t,
      learningRate,
      clip,
    );
    return { criticLoss: keep(loss), criticGradientNorm: keep(gradientNorm) };
  }

  dispose(): void {
    this.critic.dispose();
    this.optimiser.dispose();
  }
}
