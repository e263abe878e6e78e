/** A run from where its trainer stands to its budget: losses now and then, evaluations on snapshots, checkpoints. */
import type { NetworkPolicy } from '../../environments/rollouts/network-policy.ts';
import type { Evaluation, EvaluationPoint } from './evaluation.ts';
import { meanOf } from '../../math/aggregate.ts';
import type { LocomotionTrainer, LossMeans } from './trainer.ts';

export interface RunHooks {
  /** Numbers of candidates that each point is evaluated with. */
  candidates: readonly number[];
  /**
   * Plays a point's episodes with policies as they were at that step, in the order of `candidates`. Training goes on
   * meanwhile; at most one point is played at a time.
   */
  evaluate: (step: number, policies: readonly NetworkPolicy[]) => Promise<Evaluation[]>;
  /** A point begins: time to keep the networks as they are. */
  onSnapshot?: (trainer: LocomotionTrainer) => Promise<void>;
  onLosses?: (losses: LossMeans) => void | Promise<void>;
  /** A point has been played. */
  onPoint?: (point: EvaluationPoint) => void | Promise<void>;
  /** Time to save: after each point's snapshot, once a minute, and at the end. */
  onSave?: (trainer: LocomotionTrainer) => Promise<void>;
  signal?: AbortSignal;
}

/** Lines of losses between two evaluations. */
const LINES = 20;
const SAVE_SECONDS = 60;

/** Trains until the budget, an abort, or a loss that is not finite. The points of this call, in order. */
export async function runLocomotion(trainer: LocomotionTrainer, hooks: RunHooks): Promise<EvaluationPoint[]> {
  const { budget, evaluation } = trainer.experiment;
  const lineSteps = Math.max(1, Math.round(evaluation.every / LINES));
  const points: EvaluationPoint[] = [];
  let cloning: number[] = [];
  let playing: Promise<void> = Promise.resolve();
  let saved = performance.now();
  const save = async () => {
    await hooks.onSave?.(trainer);
    saved = performance.now();
  };
  while (trainer.step < budget && !trainer.divergence && !hooks.signal?.aborted) {
    const { step } = trainer;
    const nextPoint = Math.min(budget, (Math.floor(step / evaluation.every) + 1) * evaluation.every);
    const nextLine = (Math.floor(step / lineSteps) + 1) * lineSteps;
    await trainer.train(Math.min(nextPoint, nextLine) - step);
    const losses = trainer.takeMeans();
    if (losses) {
      if (losses.means['bcLoss'] !== undefined) cloning.push(losses.means['bcLoss']);
      await hooks.onLosses?.(losses);
    }
    if (trainer.divergence) break;
    if (trainer.step === nextPoint) {
      await playing;
      const bcLoss = cloning.length > 0 ? meanOf(cloning) : null;
      cloning = [];
      const policies = [];
      for (const candidates of hooks.candidates) policies.push(await trainer.policy({ candidates }));
      await hooks.onSnapshot?.(trainer);
      playing = play(trainer.step, bcLoss, policies, hooks, points);
      // Who awaits it comes later; an error until then is no unhandled one.
      playing.catch(() => undefined);
      await save();
    } else if (performance.now() - saved > SAVE_SECONDS * 1000) await save();
  }
  await playing;
  if (!trainer.divergence) await save();
  return points;
}

async function play(
  step: number,
  bcLoss: number | null,
  policies: readonly NetworkPolicy[],
  { evaluate, onPoint }: RunHooks,
  points: EvaluationPoint[],
): Promise<void> {
  const point = { step, bcLoss, evaluations: await evaluate(step, policies) };
  points.push(point);
  await onPoint?.(point);
}
