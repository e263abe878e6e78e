/** Plays a recorded episode on the stage, in the body’s time or slower; any step can be sought. */
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import type { StageSource } from './source.ts';

/** Maximum step of the clock: playback resumes where it was after a longer gap, in a hidden tab for example. */
const MAX_GAP_MS = 100;

export class RecordedSource implements StageSource {
  readonly environment: EnvironmentId;
  playing = false;
  readonly steps: number;
  readonly #states: Float64Array;
  readonly #stepMs: number;
  readonly #onStep: (step: number) => void;
  #speed = 1;
  #at = 0;
  #reportedStep = 0;
  #last: number | null = null;
  #shown: { at: number; qpos: Float64Array } | null = null;

  /**
   * @param states [T, positions]
   * @param positions values per state.
   * @param stepMs milliseconds of simulated time per step.
   * @param onStep called with each step that is reached.
   */
  constructor(
    environment: EnvironmentId,
    states: Float64Array,
    { positions, stepMs, onStep }: { positions: number; stepMs: number; onStep: (step: number) => void },
  ) {
    this.environment = environment;
    this.#states = states;
    this.steps = states.length / positions;
    this.#stepMs = stepMs;
    this.#onStep = onStep;
  }

  seek(step: number): void {
    if (step === this.#reportedStep) return;
    this.#at = Math.max(0, Math.min(this.steps - 1, step));
    this.#reportedStep = step;
  }

  /** Resumes playback, or starts over at the end. */
  play(): void {
    if (this.#at >= this.steps - 1) this.#at = 0;
    this.playing = true;
    this.#last = null;
  }

  pause(): void {
    this.playing = false;
  }

  /** @param speed 1 is real time. */
  setSpeed(speed: number): void {
    this.#speed = speed;
  }

  positions(now: number): Float64Array {
    if (this.playing) this.#advance(now);
    if (this.#shown?.at !== this.#at) this.#shown = { at: this.#at, qpos: this.#interpolate(this.#at) };
    return this.#shown.qpos;
  }

  #advance(now: number): void {
    const ms = this.#last === null ? 0 : Math.min(MAX_GAP_MS, now - this.#last);
    this.#last = now;
    this.#at = Math.min(this.steps - 1, this.#at + (ms * this.#speed) / this.#stepMs);
    if (this.#at >= this.steps - 1) this.playing = false;
    const step = Math.floor(this.#at);
    if (step === this.#reportedStep && this.playing) return;
    this.#reportedStep = step;
    this.#onStep(step);
  }

  #interpolate(at: number): Float64Array {
    const width = this.#states.length / this.steps;
    const step = Math.min(Math.floor(at), this.steps - 1);
    const next = Math.min(step + 1, this.steps - 1);
    return Float64Array.from({ length: width }, (_, i) => {
      const from = this.#states[step * width + i]!;
      return from + (at - step) * (this.#states[next * width + i]! - from);
    });
  }
}
