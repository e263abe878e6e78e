/** One engine of a team, as the team knows it, and what the states of several come to. */
import type { MethodId } from '../methods.ts';
import type { BackendChoice, EngineEvent, RunState, ShardEngine } from './protocol.ts';

/** An engine for a team, and how to be rid of it. */
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
  /** The state that it told last. */
  state: RunState = 'loading';
  /** Whether it takes steps, or was asked to. */
  isRunning = false;
  /** How far its last method has come, or null if none has steps left. */
  slowest: number | null = 0;
  /** How far it may go. */
  limit: number | null = null;
  elapsedSeconds = 0;
  progress: Progress | null = null;
  /** Whether it has no shipped weights to show. */
  hasNoWeights = false;
  /** Whether it has told of a divergence that is not rolled back yet. */
  hasDiverged = false;
  /** Whether its device was made to be lost, of which it has told nothing yet. */
  isLosing = false;
  /** The loss that it told, until the team tells it. */
  loss: DeviceLost | null = null;

  constructor({ engine, end }: PooledEngine) {
    this.engine = engine;
    this.end = end;
  }

  /** It was opened, or put back to the start: what was known of it is past. */
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
    // One that loses its device while it trains goes on by itself.
    if (state !== 'lost') this.isRunning = state === 'running';
    if (state !== 'diverged') this.hasDiverged = false;
    if (state !== 'loading') this.progress = null;
  }
}

/** The one state of several engines: the first of these that any is in, and the last ones only if all are. */
export function mergeStates(members: readonly Pick<PoolMember, 'state' | 'isLosing' | 'isBare'>[]): RunState {
  const any = (state: RunState) => members.some((member) => member.state === state);
  if (any('lost') || members.some(({ isLosing }) => isLosing)) return 'lost';
  for (const state of ['loading', 'diverged', 'running'] as const) if (any(state)) return state;
  if (members.every(({ state }) => state === 'finished')) return 'finished';
  if (any('paused') || any('finished')) return 'paused';
  const showing = members.filter(({ hasNoWeights: isBare }) => !isBare);
  const shows = showing.length > 0 && showing.every(({ state }) => state === 'showing-pretrained');
  return shows ? 'showing-pretrained' : 'ready';
}

/** What is under way, in all engines that do the same as `latest`. */
export function mergeProgress(members: readonly PoolMember[], latest: Progress): Progress {
  let [done, total] = [0, 0];
  for (const { progress } of members) {
    if (progress?.label !== latest.label) continue;
    done += progress.done;
    total += progress.total;
  }
  return { ...latest, done, total };
}
