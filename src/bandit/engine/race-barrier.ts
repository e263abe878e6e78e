/** Keeps engines that share a race together: how far each may go, by how far the last of them has come. */
import type { Experiment } from '../experiment.ts';

/** How far the first may be ahead of the last, in steps: about half a second of work. */
const MIN_LEAD_STEPS = 4;
const MAX_LEAD_STEPS = 100;
const LEAD_SECONDS = 0.5;
/** And in a race by seconds, in seconds of training. */
const LEAD_TRAINING_SECONDS = 0.25;
/** The rate of steps is measured over this time. */
const RATE_MS = 250;

export class RaceBarrier {
  readonly #race: Experiment['race'];
  #anchor: { at: number; least: number } | null = null;
  #stepsPerSecond = 0;

  constructor(race: Experiment['race']) {
    this.#race = race;
  }

  /** Forgets the time that passed while nothing ran. */
  restart(): void {
    this.#anchor = null;
  }

  /** How far everybody may go, where the last has come as far as `least`. */
  limit(least: number, now: number): number {
    if (this.#race === 'seconds') return least + LEAD_TRAINING_SECONDS;
    this.#measure(least, now);
    const lead = Math.round(this.#stepsPerSecond * LEAD_SECONDS);
    return least + Math.min(MAX_LEAD_STEPS, Math.max(MIN_LEAD_STEPS, lead));
  }

  #measure(least: number, now: number): void {
    const anchor = this.#anchor;
    if (anchor && least >= anchor.least) {
      if (now - anchor.at < RATE_MS) return;
      this.#stepsPerSecond = ((least - anchor.least) / (now - anchor.at)) * 1000;
    }
    this.#anchor = { at: now, least };
  }
}
