/** Which method takes the next gradient step, and which is evaluated next. */
import type { Experiment } from '../experiment.ts';
import type { MethodRun } from './method-run.ts';
import type { Speed } from './protocol.ts';

/** Seconds of evaluation for each second of training: evaluation takes at most a tenth of the time. */
const SAMPLING_PER_TRAINING = 1 / 9;
/** The largest credit. An evaluation that costs more, as on a software GPU, needs this much. */
const MAX_CREDIT_SECONDS = 1;
/** Step 0 is evaluated only this soon after the start: on a slow machine the first steps matter more. */
const STEP_0_MS = 400;
/** A method is first evaluated after this many steps, or this long after the start. */
const EARLY_STEPS = 20;
const EARLY_MS = 1000;
/** A method is not evaluated more often than frames are sent. */
const SAMPLING_INTERVAL_MS = 100;
/** Seconds that a run may lag behind its speed limit before the lost time is dropped. */
const MAX_LAG_SECONDS = 0.25;

/** The progress of a run: gradient steps in a race by steps, else seconds of training. */
export function raceDistance(run: MethodRun, race: Experiment['race']): number {
  return race === 'steps' ? run.step : run.seconds;
}

/**
 * The run that steps next: the slowest of those that have reached neither their target nor the budget. In a race by
 * steps it has the fewest steps, in a race by seconds the shortest training time.
 */
export function nextToStep(runs: Iterable<MethodRun>, race: Experiment['race'], budget: number): MethodRun | null {
  let next: MethodRun | null = null;
  for (const run of runs) {
    if (run.step >= Math.min(budget, run.target)) continue;
    if (next === null || raceDistance(run, race) < raceDistance(next, race)) next = run;
  }
  return next;
}

/** Limits every method to a number of steps a second. */
export class SpeedLimit {
  #speed: Speed = null;
  readonly #anchors = new Map<MethodRun, { at: number; step: number }>();

  set(speed: Speed): void {
    this.#speed = speed;
    this.#anchors.clear();
  }

  get isSet(): boolean {
    return this.#speed !== null;
  }

  /** Forgets the time that passed while nothing ran. */
  restart(): void {
    this.#anchors.clear();
  }

  /** Milliseconds until the run may take its next step; 0 for now. */
  wait(run: MethodRun, now: number): number {
    if (this.#speed === null) return 0;
    let anchor = this.#anchors.get(run);
    const lag = anchor ? (now - anchor.at) / 1000 - (run.step - anchor.step) / this.#speed : 0;
    if (!anchor || run.step < anchor.step || lag > Math.max(MAX_LAG_SECONDS, 2 / this.#speed)) {
      anchor = { at: now, step: run.step };
      this.#anchors.set(run, anchor);
    }
    return Math.max(0, anchor.at + ((run.step - anchor.step) / this.#speed) * 1000 - now);
  }
}

/** Spends at most a tenth of the training time on evaluation, on each method in turn. */
export class SamplingBudget {
  #creditSeconds = 0;
  #startedAt = 0;

  /** Training starts or resumes. */
  start(now: number): void {
    this.#startedAt = now;
    this.#creditSeconds = 0;
  }

  train(seconds: number): void {
    this.#creditSeconds = Math.min(MAX_CREDIT_SECONDS, this.#creditSeconds + seconds * SAMPLING_PER_TRAINING);
  }

  /** Training waits, for its speed limit or for others, so evaluation is free. */
  idle(seconds: number): void {
    this.#creditSeconds = Math.min(MAX_CREDIT_SECONDS, this.#creditSeconds + seconds);
  }

  spend(seconds: number): void {
    this.#creditSeconds = Math.max(-0.25, this.#creditSeconds - seconds);
  }

  /**
   * The run to evaluate now, or null. Each is evaluated at step 0 if that is quick, and once soon after the start. From
   * then on the one evaluated longest ago is next, as soon as there is credit for it.
   * @param waiting whether a frame of the run is still to be sent.
   */
  next(runs: Iterable<MethodRun>, now: number, waiting: (run: MethodRun) => boolean): MethodRun | null {
    let oldest: MethodRun | null = null;
    for (const run of runs) {
      if (!run.stale) continue;
      const sinceStart = now - this.#startedAt;
      if (run.evaluated.step < 0 && run.step === 0 && sinceStart < STEP_0_MS) return run;
      if (run.evaluated.step <= 0 && (run.step >= EARLY_STEPS || (run.step > 0 && sinceStart > EARLY_MS))) return run;
      if (run.evaluated.step <= 0 || waiting(run) || now - run.evaluated.at < SAMPLING_INTERVAL_MS) continue;
      if (!oldest || run.evaluated.at < oldest.evaluated.at) oldest = run;
    }
    return oldest && this.#creditSeconds >= Math.min(MAX_CREDIT_SECONDS, oldest.evaluated.cost) ? oldest : null;
  }
}
