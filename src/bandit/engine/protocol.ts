/**
 * The messages between the page and the engine (in a worker). The engine knows neither worker nor React; the page
 * wraps it with comlink. Typed arrays in events are transferred, never copied.
 */
import type { MethodId } from '../methods.ts';
import type { BanditMetrics } from '../../math/bandit-metrics.ts';
import type { BackendChoice, BackendInfo } from '../../tensor/backend.ts';
import type { Experiment } from '../experiment.ts';
import type { Settings } from '../settings.ts';

export type { Interval } from '../../math/mmd.ts';
export type { BanditMetrics } from '../../math/bandit-metrics.ts';
export type { BackendChoice, BackendId } from '../../tensor/backend.ts';

/** The backend that an engine runs on. */
export type EngineInfo = BackendInfo;

export interface MethodFrame {
  method: MethodId;
  /** Gradient steps done. */
  step: number;
  /** Drawn from shipped weights, not from this run. */
  shipped: boolean;
  /** Seconds spent training this method (not evaluating it). */
  seconds: number;
  stepsPerSecond: number;
  /** [n, 2], x then y, as drawn: unclipped for Gaussian policies. */
  samples: Float32Array;
  metrics: BanditMetrics;
  /** Latest value of each loss and of each logged quantity, by its term ("bcLoss", "criticLoss", "meanQ", …). */
  losses: Record<string, number>;
  /** [Q_RESOLUTION, Q_RESOLUTION] Q1 at cell centres of [-1, 1]², rows from y = +1 down; null without a critic. */
  q: Float32Array | null;
}

export const Q_RESOLUTION = 48;
/** Samples drawn for a frame. */
export const FRAME_SAMPLES = 500;

export type RunState =
  'loading' | 'showing-pretrained' | 'ready' | 'running' | 'paused' | 'finished' | 'diverged' | 'lost';

/** What the engine reports to its listener. */
export type EngineEvent =
  | { type: 'state'; state: RunState }
  | { type: 'progress'; label: string; done: number; total: number }
  /** Methods with something new, at most 10 times a second. The next is sent once the listener has handled this one. */
  | { type: 'frame'; frames: MethodFrame[]; elapsedSeconds: number }
  /** A quantity turned non-finite: the run is paused, and `rollback()` goes back to `goodStep`. */
  | { type: 'diverged'; method: MethodId; quantity: string; step: number; goodStep: number }
  /** The device was lost; the engine restarted on `info.backend` from step `resumedFrom`. */
  | { type: 'device-lost'; reason: string; info: EngineInfo; resumedFrom: number }
  /** Of a `ShardEngine` with a limit: the progress of its slowest method, in steps or seconds; null if none has steps left. */
  | { type: 'race-progress'; slowest: number | null }
  | { type: 'error'; message: string };

/** A stored snapshot of a run. */
export interface SnapshotInfo {
  step: number;
  seconds: number;
}

export interface SnapshotView {
  method: MethodId;
  step: number;
  seconds: number;
  samples: Float32Array;
  metrics: BanditMetrics;
  /** As in a frame; empty at step 0. */
  losses: Record<string, number>;
  q: Float32Array | null;
}

/** The reverse process of one policy, for a scrubber. */
export interface DenoisingPaths {
  method: MethodId;
  /** Gradient step of the policy that was used. */
  step: number;
  /** Number of reverse steps taken, R. */
  reverseSteps: number;
  /** Samples, n. */
  count: number;
  /** [R + 1, n, 2], from pure noise (index 0) to the action (index R). */
  positions: Float32Array;
}

/** Settings that act on a running experiment (`live` in the table of settings). */
export type LiveSettings = Partial<Settings>;

/** Most steps a second for each method; null is no limit. */
export type Speed = number | null;

export interface TrainingEngine {
  /** Chooses a backend, builds the data and every method of the experiment at step 0. Ends in `ready`. */
  open(experiment: Experiment, backend: BackendChoice): Promise<EngineInfo>;
  /** Shows the shipped weights, sampled, as frames; `play` or `step` start from scratch. Ends in `showing-pretrained`. */
  showPretrained(): Promise<void>;
  play(): Promise<void>;
  pause(): Promise<void>;
  /** `count` gradient steps of every method, then paused. */
  step(count: number): Promise<void>;
  /** Back to step 0 with the same experiment. */
  reset(): Promise<void>;
  setLive(settings: LiveSettings): Promise<void>;
  setSpeed(speed: Speed): Promise<void>;
  /** Adds or drops methods of the running experiment; an added one starts at step 0. */
  setMethods(methods: readonly MethodId[]): Promise<void>;
  setBudget(budget: number): Promise<void>;
  /** The stored snapshots of a method's run, oldest first. */
  snapshots(method: MethodId): Promise<SnapshotInfo[]>;
  /** The snapshot at or before `step`. Throws if there is none. */
  snapshot(method: MethodId, step: number): Promise<SnapshotView>;
  /** Denoising of `count` samples by the policy of the snapshot at or before `step`, or by the present one (null). */
  denoise(method: MethodId, step: number | null, count: number): Promise<DenoisingPaths>;
  /** Q of the method's critic at one action, or null without a critic. */
  qAt(method: MethodId, x: number, y: number): Promise<number | null>;
  /** The data, for drawing and for the table: points [n, 2], rewards [n]. */
  data(): Promise<{ points: Float32Array; rewards: Float32Array }>;
  /** Weights as safetensors bytes with PyTorch names and layouts; the experiment is in its metadata. */
  exportWeights(method: MethodId): Promise<Uint8Array>;
  /** Throws an `Error` that names tensor, expected and found shape. */
  importWeights(method: MethodId, bytes: Uint8Array): Promise<void>;
  /** Restores the last finite state after `diverged`. */
  rollback(): Promise<void>;
  /** Sets the one listener. The engine waits for its promise before it sends the next frame. */
  subscribe(listener: (event: EngineEvent) => Promise<void> | void): Promise<void>;
  /** For tests: simulates the loss of the device. */
  loseDevice(): Promise<void>;
}

/** An engine that can train some of an experiment's methods, while other engines train the rest (engine-pool.ts). */
export interface ShardEngine extends TrainingEngine {
  /**
   * Starts a backend ahead of `open`, and closes an experiment that is open on another backend.
   * @param threads of the processor, for a backend that uses them; null leaves their number to the backend.
   */
  start(backend: BackendChoice, threads: number | null): Promise<EngineInfo>;
  /** @param own the methods that this engine trains; all of the experiment's by default. */
  open(experiment: Experiment, backend: BackendChoice, own?: readonly MethodId[]): Promise<EngineInfo>;
  /** @param own as in `open`. */
  setMethods(methods: readonly MethodId[], own?: readonly MethodId[]): Promise<void>;
  /**
   * Sets the progress at which methods stop taking steps until the limit is raised: in steps or in seconds of training,
   * as the race goes. Null is no limit.
   */
  setLimit(limit: number | null): Promise<void>;
}
