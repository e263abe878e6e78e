/** State of the run that seldom changes. What changes ten times a second is in the frame store. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { MethodId } from '../../../bandit/methods.ts';
import type { EngineInfo, RunState, SnapshotInfo } from '../../../bandit/engine/protocol.ts';

export type Problem =
  | { kind: 'diverged'; method: MethodId; quantity: string; step: number; goodStep: number }
  | { kind: 'device-lost'; reason: string; info: EngineInfo; resumedFrom: number }
  | { kind: 'error'; message: string };

interface Progress {
  label: string;
  done: number;
  total: number;
}

interface DataSet {
  /** [n, 2] */
  points: Float32Array;
  /** [n] */
  rewards: Float32Array;
}

export interface Run {
  state: RunState;
  info: EngineInfo | null;
  progress: Progress | null;
  problem: Problem | null;
  /** The last message that is not a problem, e.g. why the run restarted. */
  message: string | null;
  data: DataSet | null;
  /** Snapshots of the method with the most steps. */
  timeline: readonly SnapshotInfo[];
  /** Grows with every run from step 0. */
  generation: number;
}

export const INITIAL_RUN: Run = {
  state: 'loading',
  info: null,
  progress: null,
  problem: null,
  message: null,
  data: null,
  timeline: [],
  generation: 0,
};

export const runStore = createStore<Run>()(() => INITIAL_RUN);

export function useRun<Key extends keyof Run>(key: Key): Run[Key] {
  return useStore(runStore, (run) => run[key]);
}

/** Whether the run was started: it can be reset, and has snapshots. */
export function hasStarted(state: RunState): boolean {
  return state === 'running' || state === 'paused' || state === 'finished' || state === 'diverged' || state === 'lost';
}
