/**
 * Several engines that pass for one. Each trains a share of the methods; methods know nothing of each other, so the
 * numbers are the same however they are shared out. It knows neither worker nor page: what it is made of are engines.
 *
 * On WebGPU one engine holds all methods, since there is one device. Elsewhere there are as many as there are cores to
 * train on, and methods to train. A race stays a race: the team moves on, for all of them, how far they may go.
 */
import { METHOD_IDS, type MethodId } from '../methods.ts';
import { usefulEngines } from '../../experiment/core-allocation.ts';
import { defaultExperiment, type Experiment } from '../experiment.ts';
import type { EngineListener } from './frame-queue.ts';
import { RaceBarrier } from './race-barrier.ts';
import type {
  BackendChoice,
  BackendId,
  DenoisingPaths,
  TrainingEngine,
  EngineEvent,
  EngineInfo,
  LiveSettings,
  MethodFrame,
  RunState,
  SnapshotInfo,
  SnapshotView,
  Speed,
  ShardEngine,
} from './protocol.ts';
import { liveSettings } from '../settings.ts';
import { leastLoaded, methodCost, partitionByCost } from './partition.ts';
import { PoolFrames } from './pool-frames.ts';
import { mergeProgress, mergeStates, PoolMember, type PooledEngine } from './pool-member.ts';

export class EnginePool implements TrainingEngine {
  readonly #createEngine: () => PooledEngine;
  readonly #cores: number;
  readonly #members: PoolMember[] = [];
  #experiment: Experiment = defaultExperiment();
  #info: EngineInfo | null = null;
  #speed: Speed = null;
  #barrier = new RaceBarrier('steps');
  #listener: EngineListener | null = null;
  /** The state told last. */
  #lastState: RunState = 'loading';
  /** Commands under way whose states are told in their end. */
  #pendingCommands = 0;
  readonly #frames = new PoolFrames((frames) => this.#notifyFrames(frames));
  /** Engines that were made to pause have done so. */
  #halted: Promise<unknown> = Promise.resolve();
  #lastError: string | null = null;

