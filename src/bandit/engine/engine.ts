/**
 * The engine of the bandit trains the methods of an experiment and reports to one listener. It knows neither worker nor
 * page. This file has its commands, engine-loop.ts the loop, race.ts the training.
 *
 * Training and commands share one thread. The loop works in slices of about 30 ms, and yields to messages after each, so
 * a command waits for at most one slice. A mutex keeps slices and commands apart. Evaluating a policy (frames,
 * snapshots, denoising, Q) changes nothing that training depends on: an experiment gives the same bits either way.
 */
import { inCatalogueOrder, METHODS, type MethodId } from '../methods.ts';
import { createAlgorithm } from '../registry.ts';
import { loseDevice, onDeviceLost, onGpuError, startBackend, stopBackend } from '../../tensor/backend.ts';
import { BanditRace } from './race.ts';
import { EngineLoop } from './engine-loop.ts';
import { nextTask } from '../../experiment/event-loop.ts';
import { defaultExperiment, type Experiment } from '../experiment.ts';
import type { EngineListener } from './frame-queue.ts';
import { PretrainedPreview, type WeightsLoader } from '../pretrained.ts';
import type {
  BackendChoice,
  DenoisingPaths,
  EngineInfo,
  LiveSettings,
  SnapshotInfo,
  SnapshotView,
  Speed,
  ShardEngine,
} from './protocol.ts';
import { liveSettings } from '../settings.ts';

/** What the engine needs from outside; tests replace it. */
export interface EngineDependencies {
  createAlgorithm: typeof createAlgorithm;
  startBackend: typeof startBackend;
  stopBackend: typeof stopBackend;
  onDeviceLost: typeof onDeviceLost;
  onGpuError: typeof onGpuError;
  loseDevice: typeof loseDevice;
  /** Shipped weights of a method; rejects where there are none. */
  loadPretrained: WeightsLoader;
}

function threadOptions(threads: number | null): { threads?: number } {
  return threads === null ? {} : { threads };
}

export class BanditEngine implements ShardEngine {
  readonly #dependencies: EngineDependencies;
  readonly #loop = new EngineLoop();
  /** The whole experiment, of which this engine trains `#methods`. */
  #experiment: Experiment = defaultExperiment();
  #methods: readonly MethodId[] = [];
  #choice: BackendChoice = 'auto';
  #threads: number | null = null;
  #info: EngineInfo | null = null;
  #preview: PretrainedPreview | null = null;
  #speed: Speed = null;
  #limit: number | null = null;
  #stopListening: () => void;

  constructor(parts: Partial<EngineDependencies> & Pick<EngineDependencies, 'loadPretrained'>) {
    this.#dependencies = { createAlgorithm, startBackend, stopBackend, onDeviceLost, onGpuError, loseDevice, ...parts };
    const stop = [
      this.#dependencies.onDeviceLost((reason) => void this.#recover(reason)),
      this.#dependencies.onGpuError((message) => void this.#stopForError(message)),
    ];
    this.#stopListening = () => stop.forEach((each) => each());
  }

  async subscribe(listener: EngineListener): Promise<void> {
    this.#loop.frames.listen(listener);
  }

