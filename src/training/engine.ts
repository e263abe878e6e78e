/**
 * The engine of the bandit: trains every method of an experiment side by side, and tells one listener what it sees. It
 * knows neither worker nor page.
 *
 * Training and commands share one thread. The loop works in slices of some 30 ms and steps aside after each; a command
 * waits for the end of a slice at most. Every piece of work, slice or command, holds the one lock, so none sees another
 * half done. Nothing that looks at a policy (frames, snapshots, denoising, Q) touches what training depends on:
 * the same experiment gives the same bits whether or not anybody looked.
 */
import { METHOD_IDS, type MethodId } from '../algorithms/catalogue.ts';
import { createAlgorithm } from '../algorithms/registry.ts';
import { loseDevice, onDeviceLost, startBackend, stopBackend } from '../tensor/backend.ts';
import { BanditRace } from './bandit-race.ts';
import { Exclusive, nextTask, sleep } from './event-loop.ts';
import { defaultExperiment, type Experiment } from './experiment.ts';
import { Outbox, type Listener } from './outbox.ts';
import { Gallery, type WeightsLoader } from './pretrained.ts';
import type {
  BackendChoice,
  DenoisingPaths,
  Engine,
  EngineInfo,
  LiveSettings,
  RunState,
  SnapshotInfo,
  SnapshotView,
  Speed,
} from './protocol.ts';
import { fieldByKey, type SettingKey } from './settings.ts';

/** What the engine needs from outside; tests put their own in place. */
export interface EngineParts {
  createAlgorithm: typeof createAlgorithm;
  startBackend: typeof startBackend;
  stopBackend: typeof stopBackend;
  /** Shipped weights of a method; rejects where there are none. */
  loadPretrained: WeightsLoader;
}

/** How long a failed read may wait for the news that the device is gone. */
const LOSS_NEWS_MS = 250;

class Abandoned extends Error {}

