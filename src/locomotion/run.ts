/** A run from where its trainer stands to its budget: losses now and then, evaluations on snapshots, checkpoints. */
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import type { Evaluation, EvaluationPoint } from './evaluation.ts';
import { sleep } from '../experiment/event-loop.ts';
import type { LocomotionTrainer, LossMeans } from './trainer.ts';

/** What a run that is resumed has behind it. */
export interface Resumed {
  /** The step of its last point, which has been played or will be without this run; 0 before the first. */
  point: number;
  /** Lines of losses since then. */
  losses: readonly LossMeans[];
}

export interface RunHooks {
  /** Numbers of candidates that each point is evaluated with. */
  candidates: readonly number[];
  /**
   * Plays a point's episodes with policies as they were at that step, in the order of `candidates`. Training goes on
   * meanwhile; at most one point is played at a time.
   */
  evaluate: (step: number, policies: readonly NetworkPolicy[]) => Promise<Evaluation[]>;
  /** A point begins: time to keep the networks as they are. @param bcLoss mean cloning loss since the last point. */
  onSnapshot?: (trainer: LocomotionTrainer, bcLoss: number | null) => Promise<void>;
  onLosses?: (losses: LossMeans) => void | Promise<void>;
  /** A point has been played. */
  onPoint?: (point: EvaluationPoint) => void | Promise<void>;
  /** Time to save: after each point's snapshot, once a minute, and at the end. */
  onSave?: (trainer: LocomotionTrainer) => Promise<void>;
  /**
   * Steps aside, between slices of training and while a point is waited for; it may take its time, as a pause does. Where
   * it answers true the run is saved, and it is asked again. Without it a run goes from line to line at a stretch.
   */
  breathe?: () => Promise<boolean>;
  /** How long a slice is to take, where somebody breathes; 40 ms unless given. */
  sliceMs?: number;
  /** Of a run that is resumed: without it no point is due where it stands, and none was before. */
  resumed?: Resumed;
  signal?: AbortSignal;
}

/** Lines of losses between two evaluations. */
const LINES = 20;
const SAVE_SECONDS = 60;
const SLICE_MS = 40;
/** How often a run that waits for a point looks up. */
const WAIT_MS = 50;
const MOST_SLICE_STEPS = 4096;

/**
 * Trains until the budget, an abort, or a loss that is not finite. A run that was left where a point was due, before that could
 * begin, has it first. The points of this call, in order.
 */
export async function runLocomotion(trainer: LocomotionTrainer, hooks: RunHooks): Promise<EvaluationPoint[]> {
  const { budget, evaluation } = trainer.experiment;
  const lineSteps = Math.max(1, Math.round(evaluation.every / LINES));
  const pace = new Pace(hooks.sliceMs ?? SLICE_MS);
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
  const breathe = async () => {
    // Of a run that has diverged nothing is kept: its last checkpoint stays.
    while (!trainer.divergence && (await hooks.breathe?.())) {
      await line();
      await save();
    }
  };
  /** Waits for the point that is being played; an abort does not wait. */
  const played = async () => {
    let done = !hooks.breathe;
    playing.then(
      () => (done = true),
      () => (done = true),
    );
    while (!done && !hooks.signal?.aborted) {
      await breathe();
      await Promise.race([playing.catch(() => undefined), sleep(WAIT_MS)]);
    }
    if (!hooks.signal?.aborted) await playing;
  };
  /** A point where the run stands, once the one before it has been played; an abort takes none. */
  const takePoint = async () => {
    await played();
    if (hooks.signal?.aborted) return;
    const bcLoss = cloning.take();
    const policies = [];
    for (const candidates of hooks.candidates) policies.push(await trainer.policy({ candidates }));
    await hooks.onSnapshot?.(trainer, bcLoss);
    playing = play(trainer.step, bcLoss, policies, hooks, points);
    // Who awaits it comes later; an error until then is no unhandled one.
    playing.catch(() => undefined);
    await save();
    await breathe();
  };
  const isDue = ({ point }: Resumed, step: number) =>
    point < step && (step % evaluation.every === 0 || step === budget);
  if (hooks.resumed && isDue(hooks.resumed, trainer.step)) await takePoint();
  while (trainer.step < budget && !trainer.divergence && !hooks.signal?.aborted) {
    const { step } = trainer;
    const nextPoint = Math.min(budget, (Math.floor(step / evaluation.every) + 1) * evaluation.every);
    const nextLine = (Math.floor(step / lineSteps) + 1) * lineSteps;
    const left = Math.min(nextPoint, nextLine) - step;
    if (hooks.breathe) await pace.train(trainer, left);
    else await trainer.train(left);
    await breathe();
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

/** Slices of about the same time: on a machine that is slow they are few steps. */
class Pace {
  readonly #ms: number;
  #steps = 1;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** A slice, of no more than `left` steps. */
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
