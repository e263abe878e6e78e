/** The engine's loop: one race, worked on in slices between commands, and what is told of it. */
import type { MethodId } from '../methods.ts';
import type { BanditRace } from './race.ts';
import { Mutex, nextTask, sleep } from '../../experiment/event-loop.ts';
import { FrameQueue } from './frame-queue.ts';
import type { RunState } from './protocol.ts';

/** How long a failed read may wait for the news that the device is gone. */
const LOSS_NEWS_MS = 250;

/** The race that a piece of work belonged to is no longer the one that runs. */
class Abandoned extends Error {}

export class EngineLoop {
  readonly frames = new FrameQueue();
  readonly #lock = new Mutex();
  #race: BanditRace | null = null;
  #state: RunState = 'loading';
  #isLooping = false;
  /** How the run ended, told once its last frames have gone out. */
  #ending: 'paused' | 'finished' | null = null;
  #stepDone: (() => void) | null = null;
  /** What was told last of how far the race has come; undefined after a start. */
  #reportedSlowest: number | null | undefined;

  get race(): BanditRace | null {
    return this.#race;
  }

  /** The state told last. */
  get state(): RunState {
    return this.#state;
  }

  /** Whether steps are being taken, or their last frames are still to come. */
  get busy(): boolean {
    return this.#race?.running === true || this.#ending !== null;
  }

  /** Does a command between two slices, after the commands before it. */
  exclusive<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    return this.#lock.run(work);
  }

  /** Works on another race from now on. The work that is under way is given up: its device may be gone. */
  replace(race: BanditRace | null, reason?: string): void {
    this.#race = race;
    this.#isLooping = false;
    this.#ending = null;
    if (reason !== undefined) this.#lock.interrupt(new Abandoned(reason));
  }

  /** Takes `steps` gradient steps of every method. They are `done` when their frames were taken, or when given up. */
  start(steps: number): { done: Promise<void> } {
    this.#ending = null;
    const done = new Promise<void>((resolve) => (this.#stepDone = resolve));
    this.#race?.start(steps);
    this.#reportedSlowest = undefined;
    this.#wake();
    return { done };
  }

  /** No step is begun from now on. */
  halt(): void {
    if (this.#race) this.#race.running = false;
    this.#stepDone?.();
    this.#stepDone = null;
  }

  /** Shows what these methods have become (all, unless told), also while paused. */
  refresh(methods?: readonly MethodId[]): void {
    this.#race?.markStale(methods);
    this.#wake();
  }

  setState(state: RunState): void {
    this.#state = state;
    this.frames.send({ type: 'state', state });
  }

  /** Tells a state that belongs to the frames before it. */
  setStateAfterFrames(state: RunState, then?: () => void): void {
    this.#state = state;
    this.frames.sendAfterFrames({ type: 'state', state }, then);
  }

  #wake(): void {
    if (this.#isLooping || !this.#race) return;
    this.#isLooping = true;
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
      this.#isLooping = false;
      this.halt();
      this.frames.send({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      this.setState('paused');
    }
  }

  /** Tells those who keep this race at a pace with others how far it has come. */
  #reportSlowest(race: BanditRace): void {
    if (!race.running || race.limit === null) return;
    const least = race.slowest();
    if (least === this.#reportedSlowest) return;
    this.#reportedSlowest = least;
    this.frames.send({ type: 'pace', least });
  }

  /** Works for a slice of time. Returns how long to wait before the next, or null when there is nothing left to do. */
  async #slice(race: BanditRace): Promise<number | null> {
    if (this.#race !== race) throw new Abandoned();
    const outcome = await race.slice(this.frames);
    if (this.#race !== race) throw new Abandoned();
    this.#reportSlowest(race);
    switch (outcome.kind) {
      case 'busy':
        return outcome.waitMs;
      case 'ran-out':
        race.running = false;
        this.#ending = race.hasWork() ? 'paused' : 'finished';
        return 0;
      case 'diverged':
        this.halt();
        this.#ending = null;
        this.frames.send({
          type: 'diverged',
          method: outcome.run.method,
          ...outcome.divergence,
          goodStep: outcome.run.finiteStates.at(-1)?.step ?? 0,
        });
        this.setState('diverged');
        return 0;
      case 'idle':
        this.#isLooping = false;
        if (this.#ending) this.setStateAfterFrames(this.#ending, this.#stepDone ?? undefined);
        else this.#stepDone?.();
        this.#ending = null;
        this.#stepDone = null;
        return null;
    }
  }
}