export class BanditEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #outbox = new Outbox();
  readonly #lock = new Exclusive();
  #experiment: Experiment = defaultExperiment();
  #choice: BackendChoice = 'auto';
  #info: EngineInfo | null = null;
  #race: BanditRace | null = null;
  #gallery: Gallery | null = null;
  #state: RunState = 'loading';
  #speed: Speed = null;
  #looping = false;
  /** How the run ended, told once its last frames have gone out. */
  #ending: 'paused' | 'finished' | null = null;
  #stepDone: (() => void) | null = null;
  #stopListening: () => void;

  constructor(parts: Partial<EngineParts> & Pick<EngineParts, 'loadPretrained'>) {
    this.#parts = { createAlgorithm, startBackend, stopBackend, ...parts };
    this.#stopListening = onDeviceLost((reason) => void this.#recover(reason));
  }

  async subscribe(listener: Listener): Promise<void> {
    this.#outbox.listen(listener);
  }

  async open(experiment: Experiment, backend: BackendChoice): Promise<EngineInfo> {
    this.#halt();
    return this.#lock.run(async () => {
      this.#outbox.drop();
      this.#tell('loading');
      this.#close();
      this.#experiment = structuredClone(experiment);
      this.#speed = null;
      if (this.#info === null || this.#choice !== backend) {
        this.#progress('Starting the engine', 0, 1);
        this.#parts.stopBackend();
        this.#info = null;
        this.#info = await this.#parts.startBackend(backend);
        this.#choice = backend;
      }
      await this.#build();
      this.#tell('ready');
      return this.#info;
    });
  }

  async showPretrained(): Promise<void> {
    this.#halt();
    await this.#lock.run(async () => {
      const race = this.#opened();
      this.#gallery ??= new Gallery(this.#parts.createAlgorithm, this.#parts.loadPretrained);
      const frames = await this.#gallery
        .show(this.#experiment, (done, total) => this.#progress('Shipped weights', done, total))
        .catch((error: unknown) => {
          this.#leaveGallery();
          throw error;
        });
      for (const run of race.runs.values()) run.stale = false;
      for (const frame of frames) this.#outbox.post(frame, 0);
      this.#end('showing-pretrained');
    });
  }

  async play(): Promise<void> {
    await this.#lock.run(() => {
      if (this.#state === 'running') return;
      this.#start(Number.POSITIVE_INFINITY);
      this.#tell('running');
    });
  }

  async pause(): Promise<void> {
    const running = this.#race?.going ?? false;
    this.#halt();
    await this.#lock.run(() => {
      if (running && this.#ending === null) this.#tell('paused');
      this.#wake();
    });
  }

  async step(count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`A number of steps is 1 or more, not ${count}.`);
    this.#halt();
    let done: Promise<void> = Promise.resolve();
    await this.#lock.run(() => {
      this.#start(count);
      done = new Promise((resolve) => (this.#stepDone = resolve));
    });
    await done;
  }

  async reset(): Promise<void> {
    this.#halt();
    await this.#lock.run(async () => {
      this.#opened();
      this.#outbox.drop();
      this.#close();
      await this.#build();
      this.#tell('ready');
      this.#look();
    });
  }

  async setLive(settings: LiveSettings): Promise<void> {
    await this.#lock.run(() => {
      const live = Object.fromEntries(
        Object.entries(settings).filter(([key]) => fieldByKey(key as SettingKey).live),
      ) as LiveSettings;
      this.#experiment.settings = { ...this.#experiment.settings, ...live };
      this.#opened().configure(live);
      if (!this.#gallery) this.#look();
    });
  }

  async setSpeed(speed: Speed): Promise<void> {
    if (speed !== null && !(speed > 0)) throw new RangeError(`A speed is more than 0 steps a second, not ${speed}.`);
    this.#speed = speed;
    this.#race?.setSpeed(speed);
  }

  async setMethods(methods: MethodId[]): Promise<void> {
    await this.#lock.run(async () => {
      const race = this.#opened();
      const wanted = METHOD_IDS.filter((method) => methods.includes(method));
      this.#experiment.methods = wanted;
      for (const method of race.runs.keys()) if (!wanted.includes(method)) this.#outbox.drop(method);
      const added = race.setMethods(wanted);
      if (added.length > 0 && this.#state === 'finished') this.#tell('paused');
      if (!this.#gallery) {
        this.#look(added);
        return;
      }
      const frames = await this.#gallery.show(this.#experiment, () => undefined, added);
      for (const frame of frames) this.#outbox.post(frame, 0);
    });
  }

  async setBudget(budget: number): Promise<void> {
    await this.#lock.run(() => {
      this.#experiment.budget = budget;
      const race = this.#opened();
      race.budget = budget;
      if (this.#state === 'finished' && race.hasWork(Number.POSITIVE_INFINITY)) this.#tell('paused');
    });
  }

  async snapshots(method: MethodId): Promise<SnapshotInfo[]> {
    const kept = this.#race?.runs.get(method)?.snapshots.all() ?? [];
    return kept.map(({ step, seconds }) => ({ step, seconds }));
  }

  async snapshot(method: MethodId, step: number): Promise<SnapshotView> {
    const { seconds, samples, metrics, q, ...kept } = this.#opened().snapshotAt(method, step);
    const copies = { samples: samples.slice(), q: q?.slice() ?? null };
    return { method, step: kept.step, seconds, metrics, ...copies };
  }

  async denoise(method: MethodId, step: number | null, count: number): Promise<DenoisingPaths> {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`A number of samples is 1 or more, not ${count}.`);
    return this.#lock.run(async () => {
      const race = this.#opened();
      const shown = step === null ? this.#gallery?.shown(method) : undefined;
      const algorithm = shown ?? (step === null ? race.run(method).algorithm : race.scratchAt(method, step));
      const process = await race.evaluator.denoise(algorithm, count);
      return { method, step: algorithm.step, count, ...process };
    });
  }

  async qAt(method: MethodId, x: number, y: number): Promise<number | null> {
    return this.#lock.run(() => {
      const race = this.#opened();
      return race.evaluator.qAt(this.#gallery?.shown(method) ?? race.run(method).algorithm, x, y);
    });
  }

  async data(): Promise<{ points: Float32Array; rewards: Float32Array }> {
    return this.#lock.run(() => {
      const { points, rewards } = this.#opened().task;
      return { points: points.slice(), rewards: rewards.slice() };
    });
  }

  async exportWeights(method: MethodId): Promise<Uint8Array> {
    return this.#lock.run(async () => {
      const race = this.#opened();
      return this.#gallery?.weights(method) ?? race.weights(method);
    });
  }

  async importWeights(method: MethodId, bytes: Uint8Array): Promise<void> {
    await this.#lock.run(async () => {
      const race = this.#opened();
      await race.importWeights(method, bytes);
      if (this.#leaveGallery() || this.#state === 'finished' || this.#state === 'diverged') this.#tell('paused');
      this.#outbox.drop(method);
      this.#look([method]);
    });
  }

  async rollback(): Promise<void> {
    await this.#lock.run(() => {
      const race = this.#opened();
      if (!race.divergence) throw new Error('Nothing diverged: there is nothing to roll back.');
      race.rollback();
      this.#tell('paused');
      this.#look();
    });
  }

  async loseDevice(): Promise<void> {
    if (this.#info?.backend === 'webgpu') loseDevice();
    else await this.#recover('the loss was asked for');
  }

  /** Lets go of everything. */
  async dispose(): Promise<void> {
    this.#halt();
    this.#stopListening();
    await this.#lock.run(() => this.#close());
  }

  /** Trains every method by `count` steps from here. Call with the lock held. */
  #start(count: number): void {
    const race = this.#opened();
    if (race.divergence) {
      const { method, quantity } = race.divergence;
      throw new Error(`${method}: ${quantity} is not finite. Roll back, or reset.`);
    }
    this.#leaveGallery();
    this.#ending = null;
    race.start(count);
    this.#wake();
  }

  /** Training stops at the next step boundary. */
  #halt(): void {
    if (this.#race) this.#race.going = false;
    this.#stepDone?.();
    this.#stepDone = null;
  }

  /** Shows what these methods have become (all, unless told), also while paused. */
  #look(methods?: readonly MethodId[]): void {
    this.#race?.markStale(methods);
    this.#wake();
  }

  #wake(): void {
    if (this.#looping || !this.#race) return;
    this.#looping = true;
    void this.#loop(this.#race);
  }

  async #loop(race: BanditRace): Promise<void> {
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
      this.#halt();
      this.#outbox.send({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      this.#tell('paused');
    }
  }

  /** Works for a slice of time. Returns how long to wait before the next, or null when there is nothing left to do. */
  async #slice(race: BanditRace): Promise<number | null> {
    if (this.#race !== race) throw new Abandoned();
    const outcome = await race.slice(this.#outbox);
    if (this.#race !== race) throw new Abandoned();
    switch (outcome.kind) {
      case 'busy':
        return outcome.waitMs;
      case 'ran-out':
        race.going = false;
        this.#ending = race.hasWork(Number.POSITIVE_INFINITY) ? 'paused' : 'finished';
        return 0;
      case 'diverged': {
        this.#halt();
        this.#ending = null;
        this.#outbox.send({ type: 'diverged', ...outcome.divergence, goodStep: race.goodStep() });
        this.#tell('diverged');
        return 0;
      }
      case 'idle':
        this.#looping = false;
        if (this.#ending) this.#end(this.#ending, this.#stepDone ?? undefined);
        else this.#stepDone?.();
        this.#ending = null;
        this.#stepDone = null;
        return null;
    }
  }

  /** The device is gone: everything is rebuilt on a new one, or on wasm, from the last good states. */
  async #recover(reason: string): Promise<void> {
    const lost = this.#race;
    if (!lost) return;
    const { going } = lost;
    this.#race = null;
    this.#looping = false;
    this.#lock.interrupt(new Abandoned('The device was lost.'));
    await this.#lock.run(async () => {
      const before = this.#state;
      this.#tell('lost');
      this.#gallery = null;
      this.#parts.stopBackend();
      try {
        this.#info = await this.#restartBackend();
        const race = new BanditRace(this.#experiment, this.#info.backend, this.#parts.createAlgorithm);
        const resumedFrom = race.resume(lost);
        race.setSpeed(this.#speed);
        this.#race = race;
        this.#outbox.send({ type: 'device-lost', reason, info: this.#info, resumedFrom });
        race.going = going;
        this.#tell(before === 'showing-pretrained' ? 'ready' : before);
        this.#look();
      } catch (error) {
        this.#info = null;
        const message = error instanceof Error ? error.message : String(error);
        this.#outbox.send({ type: 'error', message: `The device was lost, and no other engine starts: ${message}` });
      }
    });
  }

  async #restartBackend(): Promise<EngineInfo> {
    const wanted = this.#info?.backend ?? this.#choice;
    try {
      return await this.#parts.startBackend(wanted);
    } catch (error) {
      if (wanted !== 'webgpu') throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.#choice = 'wasm';
      return {
        ...(await this.#parts.startBackend('wasm')),
        note: `WebGPU was lost and did not start again: ${message}`,
      };
    }
  }

  async #build(): Promise<void> {
    const { methods } = this.#experiment;
    const { backend } = this.#info as EngineInfo;
    const race = new BanditRace({ ...this.#experiment, methods: [] }, backend, this.#parts.createAlgorithm);
    for (const [index, method] of methods.entries()) {
      this.#progress('Building the methods', index, methods.length);
      race.add(method);
      await nextTask();
    }
    race.setSpeed(this.#speed);
    this.#race = race;
  }

  #close(): void {
    this.#leaveGallery();
    this.#race?.dispose();
    this.#race = null;
    this.#looping = false;
    this.#ending = null;
  }

  /** Whether shipped weights were on show. */
  #leaveGallery(): boolean {
    const showing = this.#gallery !== null;
    this.#gallery?.dispose();
    this.#gallery = null;
    return showing;
  }

  #opened(): BanditRace {
    if (!this.#race) throw new Error('No experiment is open.');
    return this.#race;
  }

  #progress(label: string, done: number, total: number): void {
    this.#outbox.send({ type: 'progress', label, done, total });
  }

  #tell(state: RunState): void {
    this.#state = state;
    this.#outbox.send({ type: 'state', state });
  }

  /** A state that the last frames belong to. */
  #end(state: RunState, then?: () => void): void {
    this.#state = state;
    this.#outbox.sendAfterFrames({ type: 'state', state }, then);
  }
}
