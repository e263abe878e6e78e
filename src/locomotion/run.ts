/** The loop of a run, from the trainer's step to the budget: loss lines, evaluations of snapshots, checkpoints. */
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import type { Evaluation, EvaluationPoint } from './evaluation.ts';
import { sleep } from '../experiment/event-loop.ts';
import type { LocomotionTrainer, LossMeans } from './trainer.ts';

/** The history of a resumed run. */
export interface ResumeState {
  /** The step of its last evaluated point, 0 before the first. The caller evaluates that point if it is pending. */
  point: number;
  /** Lines of losses since then. */
  losses: readonly LossMeans[];
}

interface RunHooks {
  /** Numbers of candidates that each point is evaluated with. */
  candidates: readonly number[];
  /**
   * Plays a point's episodes with the policies of that step, in the order of `candidates`. Training continues meanwhile;
   * at most one point is evaluated at a time.
   */
  evaluate: (step: number, policies: readonly NetworkPolicy[]) => Promise<Evaluation[]>;
  /** Called when a point begins, to store its networks. @param bcLoss mean cloning loss since the last point. */
  onSnapshot?: (trainer: LocomotionTrainer, bcLoss: number | null) => Promise<void>;
  onLosses?: (losses: LossMeans) => void | Promise<void>;
  /** Called after a point is evaluated. */
  onPoint?: (point: EvaluationPoint) => void | Promise<void>;
  /** Saves the run: after each point's snapshot, once a minute, and at the end. */
  onSave?: (trainer: LocomotionTrainer) => Promise<void>;
  /**
   * Called between slices of training and while the run awaits a point; a pause keeps its promise pending. If it
   * resolves to true, the run is saved and it is called again. Without it, the run trains from line to line in one slice.
   */
  yieldControl?: () => Promise<boolean>;
  /** Target length of a slice with `yieldControl`; default 40 ms. */
  sliceMs?: number;
  /** For a resumed run. Without it no point is due at the current step. */
  resumed?: ResumeState;
  signal?: AbortSignal;
}

/** Loss lines between two evaluations. */
const LINES = 20;
const SAVE_SECONDS = 60;
const SLICE_MS = 40;
/** How often a run that awaits a point yields. */
const WAIT_MS = 50;
const MOST_SLICE_STEPS = 4096;

/**
 * Trains until the budget, an abort, or a loss that is not finite. If a resumed run has a point due at its first step,
 * that comes first. @returns the points of this call, in order.
 */
export async function runLocomotion(trainer: LocomotionTrainer, hooks: RunHooks): Promise<EvaluationPoint[]> {
  const { budget, evaluation } = trainer.experiment;
  const lineSteps = Math.max(1, Math.round(evaluation.every / LINES));
  const slice = new TrainingSlice(hooks.sliceMs ?? SLICE_MS);
  const points: EvaluationPoint[] = [];
  const cloning = new CloningMean(hooks.resumed?.losses ?? []);
  let playing: Promise<void> = Promise.resolve();
  let saved = performance.now();
  const line = async () => {
    const losses = trainer.takeMeans();
    if (!losses) return;
    cloning.add(losses);
    await hooks.onLosses?.(losses);
  };
  const save = async () => {
    await hooks.onSave?.(trainer);
    saved = performance.now();
  };
  const yieldControl = async () => {
    // A diverged run is not saved: its last checkpoint stays.
    while (!trainer.divergence && (await hooks.yieldControl?.())) {
      await line();
      await save();
    }
  };
  /** Awaits the current evaluation, unless aborted. */
  const played = async () => {
    let done = !hooks.yieldControl;
    playing.then(
      () => (done = true),
      () => (done = true),
    );
    while (!done && !hooks.signal?.aborted) {
      await yieldControl();
      await Promise.race([playing.catch(() => undefined), sleep(WAIT_MS)]);
    }
    if (!hooks.signal?.aborted) await playing;
  };
  /** Begins a point at the current step, once the previous one is evaluated; none after an abort. */
  const takePoint = async () => {
    await played();
    if (hooks.signal?.aborted) return;
    const bcLoss = cloning.take();
    const policies = [];
    for (const candidates of hooks.candidates) policies.push(await trainer.policy({ candidates }));
    await hooks.onSnapshot?.(trainer, bcLoss);
    playing = play(trainer.step, bcLoss, policies, hooks, points);
    // It is awaited later; until then a rejection must not count as unhandled.
    playing.catch(() => undefined);
    await save();
    await yieldControl();
  };
  const isDue = ({ point }: ResumeState, step: number) =>
    point < step && (step % evaluation.every === 0 || step === budget);
  if (hooks.resumed && isDue(hooks.resumed, trainer.step)) await takePoint();
  while (trainer.step < budget && !trainer.divergence && !hooks.signal?.aborted) {
    const { step } = trainer;
    const nextPoint = Math.min(budget, (Math.floor(step / evaluation.every) + 1) * evaluation.every);
    const nextLine = (Math.floor(step / lineSteps) + 1) * lineSteps;
    const left = Math.min(nextPoint, nextLine) - step;
    if (hooks.yieldControl) await slice.train(trainer, left);
    else await trainer.train(left);
    await yieldControl();
    const due = performance.now() - saved > SAVE_SECONDS * 1000;
    if (trainer.step === nextPoint || trainer.step === nextLine || trainer.divergence || due) await line();
    if (trainer.divergence) break;
    if (trainer.step === nextPoint) await takePoint();
    else if (due) await save();
  }
  await played();
  if (!trainer.divergence) {
    await line();
    await save();
  }
  return points;
}

/** Slices of training of about the same duration; their number of steps adapts to the machine. */
class TrainingSlice {
  readonly #ms: number;
  #steps = 1;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Trains a slice of at most `left` steps. */
  async train(trainer: LocomotionTrainer, left: number): Promise<void> {
    const began = performance.now();
    await trainer.train(Math.min(left, this.#steps));
    const ms = performance.now() - began;
    if (ms > 2 * this.#ms) this.#steps = Math.max(1, Math.floor(this.#steps / 2));
    else if (ms < this.#ms) this.#steps = Math.min(2 * this.#steps, MOST_SLICE_STEPS);
  }
}

/** Mean cloning loss over the steps since the last point. */
class CloningMean {
  #sum = 0;
  #steps = 0;

  constructor(since: readonly LossMeans[]) {
    for (const losses of since) this.add(losses);
  }

  add({ steps, means }: LossMeans): void {
    if (means['bcLoss'] === undefined) return;
    this.#sum += steps * means['bcLoss'];
    this.#steps += steps;
  }

  take(): number | null {
    const mean = this.#steps > 0 ? this.#sum / this.#steps : null;
    this.#sum = this.#steps = 0;
    return mean;
  }
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