  /**
   * @param recruit makes another engine.
   * @param cores to train on; more engines than these there never are.
   */
  constructor(recruit: () => PooledEngine, cores: number) {
    this.#createEngine = recruit;
    this.#cores = cores;
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
      for (const member of this.#members) member.state = 'loading';
      const info = await this.#assemble(backend);
      const { methods } = this.#experiment;
      const shares = partitionByCost(methods, this.#members.length, this.#cost);
      await each(this.#members, (member, index) => this.#openMember(member, inOrder(shares[index] ?? [])));
      const count = this.#active().length;
      this.#info = count > 1 ? { ...info, device: `${info.device}, ${count} workers` } : info;
      return this.#info;
    });
  }

  async showPretrained(): Promise<void> {
    await this.#asOneCommand(async () => {
      const active = this.#active();
      const problems = await Promise.all(active.map((member) => this.#showPretrained(member)));
      const [problem] = problems;
      if (problem && !problems.includes(null)) throw problem;
    });
  }

  async play(): Promise<void> {
    await this.#run((engine) => engine.play());
  }

  async pause(): Promise<void> {
    await this.#asOneCommand(() => each(this.#active(), ({ engine }) => engine.pause()));
  }

  async step(count: number): Promise<void> {
    await this.#run((engine) => engine.step(count), true);
  }

  async reset(): Promise<void> {
    this.#frames.clear();
    this.#lastError = null;
    await this.#asOneCommand(() => each(this.#members, (member) => this.#resetMember(member)), true);
  }

  async setLive(settings: LiveSettings): Promise<void> {
    this.#experiment.settings = { ...this.#experiment.settings, ...liveSettings(settings) };
    await each(this.#members, ({ engine }) => engine.setLive(settings));
  }

  async setSpeed(speed: Speed): Promise<void> {
    this.#speed = speed;
    await each(this.#members, ({ engine }) => engine.setSpeed(speed));
  }

  async setMethods(methods: readonly MethodId[]): Promise<void> {
    await this.#asOneCommand(async () => {
      const before = this.#lastState;
      const wanted = inOrder(methods);
      this.#experiment.methods = wanted;
      const added = wanted.filter((method) => !this.#memberOf(method));
      for (const member of this.#members) member.methods = member.methods.filter((method) => wanted.includes(method));
      const idle = new Set(this.#members.filter(({ methods: share }) => share.length === 0));
      for (const method of [...added].sort((a, b) => this.#cost(b) - this.#cost(a))) {
        const member = await this.#memberFor();
        if (member.methods.length === 0) idle.add(member);
        member.methods = inOrder([...member.methods, method]);
      }
      await each(this.#members, ({ engine, methods: share }) => engine.setMethods(wanted, share));
      const joined = this.#active().filter((member) => idle.has(member));
      if (before === 'showing-pretrained') await each(joined, (member) => this.#showPretrained(member));
      await this.#resumeIdle(before);
    });
  }

  async setBudget(budget: number): Promise<void> {
    await this.#asOneCommand(async () => {
      const before = this.#lastState;
      this.#experiment.budget = budget;
      await each(this.#members, ({ engine }) => engine.setBudget(budget));
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
    return this.#first().engine.data();
  }

  async exportWeights(method: MethodId): Promise<Uint8Array> {
    return this.#engineOf(method).exportWeights(method);
  }

  async importWeights(method: MethodId, bytes: Uint8Array): Promise<void> {
    await this.#asOneCommand(async () => {
      const showing = this.#active().filter(({ state }) => state === 'showing-pretrained');
      const engine = this.#engineOf(method);
      await engine.importWeights(method, bytes);
      const others = showing.filter((member) => member.engine !== engine);
      // The shipped policies are gone: the other methods show where they stand, which is at the start.
      await each(others, (member) => this.#resetMember(member));
    });
  }

  async rollback(): Promise<void> {
    await this.#asOneCommand(async () => {
      const diverged = this.#active().filter(({ state }) => state === 'diverged');
      await each(diverged.length > 0 ? diverged : [this.#first()], ({ engine }) => engine.rollback());
    });
  }

  async loseDevice(): Promise<void> {
    const active = this.#active();
    for (const member of active) member.isLosing = true;
    await each(active, ({ engine }) => engine.loseDevice());
  }

  readonly #cost = (method: MethodId): number => methodCost(this.#experiment, method);

  /** As many engines as are of use, with the backend started; the best for the first is the backend of all. */
  async #assemble(backend: BackendChoice): Promise<EngineInfo> {
    const onGpu = backend === 'webgpu' || (this.#info?.backend === 'webgpu' && this.#members[0]?.choice === backend);
    const count = onGpu ? 1 : this.#maxEngines();
    for (const member of this.#members.splice(count)) member.end();
    while (this.#members.length < count) this.#addEngine();
    const first = this.#first();
    const others = this.#members.slice(1);
    // Without a GPU it will be wasm: the others start on it while the first finds out.
    const likely: BackendChoice = backend === 'auto' ? 'wasm' : backend;
    const started = others.map((member) => this.#start(member, likely));
    const info = await first.engine.start(backend, this.#threads());
    first.choice = backend;
    await Promise.all(started);
    const { backend: found } = info;
    if (found !== 'webgpu' && found !== likely) await Promise.all(others.map((member) => this.#start(member, found)));
    // There is one device; and an engine whose backend does not start is of no use.
    this.#removeEngines(others.filter(({ choice }) => choice !== found));
    return info;
  }

  /** Where it does not start, its `choice` stays another. */
  async #start(member: PoolMember, backend: BackendChoice): Promise<void> {
    try {
      await member.engine.start(backend, this.#threads());
      member.choice = backend;
    } catch {
      member.choice = 'auto';
    }
  }

  #maxEngines(): number {
    return usefulEngines(this.#cores, this.#experiment.methods.length);
  }

  /** Each engine's part of the cores; one that is alone takes what it likes. */
  #threads(): number | null {
    const count = this.#members.length;
    return count > 1 ? Math.max(1, Math.floor(this.#cores / count)) : null;
  }

  #addEngine(): PoolMember {
    const member = new PoolMember(this.#createEngine());
    this.#members.push(member);
    void member.engine.subscribe((event) => this.#handle(member, event));
    return member;
  }

  #removeEngines(members: readonly PoolMember[]): void {
    for (const member of members) {
      this.#members.splice(this.#members.indexOf(member), 1);
      member.end();
    }
  }

  async #openMember(member: PoolMember, share: MethodId[]): Promise<void> {
    member.reset();
    member.methods = share;
    member.limit = null;
    await member.engine.open(this.#experiment, member.choice, share);
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

  /** The engine for another method: a new one if there is room for it and all others have something to do. */
  async #memberFor(): Promise<PoolMember> {
    const { index, load } = leastLoaded(
      this.#members.map(({ methods: share }) => share),
      this.#cost,
    );
    const place = this.#members[index] ?? this.#first();
    const { backend } = this.#info ?? {};
    if (load === 0 || backend === undefined || backend === 'webgpu') return place;
    if (this.#members.length >= this.#maxEngines()) return place;
    return (await this.#grow(backend)) ?? place;
  }

  async #grow(backend: BackendId): Promise<PoolMember | null> {
    const member = this.#addEngine();
    await this.#start(member, backend);
    if (member.choice !== backend) {
      this.#removeEngines([member]);
      return null;
    }
    await this.#openMember(member, []);
    const others = this.#members.filter((other) => other !== member);
    await each(others, ({ engine, choice }) => engine.start(choice, this.#threads()));
    return member;
  }

  /** Has every engine train. One that cannot stops them all. */
  async #run(command: (engine: ShardEngine) => Promise<void>, always = false): Promise<void> {
    this.#lastError = null;
    await this.#asOneCommand(async () => {
      const active = this.#active();
      const diverged = active.find(({ state }) => state === 'diverged');
      this.#barrier.restart();
      this.#updateLimits(active);
      await each(diverged ? [diverged] : active, (member) => this.#send(member, command));
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

  /** In a run that goes on, those that have got something to do again go on as well. */
  async #resumeIdle(before: RunState): Promise<void> {
    if (before !== 'running') return;
    const resting = this.#active().filter(({ state }) => state === 'paused' || state === 'ready');
    this.#updateLimits([...this.#active().filter(({ isRunning: isMoving }) => isMoving), ...resting]);
    await each(resting, (member) => this.#send(member, (engine) => engine.play()));
  }

  /** Lets the engines go as far as the last of these permits. */
  #updateLimits(moving: readonly PoolMember[]): void {
    const active = this.#active();
    if (active.length < 2) {
      for (const member of active) this.#setLimit(member, null);
      return;
    }
    const leasts = moving.flatMap(({ slowest: least }) => (least === null ? [] : [least]));
    if (leasts.length === 0) return;
    const least = Math.min(...leasts);
    const bound = this.#barrier.limit(least, performance.now());
    for (const member of active) {
      // A message is worth it once it is a good part of the lead.
      const isNear = member.limit !== null && bound >= member.limit && bound - member.limit < (bound - least) / 4;
      if (!isNear) this.#setLimit(member, bound);
    }
  }

  #setLimit(member: PoolMember, pace: number | null): void {
    if (member.limit === pace) return;
    member.limit = pace;
    // An engine that is gone has told so by other ways.
    member.engine.setLimit(pace).catch(() => undefined);
  }

  #haltOthers(member: PoolMember): void {
    const others = this.#active().filter((other) => other !== member && other.isRunning);
    this.#halted = Promise.allSettled([this.#halted, ...others.map(({ engine }) => engine.pause())]);
  }

  /** What one engine says. Its next frame comes once this is done. */
  #handle(member: PoolMember, event: EngineEvent): Promise<void> | undefined {
    switch (event.type) {
      case 'state':
        this.#handleState(member, event.state);
        return;
      case 'progress':
        member.progress = event;
        void this.#notify(mergeProgress(this.#members, event));
        return;
      case 'frame':
        member.elapsedSeconds = event.elapsedSeconds;
        return this.#frames.add(event.frames);
      case 'pace':
        member.slowest = event.least;
        this.#updateLimits(this.#active().filter(({ isRunning: isMoving }) => isMoving));
        return;
      case 'diverged': {
        const isFirst = !this.#members.some(({ hasDiverged }) => hasDiverged);
        member.hasDiverged = true;
        // One is told at a time; all of them are rolled back.
        if (isFirst) void this.#notify(event);
        this.#haltOthers(member);
        return;
      }
      case 'device-lost':
        member.isLosing = false;
        member.loss = event;
        // Where WebGPU does not come back the engine goes on by another choice.
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
    const wasMoving = member.isRunning;
    member.setState(state);
    // Nobody asked for it: something failed there.
    if (state === 'paused' && wasMoving && this.#pendingCommands === 0) this.#haltOthers(member);
    // Whoever waited for this one need not any more.
    else if (wasMoving && !member.isRunning) this.#updateLimits(this.#active().filter(({ isRunning: isMoving }) => isMoving));
    this.#settle();
  }

  async #notifyFrames(all: readonly MethodFrame[]): Promise<void> {
    const frames = all.filter(({ method }) => this.#memberOf(method));
    if (frames.length === 0) return;
    const elapsedSeconds = Math.max(...this.#active().map((active) => active.elapsedSeconds));
    await this.#notify({ type: 'frame', frames, elapsedSeconds });
  }

  /** Does a command whose states are told as one in the end. @param always even if it is the one told last. */
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

  /** Tells what the states of the engines come to, if that is new. */
  #settle(always = false): void {
    if (this.#pendingCommands > 0) return;
    const state = mergeStates(this.#active());
    if (state !== 'lost') this.#reportLoss();
    if (always || state !== this.#lastState) this.#setState(state);
  }

  /** The devices of all engines are one loss. */
  #reportLoss(): void {
    const losses = this.#active().flatMap(({ loss }) => loss ?? []);
    for (const member of this.#members) member.loss = null;
    const first = losses[0];
    if (!first) return;
    const count = this.#active().length;
    const device = count > 1 ? `${first.info.device}, ${count} workers` : first.info.device;
    this.#info = { ...first.info, device };
    const resumedFrom = Math.min(...losses.map((loss) => loss.resumedFrom));
    void this.#notify({ ...first, info: this.#info, resumedFrom });
  }

  #setState(state: RunState): void {
    this.#lastState = state;
    void this.#notify({ type: 'state', state });
  }

  /** A listener that fails is the listener's own matter. */
  async #notify(event: EngineEvent): Promise<void> {
    try {
      await this.#listener?.(event);
    } catch (error) {
      console.error('The listener of the engine failed.', error);
    }
  }

  #first(): PoolMember {
    const [first] = this.#members;
    if (!first) throw new Error('No experiment is open.');
    return first;
  }

  /** The engines that have methods; without any method, the first. */
  #active(): PoolMember[] {
    const active = this.#members.filter(({ methods: share }) => share.length > 0);
    return active.length > 0 ? active : [this.#first()];
  }

  #memberOf(method: MethodId): PoolMember | undefined {
    return this.#members.find(({ methods: share }) => share.includes(method));
  }

  #engineOf(method: MethodId): ShardEngine {
    return (this.#memberOf(method) ?? this.#first()).engine;
  }
}

/** Has all of them do something at the same time, and waits for all, also where one fails. */
async function each(
  members: readonly PoolMember[],
  work: (member: PoolMember, index: number) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(members.map(work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function inOrder(methods: readonly MethodId[]): MethodId[] {
  return METHOD_IDS.filter((method) => methods.includes(method));
}
