/** Who takes the next gradient step, and whose turn it is to be looked at. */
import type { Experiment } from '../experiment.ts';
import type { MethodRun } from './method-run.ts';
import type { Speed } from './protocol.ts';

/** Seconds of looking allowed for each second of training: a tenth of the time goes to looking at most. */
const SAMPLING_PER_TRAINING = 1 / 9;
/** Credit for looking is saved up to this; a look that costs more, as on a software GPU, waits for no more than it. */
const MAX_CREDIT_SECONDS = 1;
/** Step 0 is looked at for this long at the start: on a slow machine the first steps matter more. */
const STEP_0_MS = 400;
/** What was learned is looked at for the first time after this many steps, or this long after the start. */
const EARLY_STEPS = 20;
const EARLY_MS = 1000;
/** A method is not looked at more often than frames go out. */
const SAMPLING_INTERVAL_MS = 100;
/** How far a run may lag behind its speed limit, in seconds, before it lets the lost time go. */
const MAX_LAG_SECONDS = 0.25;

/** How far a run has come, in what its race is about. */
export function raceDistance(run: MethodRun, race: Experiment['race']): number {
  return race === 'steps' ? run.step : run.seconds;
}

/**
 * The run that steps next: the one that is furthest behind, among those that have not reached their target or the
 * budget. In a race by steps that is the one with the fewest, so that all keep the same number and a late one catches
 * up; in a race by seconds the one that has trained for the shortest time.
 */
export function nextToStep(runs: Iterable<MethodRun>, race: Experiment['race'], budget: number): MethodRun | null {
  let next: MethodRun | null = null;
  for (const run of runs) {
    if (run.step >= Math.min(budget, run.target)) continue;
    if (next === null || raceDistance(run, race) < raceDistance(next, race)) next = run;
  }
  return next;
}

/** Holds every method to a number of steps a second. */
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

/** Spends at most a tenth of the time that training could have on looking, on each method in turn. */
export class SamplingBudget {
  #creditSeconds = 0;
  #startedAt = 0;

  /** Training begins, or goes on. */
  start(now: number): void {
    this.#startedAt = now;
    this.#creditSeconds = 0;
  }

  train(seconds: number): void {
    this.#creditSeconds = Math.min(MAX_CREDIT_SECONDS, this.#creditSeconds + seconds * SAMPLING_PER_TRAINING);
  }

  /** Training waits, for its speed limit or for others: what looking takes then is taken from nobody. */
  idle(seconds: number): void {
    this.#creditSeconds = Math.min(MAX_CREDIT_SECONDS, this.#creditSeconds + seconds);
  }

  spend(seconds: number): void {
    this.#creditSeconds = Math.max(-0.25, this.#creditSeconds - seconds);
  }

  /**
   * The run to look at now, or null. At the start, if that is quick, and once soon after it, however slow the machine
   * is; from then on the one that was looked at longest ago, when there is time for it.
   * @param waiting whether the last picture of a run has not gone out yet.
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
