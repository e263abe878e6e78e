/** The engine's loop: works on one race in slices between commands, and reports its state. */
import type { MethodId } from '../methods.ts';
import type { BanditRace } from './race.ts';
import { Mutex, nextTask, sleep } from '../../experiment/event-loop.ts';
import { FrameQueue } from './frame-queue.ts';
import type { RunState } from './protocol.ts';

/** How long a failed read waits for the event that the device is lost. */
const DEVICE_LOSS_MS = 250;

/** The work belonged to a race that was replaced. */
class Abandoned extends Error {}

export class EngineLoop {
  readonly frames = new FrameQueue();
  readonly #lock = new Mutex();
  #race: BanditRace | null = null;
  #state: RunState = 'loading';
  #isLooping = false;
  /** How the run ended, to be reported after its last frames. */
  #ending: 'paused' | 'finished' | null = null;
  #stepDone: (() => void) | null = null;
  /** The progress reported last; undefined after a start. */
  #reportedSlowest: number | null | undefined;

  get race(): BanditRace | null {
    return this.#race;
  }

  /** The state reported last. */
  get state(): RunState {
    return this.#state;
  }

  /** Whether steps are taken, or their last frames are still to be sent. */
  get busy(): boolean {
    return this.#race?.running === true || this.#ending !== null;
  }

  /** Runs a command between two slices, after earlier commands. */
  exclusive<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    return this.#lock.run(work);
  }

  /** Replaces the race. With a reason, the work under way is abandoned, since its device may be gone. */
  replace(race: BanditRace | null, reason?: string): void {
    this.#race = race;
    this.#isLooping = false;
    this.#ending = null;
    if (reason !== undefined) this.#lock.interrupt(new Abandoned(reason));
  }

  /** Takes `steps` gradient steps of every method. `done` resolves when their frames were handled, or on a halt. */
  start(steps: number): { done: Promise<void> } {
    this.#ending = null;
    const done = new Promise<void>((resolve) => (this.#stepDone = resolve));
    this.#race?.start(steps);
    this.#reportedSlowest = undefined;
    this.#wake();
    return { done };
  }

  /** Starts no further step. */
  halt(): void {
    if (this.#race) this.#race.running = false;
    this.#stepDone?.();
    this.#stepDone = null;
  }

  /** Sends new frames of these methods (all by default), also while paused. */
  refresh(methods?: readonly MethodId[]): void {
    this.#race?.markStale(methods);
    this.#wake();
  }

  setState(state: RunState): void {
    this.#state = state;
    this.frames.send({ type: 'state', state });
  }

  /** Reports a state after the frames before it. */
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
      // A read fails before the loss of its device is reported.
      await sleep(DEVICE_LOSS_MS);
      if (this.#race !== race) return;
      this.#isLooping = false;
      this.halt();
      this.frames.send({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      this.setState('paused');
    }
  }

  /** Reports the progress of the slowest method, if other engines wait for it. */
  #reportSlowest(race: BanditRace): void {
    if (!race.running || race.limit === null) return;
    const slowest = race.slowest();
    if (slowest === this.#reportedSlowest) return;
    this.#reportedSlowest = slowest;
    this.frames.send({ type: 'race-progress', slowest });
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
