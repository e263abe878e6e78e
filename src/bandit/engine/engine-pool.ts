/**
 * Several engines behind the interface of one. Each trains some of the methods. Methods share no state, so the numbers
 * do not depend on the partition. The pool knows neither worker nor page.
 *
 * On WebGPU there is one device, and one engine trains all methods. Elsewhere there are as many engines as there are
 * cores to train on and methods to train. A barrier keeps the methods of a race together across engines.
 */
import { defaultExperiment, type Experiment } from '../experiment.ts';
import { inCatalogueOrder, type MethodId } from '../methods.ts';
import { liveSettings } from '../settings.ts';
import type { EngineListener } from './frame-queue.ts';
import { leastLoaded, methodCost, partitionByCost } from './partition.ts';
import { PoolFrames } from './pool-frames.ts';
import {
  forEachMember,
  mergeProgress,
  mergeStates,
  PoolMembers,
  type PooledEngine,
  type PoolMember,
} from './pool-members.ts';
import type {
  BackendChoice,
  DenoisingPaths,
  EngineEvent,
  EngineInfo,
  LiveSettings,
  MethodFrame,
  RunState,
  ShardEngine,
  SnapshotInfo,
  SnapshotView,
  Speed,
  TrainingEngine,
} from './protocol.ts';
import { RaceBarrier } from './race-barrier.ts';

export class EnginePool implements TrainingEngine {
  readonly #members: PoolMembers;
  #experiment: Experiment = defaultExperiment();
  #info: EngineInfo | null = null;
  #speed: Speed = null;
  #barrier = new RaceBarrier('steps');
  #listener: EngineListener | null = null;
  /** The state reported last. */
  #lastState: RunState = 'loading';
  /** Commands under way: the states of the engines are reported as one when the last of them ends. */
  #pendingCommands = 0;
  readonly #frames = new PoolFrames((frames) => this.#notifyFrames(frames));
  /** Resolves when the engines that were told to pause have paused. */
  #halted: Promise<unknown> = Promise.resolve();
  #lastError: string | null = null;

  /**
   * @param createEngine makes another engine.
   * @param cores to train on; the upper bound on the number of engines.
   */
  constructor(createEngine: () => PooledEngine, cores: number) {
    this.#members = new PoolMembers(createEngine, cores, (member, event) => this.#handle(member, event));
  }

  async subscribe(listener: EngineListener): Promise<void> {
    this.#listener = listener;
  }

