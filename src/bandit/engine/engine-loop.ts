/** The engine's loop: one race, worked on in slices between commands, and what is told of it. */
import type { MethodId } from '../methods.ts';
import type { BanditRace } from './race.ts';
import { Exclusive, nextTask, sleep } from '../../experiment/event-loop.ts';
import { Outbox } from './frame-queue.ts';
import type { RunState } from './protocol.ts';

/** How long a failed read may wait for the news that the device is gone. */
const LOSS_NEWS_MS = 250;

/** The race that a piece of work belonged to is no longer the one that runs. */
class Abandoned extends Error {}

export class EngineLoop {
  readonly outbox = new Outbox();
  readonly #lock = new Exclusive();
  #race: BanditRace | null = null;
  #state: RunState = 'loading';
  #looping = false;
  /** How the run ended, told once its last frames have gone out. */
  #ending: 'paused' | 'finished' | null = null;
  #stepDone: (() => void) | null = null;
  /** What was told last of how far the race has come; undefined after a start. */
  #toldLeast: number | null | undefined;

  get race(): BanditRace | null {
    return this.#race;
  }

  /** The state told last. */
  get state(): RunState {
    return this.#state;
  }

  /** Whether steps are being taken, or their last frames are still to come. */
  get busy(): boolean {
    return this.#race?.going === true || this.#ending !== null;
  }

  /** Does a command between two slices, after the commands before it. */
  exclusive<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    return this.#lock.run(work);
  }

  /** Works on another race from now on. The work that is under way is given up: its device may be gone. */
  replace(race: BanditRace | null, reason?: string): void {
    this.#race = race;
    this.#looping = false;
    this.#ending = null;
    if (reason !== undefined) this.#lock.interrupt(new Abandoned(reason));
  }

  /** Takes `steps` gradient steps of every method. They are `done` when their frames were taken, or when given up. */
  start(steps: number): { done: Promise<void> } {
    this.#ending = null;
    const done = new Promise<void>((resolve) => (this.#stepDone = resolve));
    this.#race?.start(steps);
    this.#toldLeast = undefined;
    this.#wake();
    return { done };
  }

  /** No step is begun from now on. */
  halt(): void {
    if (this.#race) this.#race.going = false;
    this.#stepDone?.();
    this.#stepDone = null;
  }

  /** Shows what these methods have become (all, unless told), also while paused. */
  look(methods?: readonly MethodId[]): void {
    this.#race?.markStale(methods);
    this.#wake();
  }

  tell(state: RunState): void {
    this.#state = state;
    this.outbox.send({ type: 'state', state });
  }

  /** Tells a state that belongs to the frames before it. */
  tellAfterFrames(state: RunState, then?: () => void): void {
    this.#state = state;
    this.outbox.sendAfterFrames({ type: 'state', state }, then);
  }

  #wake(): void {
    if (this.#looping || !this.#race) return;
    this.#looping = true;
    void this.#work(this.#race);
  }

  async #work(race: BanditRace): Promise<void> {
    try {
      for (;;) {
        const wait = await this.#lock.run(() => this.#slice(race));
        if (wait === null) return;
        await (wait > 0 ? sleep(wait) : nextTask());
      }
    } catch (error) {
      if (error instanceof Abandoned || this.#race !== race) return;
      // A read fails before the loss of its device is told.
      await sleep(LOSS_NEWS_MS);
      if (this.#race !== race) return;
      this.#looping = false;
      this.halt();
      this.outbox.send({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      this.tell('paused');
    }
  }

  /** Tells those who keep this race at a pace with others how far it has come. */
  #reportPace(race: BanditRace): void {
    if (!race.going || race.pace === null) return;
    const least = race.least();
    if (least === this.#toldLeast) return;
    this.#toldLeast = least;
    this.outbox.send({ type: 'pace', least });
  }

  /** Works for a slice of time. Returns how long to wait before the next, or null when there is nothing left to do. */
  async #slice(race: BanditRace): Promise<number | null> {
    if (this.#race !== race) throw new Abandoned();
    const outcome = await race.slice(this.outbox);
    if (this.#race !== race) throw new Abandoned();
    this.#reportPace(race);
    switch (outcome.kind) {
      case 'busy':
        return outcome.waitMs;
      case 'ran-out':
        race.going = false;
        this.#ending = race.hasWork() ? 'paused' : 'finished';
        return 0;
      case 'diverged':
        this.halt();
        this.#ending = null;
        this.outbox.send({
          type: 'diverged',
          method: outcome.run.method,
          ...outcome.divergence,
          goodStep: outcome.run.goodStates.at(-1)?.step ?? 0,
        });
        this.tell('diverged');
        return 0;
      case 'idle':
        this.#looping = false;
        if (this.#ending) this.tellAfterFrames(this.#ending, this.#stepDone ?? undefined);
        else this.#stepDone?.();
        this.#ending = null;
        this.#stepDone = null;
        return null;
    }
  }
}
