/** Keeps the engines of a race together: none may lead the slowest method by more than half a second of work. */
import type { Experiment } from '../experiment.ts';
import type { PoolMember } from './pool-members.ts';

/** The lead in a race by steps. */
const MIN_LEAD_STEPS = 4;
const MAX_LEAD_STEPS = 100;
const LEAD_SECONDS = 0.5;
/** The lead in a race by seconds, in seconds of training. */
const LEAD_TRAINING_SECONDS = 0.25;
/** The rate of steps is measured over this time. */
const RATE_MS = 250;

export class RaceBarrier {
  readonly #race: Experiment['race'];
  #anchor: { at: number; slowest: number } | null = null;
  #stepsPerSecond = 0;

  constructor(race: Experiment['race']) {
    this.#race = race;
  }

  /** Forgets the time that passed while nothing ran. */
  restart(): void {
    this.#anchor = null;
  }

  /** Sets the limit of every active engine by the slowest of those that run. One engine needs no limit. */
  update(active: readonly PoolMember[], running: readonly PoolMember[]): void {
    if (active.length < 2) {
      for (const member of active) setLimit(member, null);
      return;
    }
    const progress = running.flatMap(({ slowest }) => (slowest === null ? [] : [slowest]));
    if (progress.length === 0) return;
    const slowest = Math.min(...progress);
    const limit = this.#limit(slowest, performance.now());
    for (const member of active) {
      // A message is sent only for a good part of the lead.
      const isNear = member.limit !== null && limit >= member.limit && limit - member.limit < (limit - slowest) / 4;
      if (!isNear) setLimit(member, limit);
    }
  }

  #limit(slowest: number, now: number): number {
    if (this.#race === 'seconds') return slowest + LEAD_TRAINING_SECONDS;
    this.#measure(slowest, now);
    const lead = Math.round(this.#stepsPerSecond * LEAD_SECONDS);
    return slowest + Math.min(MAX_LEAD_STEPS, Math.max(MIN_LEAD_STEPS, lead));
  }

  #measure(slowest: number, now: number): void {
    const anchor = this.#anchor;
    if (anchor && slowest >= anchor.slowest) {
      if (now - anchor.at < RATE_MS) return;
      this.#stepsPerSecond = ((slowest - anchor.slowest) / (now - anchor.at)) * 1000;
    }
    this.#anchor = { at: now, slowest };
  }
}

function setLimit(member: PoolMember, limit: number | null): void {
  if (member.limit === limit) return;
  member.limit = limit;
  // The failure of an engine that is gone is reported elsewhere.
  member.engine.setLimit(limit).catch(() => undefined);
}
