/** The engines of a pool: how many there are, on which backend, and what the pool knows of each. */
import { usefulEngines } from '../../experiment/core-allocation.ts';
import type { MethodId } from '../methods.ts';
import type { BackendChoice, BackendId, EngineEvent, EngineInfo, RunState, ShardEngine } from './protocol.ts';

/** An engine for a pool, and how to end it. */
export interface PooledEngine {
  engine: ShardEngine;
  end: () => void;
}

type DeviceLost = Extract<EngineEvent, { type: 'device-lost' }>;
type Progress = Extract<EngineEvent, { type: 'progress' }>;

export class PoolMember {
  readonly engine: ShardEngine;
  readonly end: () => void;
  /** What its backend was chosen by. */
  choice: BackendChoice = 'auto';
  /** The methods that it trains. */
  methods: MethodId[] = [];
  /** The state that it reported last. */
  state: RunState = 'loading';
  /** Whether it takes steps, or was asked to. */
  isRunning = false;
  /** The progress of its slowest method, in steps or seconds; null if none has steps left. */
  slowest: number | null = 0;
  /** The progress at which its methods wait for those of other engines; null is no limit. */
  limit: number | null = null;
  elapsedSeconds = 0;
  progress: Progress | null = null;
  /** Whether it has no shipped weights to show. */
  hasNoWeights = false;
  /** Whether it has reported a divergence that is not rolled back yet. */
  hasDiverged = false;
  /** Whether it was asked to lose its device, and has not reported the loss yet. */
  isLosing = false;
  /** The loss of its device, until the pool reports it. */
  loss: DeviceLost | null = null;

  constructor({ engine, end }: PooledEngine) {
    this.engine = engine;
    this.end = end;
  }

  /** The engine was opened, or reset to step 0. */
  reset(): void {
    this.isRunning = false;
    this.slowest = 0;
    this.elapsedSeconds = 0;
    this.hasNoWeights = false;
    this.hasDiverged = false;
    this.loss = null;
  }

  setState(state: RunState): void {
    this.state = state;
    // An engine that loses its device while it trains resumes by itself.
    if (state !== 'lost') this.isRunning = state === 'running';
    if (state !== 'diverged') this.hasDiverged = false;
    if (state !== 'loading') this.progress = null;
  }
}

export class PoolMembers {
  readonly all: PoolMember[] = [];
  readonly #createEngine: () => PooledEngine;
  readonly #cores: number;
  readonly #onEvent: (member: PoolMember, event: EngineEvent) => Promise<void> | undefined;

  constructor(
    createEngine: () => PooledEngine,
    cores: number,
    onEvent: (member: PoolMember, event: EngineEvent) => Promise<void> | undefined,
  ) {
    this.#createEngine = createEngine;
    this.#cores = cores;
    this.#onEvent = onEvent;
  }

  /** @throws Error if there is no engine yet. */
  get first(): PoolMember {
    const [first] = this.all;
    if (!first) throw new Error('No experiment is open.');
    return first;
  }

  /** The engines that have methods; the first if no engine has any. */
  get active(): PoolMember[] {
    const active = this.all.filter(({ methods }) => methods.length > 0);
    return active.length > 0 ? active : [this.first];
  }

  /** Those that take steps. */
  get running(): PoolMember[] {
    return this.active.filter(({ isRunning }) => isRunning);
  }

  /** The engine that trains a method. */
  of(method: MethodId): PoolMember | undefined {
    return this.all.find(({ methods }) => methods.includes(method));
  }

  /**
   * Makes as many engines as are useful, and starts their backend. The first engine chooses the backend of all.
   * @param isOnGpu whether this choice led to WebGPU before, where one engine suffices.
   */
  async assemble(backend: BackendChoice, methodCount: number, isOnGpu: boolean): Promise<EngineInfo> {
    const count = backend === 'webgpu' || isOnGpu ? 1 : usefulEngines(this.#cores, methodCount);
    for (const member of this.all.splice(count)) member.end();
    while (this.all.length < count) this.#add();
    const { first } = this;
    const others = this.all.slice(1);
    // Without a GPU the choice will be wasm, so the others start wasm while the first finds out.
    const likely: BackendChoice = backend === 'auto' ? 'wasm' : backend;
    const started = others.map((member) => this.#start(member, likely));
    const info = await first.engine.start(backend, this.#threads());
    first.choice = backend;
    await Promise.all(started);
    const { backend: found } = info;
    if (found !== 'webgpu' && found !== likely) await Promise.all(others.map((member) => this.#start(member, found)));
    // WebGPU has one device, and an engine whose backend does not start is useless.
    this.#remove(others.filter(({ choice }) => choice !== found));
    return info;
  }

  hasRoom(methodCount: number): boolean {
    return this.all.length < usefulEngines(this.#cores, methodCount);
  }

  /** Adds an engine, and gives each of the others fewer threads. Null if its backend does not start. */
  async grow(backend: BackendId, open: (member: PoolMember) => Promise<void>): Promise<PoolMember | null> {
    const member = this.#add();
    await this.#start(member, backend);
    if (member.choice !== backend) {
      this.#remove([member]);
      return null;
    }
    await open(member);
    const others = this.all.filter((other) => other !== member);
    await forEachMember(others, ({ engine, choice }) => engine.start(choice, this.#threads()));
    return member;
  }

  /** Sets `choice` to the backend if it starts, else to `auto`. */
  async #start(member: PoolMember, backend: BackendChoice): Promise<void> {
    try {
      await member.engine.start(backend, this.#threads());
      member.choice = backend;
    } catch {
      member.choice = 'auto';
    }
  }

  /** Threads of each engine; null leaves the number to the backend of a single engine. */
  #threads(): number | null {
    const count = this.all.length;
    return count > 1 ? Math.max(1, Math.floor(this.#cores / count)) : null;
  }

  #add(): PoolMember {
    const member = new PoolMember(this.#createEngine());
    this.all.push(member);
    void member.engine.subscribe((event) => this.#onEvent(member, event));
    return member;
  }

  #remove(members: readonly PoolMember[]): void {
    for (const member of members) {
      this.all.splice(this.all.indexOf(member), 1);
      member.end();
    }
  }
}

/** Runs `work` for all members at the same time, waits for all, and throws the first failure. */
export async function forEachMember(
  members: readonly PoolMember[],
  work: (member: PoolMember, index: number) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(members.map(work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** The state of the pool: the first of lost, loading, diverged and running that any engine is in; the others need all. */
export function mergeStates(members: readonly Pick<PoolMember, 'state' | 'isLosing' | 'hasNoWeights'>[]): RunState {
  const any = (state: RunState) => members.some((member) => member.state === state);
  if (any('lost') || members.some(({ isLosing }) => isLosing)) return 'lost';
  for (const state of ['loading', 'diverged', 'running'] as const) if (any(state)) return state;
  if (members.every(({ state }) => state === 'finished')) return 'finished';
  if (any('paused') || any('finished')) return 'paused';
  const showing = members.filter(({ hasNoWeights }) => !hasNoWeights);
  const shows = showing.length > 0 && showing.every(({ state }) => state === 'showing-pretrained');
  return shows ? 'showing-pretrained' : 'ready';
}

/** The progress of all engines that do the same as `latest`. */
export function mergeProgress(members: readonly PoolMember[], latest: Progress): Progress {
  let [done, total] = [0, 0];
  for (const { progress } of members) {
    if (progress?.label !== latest.label) continue;
    done += progress.done;
    total += progress.total;
  }
  return { ...latest, done, total };
}
