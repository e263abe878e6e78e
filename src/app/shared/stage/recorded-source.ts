/** An episode that was recorded, played on the stage: time passes as it did for the body, and can be moved by hand. */
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import type { StageSource } from './source.ts';

/** A page that was hidden or held up for longer goes on from where it was. */
const LONGEST_MS = 100;

export class RecordedSource implements StageSource {
  readonly environment: EnvironmentId;
  playing = false;
  readonly steps: number;
  private readonly states: Float64Array;
  private readonly stepMs: number;
  private readonly onStep: (step: number) => void;
  private speed = 1;
  private at = 0;
  private told = 0;
  private last: number | null = null;
  private shown: { at: number; qpos: Float64Array } | null = null;

  /**
   * @param states [T, positions]
   * @param positions numbers of a state.
   * @param stepMs the body's time in a step.
   * @param onStep told each step that it comes to.
   */
  constructor(
    environment: EnvironmentId,
    states: Float64Array,
    { positions, stepMs, onStep }: { positions: number; stepMs: number; onStep: (step: number) => void },
  ) {
    this.environment = environment;
    this.states = states;
    this.steps = states.length / positions;
    this.stepMs = stepMs;
    this.onStep = onStep;
  }

  /** Goes to a step. */
  seek(step: number): void {
    if (step === this.told) return;
    this.at = Math.max(0, Math.min(this.steps - 1, step));
    this.told = step;
  }

  /** Plays on, or from the start where the end was reached. */
  play(): void {
    if (this.at >= this.steps - 1) this.at = 0;
    this.playing = true;
    this.last = null;
  }

  pause(): void {
    this.playing = false;
  }

  /** @param speed of the body's time against the visitor's. */
  setSpeed(speed: number): void {
    this.speed = speed;
  }

  positions(now: number): Float64Array {
    if (this.playing) this.pass(now);
    if (this.shown?.at !== this.at) this.shown = { at: this.at, qpos: this.between(this.at) };
    return this.shown.qpos;
  }

  private pass(now: number): void {
    const ms = this.last === null ? 0 : Math.min(LONGEST_MS, now - this.last);
    this.last = now;
    this.at = Math.min(this.steps - 1, this.at + (ms * this.speed) / this.stepMs);
    if (this.at >= this.steps - 1) this.playing = false;
    const step = Math.floor(this.at);
    if (step === this.told && this.playing) return;
    this.told = step;
    this.onStep(step);
  }

  private between(at: number): Float64Array {
    const width = this.states.length / this.steps;
    const step = Math.min(Math.floor(at), this.steps - 1);
    const next = Math.min(step + 1, this.steps - 1);
    return Float64Array.from({ length: width }, (_, i) => {
      const from = this.states[step * width + i]!;
      return from + (at - step) * (this.states[next * width + i]! - from);
    });
  }
}