  async open(experiment: Experiment, backend: BackendChoice): Promise<EngineInfo> {
    this.#experiment = structuredClone(experiment);
    this.#speed = null;
    this.#barrier = new RaceBarrier(experiment.race);
    this.#frames.clear();
    return this.#asOneCommand(async () => {
      this.#setState('loading');
      for (const member of this.#members.all) member.state = 'loading';
      const { methods } = this.#experiment;
      const isOnGpu = this.#info?.backend === 'webgpu' && this.#members.all[0]?.choice === backend;
      const info = await this.#members.assemble(backend, methods.length, isOnGpu);
      const { all } = this.#members;
      const parts = partitionByCost(methods, all.length, this.#cost);
      await forEachMember(all, (member, index) => this.#openMember(member, inCatalogueOrder(parts[index] ?? [])));
      const count = this.#members.active.length;
      this.#info = count > 1 ? { ...info, device: `${info.device}, ${count} workers` } : info;
      return this.#info;
    });
  }

  async showPretrained(): Promise<void> {
    await this.#asOneCommand(async () => {
      const active = this.#members.active;
      const problems = await Promise.all(active.map((member) => this.#showPretrained(member)));
      const [problem] = problems;
      if (problem && !problems.includes(null)) throw problem;
    });
  }

  async play(): Promise<void> {
    await this.#run((engine) => engine.play());
  }

  async pause(): Promise<void> {
    await this.#asOneCommand(() => forEachMember(this.#members.active, ({ engine }) => engine.pause()));
  }

  async step(count: number): Promise<void> {
    await this.#run((engine) => engine.step(count), true);
  }

  async reset(): Promise<void> {
    this.#frames.clear();
    this.#lastError = null;
    await this.#asOneCommand(() => forEachMember(this.#members.all, (member) => this.#resetMember(member)), true);
  }

  async setLive(settings: LiveSettings): Promise<void> {
    this.#experiment.settings = { ...this.#experiment.settings, ...liveSettings(settings) };
    await forEachMember(this.#members.all, ({ engine }) => engine.setLive(settings));
  }

  async setSpeed(speed: Speed): Promise<void> {
    this.#speed = speed;
    await forEachMember(this.#members.all, ({ engine }) => engine.setSpeed(speed));
  }

  async setMethods(methods: readonly MethodId[]): Promise<void> {
    await this.#asOneCommand(async () => {
      const before = this.#lastState;
      const wanted = inCatalogueOrder(methods);
      this.#experiment.methods = wanted;
      const added = wanted.filter((method) => !this.#members.of(method));
      for (const member of this.#members.all)
        member.methods = member.methods.filter((method) => wanted.includes(method));
      const idle = new Set(this.#members.all.filter(({ methods: own }) => own.length === 0));
      for (const method of [...added].sort((a, b) => this.#cost(b) - this.#cost(a))) {
        const member = await this.#memberFor();
        if (member.methods.length === 0) idle.add(member);
        member.methods = inCatalogueOrder([...member.methods, method]);
      }
      await forEachMember(this.#members.all, ({ engine, methods: own }) => engine.setMethods(wanted, own));
      const joined = this.#members.active.filter((member) => idle.has(member));
      if (before === 'showing-pretrained') await forEachMember(joined, (member) => this.#showPretrained(member));
      await this.#resumeIdle(before);
    });
  }

  async setBudget(budget: number): Promise<void> {
    await this.#asOneCommand(async () => {
      const before = this.#lastState;
      this.#experiment.budget = budget;
      await forEachMember(this.#members.all, ({ engine }) => engine.setBudget(budget));
      await this.#resumeIdle(before);
    });
  }

  async snapshots(method: MethodId): Promise<SnapshotInfo[]> {
    return this.#engineOf(method).snapshots(method);
  }

  async snapshot(method: MethodId, step: number): Promise<SnapshotView> {
    return this.#engineOf(method).snapshot(method, step);
  }

  async denoise(method: MethodId, step: number | null, count: number): Promise<DenoisingPaths> {
    return this.#engineOf(method).denoise(method, step, count);
  }

  async qAt(method: MethodId, x: number, y: number): Promise<number | null> {
    return this.#engineOf(method).qAt(method, x, y);
  }

  async data(): Promise<{ points: Float32Array; rewards: Float32Array }> {
    return this.#members.first.engine.data();
  }

  async exportWeights(method: MethodId): Promise<Uint8Array> {
    return this.#engineOf(method).exportWeights(method);
  }

  async importWeights(method: MethodId, bytes: Uint8Array): Promise<void> {
    await this.#asOneCommand(async () => {
      const showing = this.#members.active.filter(({ state }) => state === 'showing-pretrained');
      const engine = this.#engineOf(method);
      await engine.importWeights(method, bytes);
      const others = showing.filter((member) => member.engine !== engine);
      // The shipped policies are gone, so the other methods show their step 0.
      await forEachMember(others, (member) => this.#resetMember(member));
    });
  }

  async rollback(): Promise<void> {
    await this.#asOneCommand(async () => {
      const diverged = this.#members.active.filter(({ state }) => state === 'diverged');
      await forEachMember(diverged.length > 0 ? diverged : [this.#members.first], ({ engine }) => engine.rollback());
    });
  }

  async loseDevice(): Promise<void> {
    const active = this.#members.active;
    for (const member of active) member.isLosing = true;
    await forEachMember(active, ({ engine }) => engine.loseDevice());
  }

  readonly #cost = (method: MethodId): number => methodCost(this.#experiment, method);

  async #openMember(member: PoolMember, methods: MethodId[]): Promise<void> {
    member.reset();
    member.methods = methods;
    member.limit = null;
    await member.engine.open(this.#experiment, member.choice, methods);
    if (this.#speed !== null) await member.engine.setSpeed(this.#speed);
  }

  async #resetMember(member: PoolMember): Promise<void> {
    await member.engine.reset();
    member.reset();
  }

  /** Why it has no shipped weights to show, or null. */
  async #showPretrained(member: PoolMember): Promise<Error | null> {
    try {
      await member.engine.showPretrained();
      return null;
    } catch (error) {
      member.hasNoWeights = true;
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The engine for another method: a new one if all engines have methods and there is room for one more. */
  async #memberFor(): Promise<PoolMember> {
    const { all, first } = this.#members;
    const { index, load } = leastLoaded(
      all.map(({ methods }) => methods),
      this.#cost,
    );
    const leastBusy = all[index] ?? first;
    const { backend } = this.#info ?? {};
    if (load === 0 || backend === undefined || backend === 'webgpu') return leastBusy;
    if (!this.#members.hasRoom(this.#experiment.methods.length)) return leastBusy;
    return (await this.#members.grow(backend, (member) => this.#openMember(member, []))) ?? leastBusy;
  }

  /** Sends every engine a command that trains. If one fails, all are paused. */
  async #run(command: (engine: ShardEngine) => Promise<void>, always = false): Promise<void> {
    this.#lastError = null;
    await this.#asOneCommand(async () => {
      const active = this.#members.active;
      const diverged = active.find(({ state }) => state === 'diverged');
      this.#barrier.restart();
      this.#barrier.update(this.#members.active, active);
      await forEachMember(diverged ? [diverged] : active, (member) => this.#send(member, command));
    }, always);
  }

  async #send(member: PoolMember, command: (engine: ShardEngine) => Promise<void>): Promise<void> {
    member.isRunning = true;
    try {
      await command(member.engine);
    } catch (error) {
      member.isRunning = false;
      this.#haltOthers(member);
      throw error;
    }
  }

  /** While the pool runs, starts the engines that have steps to take again. */
  async #resumeIdle(before: RunState): Promise<void> {
    if (before !== 'running') return;
    const resting = this.#members.active.filter(({ state }) => state === 'paused' || state === 'ready');
    this.#barrier.update(this.#members.active, [...this.#members.running, ...resting]);
    await forEachMember(resting, (member) => this.#send(member, (engine) => engine.play()));
  }

  #haltOthers(member: PoolMember): void {
    const others = this.#members.active.filter((other) => other !== member && other.isRunning);
    this.#halted = Promise.allSettled([this.#halted, ...others.map(({ engine }) => engine.pause())]);
  }

  /** Handles an event of one engine. Its next frame comes once the promise resolves. */
  #handle(member: PoolMember, event: EngineEvent): Promise<void> | undefined {
    switch (event.type) {
      case 'state':
        this.#handleState(member, event.state);
        return;
      case 'progress':
        member.progress = event;
        void this.#notify(mergeProgress(this.#members.all, event));
        return;
      case 'frame':
        member.elapsedSeconds = event.elapsedSeconds;
        return this.#frames.add(event.frames);
      case 'race-progress':
        member.slowest = event.slowest;
        this.#barrier.update(this.#members.active, this.#members.running);
        return;
      case 'diverged': {
        const isFirst = !this.#members.all.some(({ hasDiverged }) => hasDiverged);
        member.hasDiverged = true;
        // Only the first divergence is reported; `rollback` covers all of them.
        if (isFirst) void this.#notify(event);
        this.#haltOthers(member);
        return;
      }
      case 'device-lost':
        member.isLosing = false;
        member.loss = event;
        // If WebGPU does not start again, the engine continues on another backend.
        if (event.info.backend !== this.#info?.backend) member.choice = event.info.backend;
        return;
      case 'error':
        member.isLosing = false;
        if (member.state === 'lost') this.#haltOthers(member);
        if (event.message === this.#lastError) return;
        this.#lastError = event.message;
        void this.#notify(event);
    }
  }

  #handleState(member: PoolMember, state: RunState): void {
    const wasRunning = member.isRunning;
    member.setState(state);
    // No command asked for the pause, so the engine has failed.
    if (state === 'paused' && wasRunning && this.#pendingCommands === 0) this.#haltOthers(member);
    // Engines that waited for this one may continue.
    else if (wasRunning && !member.isRunning) this.#barrier.update(this.#members.active, this.#members.running);
    this.#settle();
  }

  async #notifyFrames(all: readonly MethodFrame[]): Promise<void> {
    const frames = all.filter(({ method }) => this.#members.of(method));
    if (frames.length === 0) return;
    const elapsedSeconds = Math.max(...this.#members.active.map((active) => active.elapsedSeconds));
    await this.#notify({ type: 'frame', frames, elapsedSeconds });
  }

  /** Runs a command, and reports one state at its end. @param always even if the state is the one reported last. */
  async #asOneCommand<Result>(work: () => Promise<Result>, always = false): Promise<Result> {
    await this.#halted;
    this.#pendingCommands += 1;
    try {
      return await work();
    } finally {
      this.#pendingCommands -= 1;
      this.#settle(always);
    }
  }

  /** Reports the merged state of the engines if it is new. */
  #settle(always = false): void {
    if (this.#pendingCommands > 0) return;
    const state = mergeStates(this.#members.active);
    if (state !== 'lost') this.#reportLoss();
    if (always || state !== this.#lastState) this.#setState(state);
  }

  /** Reports the lost devices of all engines as one loss. */
  #reportLoss(): void {
    const losses = this.#members.active.flatMap(({ loss }) => loss ?? []);
    for (const member of this.#members.all) member.loss = null;
    const first = losses[0];
    if (!first) return;
    const count = this.#members.active.length;
    const device = count > 1 ? `${first.info.device}, ${count} workers` : first.info.device;
    this.#info = { ...first.info, device };
    const resumedFrom = Math.min(...losses.map((loss) => loss.resumedFrom));
    void this.#notify({ ...first, info: this.#info, resumedFrom });
  }

  #setState(state: RunState): void {
    this.#lastState = state;
    void this.#notify({ type: 'state', state });
  }

  /** A listener that throws must not stop the pool. */
  async #notify(event: EngineEvent): Promise<void> {
    try {
      await this.#listener?.(event);
    } catch (error) {
      console.error('The listener of the engine failed.', error);
    }
  }

  #engineOf(method: MethodId): ShardEngine {
    return (this.#members.of(method) ?? this.#members.first).engine;
  }
}