  async start(backend: BackendChoice, threads: number | null): Promise<EngineInfo> {
    const isOther = this.#choice !== backend;
    if (isOther) this.#loop.halt();
    return this.#loop.exclusive(() => {
      if (isOther) this.#close();
      return this.#startBackend(backend, threads);
    });
  }

  async open(
    experiment: Experiment,
    backend: BackendChoice,
    own: readonly MethodId[] = experiment.methods,
  ): Promise<EngineInfo> {
    this.#loop.halt();
    return this.#loop.exclusive(async () => {
      this.#loop.frames.drop();
      this.#loop.setState('loading');
      this.#close();
      this.#experiment = structuredClone(experiment);
      this.#methods = [...own];
      this.#speed = null;
      this.#limit = null;
      const info = await this.#startBackend(backend, this.#threads);
      await this.#build();
      this.#loop.setState('ready');
      this.#compileAhead();
      return info;
    });
  }

  async showPretrained(): Promise<void> {
    this.#loop.halt();
    await this.#loop.exclusive(async () => {
      const race = this.#opened();
      this.#preview ??= new PretrainedPreview(this.#dependencies.createAlgorithm, this.#dependencies.loadPretrained);
      for (const run of race.runs.values()) run.stale = false;
      await this.#preview
        .show(
          this.#experiment,
          this.#methods,
          (frame) => this.#loop.frames.post(frame, 0),
          (done, total) => this.#progress('Shipped weights', done, total),
        )
        .catch((error: unknown) => {
          this.#closePreview();
          throw error;
        });
      this.#loop.setStateAfterFrames('showing-pretrained');
    });
  }

  async play(): Promise<void> {
    await this.#loop.exclusive(() => {
      if (this.#loop.state === 'running') return;
      this.#start(Number.POSITIVE_INFINITY);
      this.#loop.setState('running');
    });
  }

  async pause(): Promise<void> {
    const running = this.#loop.race?.running ?? false;
    this.#loop.halt();
    await this.#loop.exclusive(() => {
      if (running && !this.#loop.busy) this.#loop.setState('paused');
      // Shows what changed since the last frame.
      this.#loop.refresh([]);
    });
  }

  async step(count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`A number of steps is 1 or more, not ${count}.`);
    this.#loop.halt();
    const { done } = await this.#loop.exclusive(() => this.#start(count));
    await done;
  }

  async reset(): Promise<void> {
    this.#loop.halt();
    await this.#loop.exclusive(async () => {
      this.#opened();
      this.#loop.frames.drop();
      this.#close();
      await this.#build();
      this.#loop.setState('ready');
      this.#compileAhead();
      this.#loop.refresh();
    });
  }

  async setLive(settings: LiveSettings): Promise<void> {
    await this.#loop.exclusive(() => {
      const live = liveSettings(settings);
      this.#experiment.settings = { ...this.#experiment.settings, ...live };
      this.#opened().methods.configure(live);
      if (!this.#preview) this.#loop.refresh();
    });
  }

  async setSpeed(speed: Speed): Promise<void> {
    if (speed !== null && !(speed > 0)) throw new RangeError(`A speed is more than 0 steps a second, not ${speed}.`);
    this.#speed = speed;
    this.#loop.race?.setSpeed(speed);
  }

  async setLimit(limit: number | null): Promise<void> {
    this.#limit = limit;
    if (this.#loop.race) this.#loop.race.limit = limit;
  }

  async setMethods(methods: readonly MethodId[], own: readonly MethodId[] = methods): Promise<void> {
    await this.#loop.exclusive(async () => {
      const race = this.#opened();
      const wanted = inCatalogueOrder(own);
      this.#experiment.methods = inCatalogueOrder(methods);
      this.#methods = wanted;
      for (const method of race.runs.keys()) if (!wanted.includes(method)) this.#loop.frames.drop(method);
      const added = race.methods.setMethods(wanted);
      if (added.length > 0 && this.#loop.state === 'finished') this.#loop.setState('paused');
      if (!this.#preview) {
        this.#loop.refresh(added);
        return;
      }
      await this.#preview.show(this.#experiment, added, (frame) => this.#loop.frames.post(frame, 0));
    });
  }

  async setBudget(budget: number): Promise<void> {
    await this.#loop.exclusive(() => {
      this.#experiment.budget = budget;
      const race = this.#opened();
      race.budget = budget;
      if (this.#loop.state === 'finished' && race.hasWork()) this.#loop.setState('paused');
    });
  }

  async snapshots(method: MethodId): Promise<SnapshotInfo[]> {
    const snapshots = this.#loop.race?.runs.get(method)?.snapshots.all() ?? [];
    return snapshots.map(({ step, seconds }) => ({ step, seconds }));
  }

  async snapshot(method: MethodId, step: number): Promise<SnapshotView> {
    const { seconds, samples, metrics, losses, q, ...found } = this.#opened().methods.snapshotAt(method, step);
    const copies = { samples: samples.slice(), q: q?.slice() ?? null };
    return { method, step: found.step, seconds, metrics, losses, ...copies };
  }

  async denoise(method: MethodId, step: number | null, count: number): Promise<DenoisingPaths> {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`A number of samples is 1 or more, not ${count}.`);
    return this.#loop.exclusive(async () => {
      const race = this.#opened();
      const shown = step === null ? this.#preview?.shown(method) : undefined;
      const algorithm =
        shown ?? (step === null ? race.methods.run(method).algorithm : race.methods.scratchAt(method, step));
      const process = await race.methods.evaluator.denoise(algorithm, count);
      return { method, step: algorithm.step, count, ...process };
    });
  }

  async qAt(method: MethodId, x: number, y: number): Promise<number | null> {
    return this.#loop.exclusive(() => {
      const race = this.#opened();
      return race.methods.evaluator.qAt(this.#preview?.shown(method) ?? race.methods.run(method).algorithm, x, y);
    });
  }

  async data(): Promise<{ points: Float32Array; rewards: Float32Array }> {
    return this.#loop.exclusive(() => {
      const { points, rewards } = this.#opened().methods.task;
      return { points: points.slice(), rewards: rewards.slice() };
    });
  }

  async exportWeights(method: MethodId): Promise<Uint8Array> {
    return this.#loop.exclusive(async () => {
      const race = this.#opened();
      return (
        this.#preview?.weights(method) ??
        race.methods.weights(method, { methods: this.#experiment.methods, budget: race.budget })
      );
    });
  }

  async importWeights(method: MethodId, bytes: Uint8Array): Promise<void> {
    await this.#loop.exclusive(async () => {
      const race = this.#opened();
      await race.methods.importWeights(method, bytes);
      const shipped = this.#closePreview();
      if (shipped || this.#loop.state === 'finished' || this.#loop.state === 'diverged') this.#loop.setState('paused');
      this.#loop.frames.drop(method);
      // The shipped policies are gone, so the other methods show their own.
      this.#loop.refresh(shipped ? undefined : [method]);
    });
  }

  async rollback(): Promise<void> {
    await this.#loop.exclusive(() => {
      const race = this.#opened();
      if (!race.methods.diverged()) throw new Error('Nothing diverged: there is nothing to roll back.');
      race.methods.rollback();
      this.#loop.setState('paused');
      this.#loop.refresh();
    });
  }

  async loseDevice(): Promise<void> {
    if (this.#info?.backend === 'webgpu') this.#dependencies.loseDevice();
    else await this.#recover('the loss was asked for');
  }

  /** Releases everything. */
  async dispose(): Promise<void> {
    this.#loop.halt();
    this.#stopListening();
    await this.#loop.exclusive(() => this.#close());
  }

  /** Starts `count` steps of every method. The caller holds the lock. */
  #start(count: number): { done: Promise<void> } {
    const race = this.#opened();
    const diverged = race.methods.diverged();
    if (diverged) {
      throw new Error(
        `${METHODS[diverged.method].name}: ${diverged.divergence?.quantity} is not finite. Roll back, or reset.`,
      );
    }
    this.#closePreview();
    return this.#loop.start(count);
  }

  /** After the loss of the device, rebuilds everything on a new one, or on wasm, from the last finite states. */
  async #recover(reason: string): Promise<void> {
    const lost = this.#loop.race;
    if (!lost) return;
    const { running } = lost;
    this.#loop.replace(null, 'The device was lost.');
    await this.#loop.exclusive(async () => {
      const before = this.#loop.state;
      this.#loop.setState('lost');
      this.#preview = null;
      this.#dependencies.stopBackend();
      try {
        this.#info = await this.#restartBackend();
        const race = new BanditRace(
          { ...this.#experiment, methods: [...this.#methods] },
          this.#dependencies.createAlgorithm,
        );
        const resumedFrom = race.resume(lost);
        race.setSpeed(this.#speed);
        race.limit = this.#limit;
        race.running = running;
        this.#loop.replace(race);
        this.#loop.frames.send({ type: 'device-lost', reason, info: this.#info, resumedFrom });
        this.#loop.setState(
          running ? before : before === 'ready' || before === 'showing-pretrained' ? 'ready' : 'paused',
        );
        this.#loop.refresh();
      } catch (error) {
        this.#info = null;
        const message = error instanceof Error ? error.message : String(error);
        this.#loop.frames.send({
          type: 'error',
          message: `The device was lost, and no other engine starts: ${message}`,
        });
      }
    });
  }

  /** Starts a backend unless it runs already. The caller holds the lock. */
  async #startBackend(backend: BackendChoice, threads: number | null): Promise<EngineInfo> {
    const isOther = this.#choice !== backend;
    if (this.#info !== null && !isOther && this.#threads === threads) return this.#info;
    this.#progress('Starting the engine', 0, 1);
    if (this.#info !== null && isOther) this.#dependencies.stopBackend();
    this.#info = null;
    this.#info = await this.#dependencies.startBackend(backend, threadOptions(threads));
    this.#choice = backend;
    this.#threads = threads;
    return this.#info;
  }

  async #restartBackend(): Promise<EngineInfo> {
    const wanted = this.#info?.backend ?? this.#choice;
    try {
      return await this.#dependencies.startBackend(wanted, threadOptions(this.#threads));
    } catch (error) {
      if (wanted !== 'webgpu') throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.#choice = 'wasm';
      this.#threads = null;
      return {
        ...(await this.#dependencies.startBackend('wasm')),
        note: `WebGPU was lost and did not start again: ${message}`,
      };
    }
  }

  async #build(): Promise<void> {
    const methods = this.#methods;
    const race = new BanditRace({ ...this.#experiment, methods: [] }, this.#dependencies.createAlgorithm);
    for (const [index, method] of methods.entries()) {
      this.#progress('Building the methods', index, methods.length);
      race.methods.add(method);
      await nextTask();
    }
    race.setSpeed(this.#speed);
    race.limit = this.#limit;
    this.#loop.replace(race);
  }

  #compileAhead(): void {
    this.#loop.race?.compileAhead((done, total) => this.#progress('Compiling the shaders', done, total));
  }

  /** Pauses the run and reports the error: a faulty dispatch may have left wrong values. */
  async #stopForError(message: string): Promise<void> {
    if (this.#loop.race?.running) await this.pause();
    this.#loop.frames.send({ type: 'error', message: `The GPU reports an error: ${message}` });
  }

  #close(): void {
    this.#closePreview();
    this.#loop.race?.methods.dispose();
    this.#loop.replace(null);
  }

  /** Returns whether shipped weights were shown. */
  #closePreview(): boolean {
    const showing = this.#preview !== null;
    this.#preview?.dispose();
    this.#preview = null;
    return showing;
  }

  #opened(): BanditRace {
    const { race } = this.#loop;
    if (!race) throw new Error('No experiment is open.');
    return race;
  }

  #progress(label: string, done: number, total: number): void {
    this.#loop.frames.send({ type: 'progress', label, done, total });
  }
}
