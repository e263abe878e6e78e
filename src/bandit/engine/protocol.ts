/**
 * What the page and the engine (in a worker) say to each other. The engine knows neither worker nor React; the page
 * wraps it with comlink. Typed arrays in events are transferred, never copied.
 */
import type { MethodId } from '../methods.ts';
import type { BanditMetrics } from '../../math/statistics.ts';
import type { BackendChoice, BackendInfo } from '../../tensor/backend.ts';
import type { Experiment } from '../experiment.ts';
import type { Settings } from '../settings.ts';

export type { Interval } from '../../math/mmd.ts';
export type { BanditMetrics } from '../../math/statistics.ts';
export type { BackendChoice, BackendId } from '../../tensor/backend.ts';

/** The backend that runs, which is what an engine is to the page. */
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

/** What the engine tells, each with a serial number that grows by one. */
export type EngineEvent =
  | { type: 'state'; state: RunState }
  | { type: 'progress'; label: string; done: number; total: number }
  /** At most 10 a second; methods that have something new. The next is sent after this one was taken. */
  | { type: 'frame'; frames: MethodFrame[]; elapsedSeconds: number }
  /** A quantity turned non-finite: the run is paused, and `rollback()` goes back to `goodStep`. */
  | { type: 'diverged'; method: MethodId; quantity: string; step: number; goodStep: number }
  /** The device was lost; the engine restarted on `info.backend` from step `resumedFrom`. */
  | { type: 'device-lost'; reason: string; info: EngineInfo; resumedFrom: number }
  /** Of a `ShardEngine` while a pace is set: how far the method that is furthest behind has come, or null once none has steps left. */
  | { type: 'pace'; least: number | null }
  | { type: 'error'; message: string };

/** A kept moment of a run. */
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

/** Speed: how many steps a second at most for each method; null is as fast as the machine goes. */
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
  /** Kept moments of a method's run, oldest first. */
  snapshots(method: MethodId): Promise<SnapshotInfo[]>;
  /** The kept moment at or before `step`. Throws if there is none. */
  snapshot(method: MethodId, step: number): Promise<SnapshotView>;
  /** Denoising of `count` samples by the policy of the kept moment at or before `step`, or of now (null). */
  denoise(method: MethodId, step: number | null, count: number): Promise<DenoisingPaths>;
  /** Q of the method's critic at one action, or null without a critic. */
  qAt(method: MethodId, x: number, y: number): Promise<number | null>;
  /** The data, for drawing and for the table: points [n, 2], rewards [n]. */
  data(): Promise<{ points: Float32Array; rewards: Float32Array }>;
  /** Weights as safetensors bytes with PyTorch names and layouts; the experiment is in its metadata. */
  exportWeights(method: MethodId): Promise<Uint8Array>;
  /** Throws an `Error` that names tensor, expected and found shape. */
  importWeights(method: MethodId, bytes: Uint8Array): Promise<void>;
  /** Goes back to the last good snapshot after `diverged`. */
  rollback(): Promise<void>;
  /** One listener; the engine waits for it before it sends the next frame. */
  subscribe(listener: (event: EngineEvent) => Promise<void> | void): Promise<void>;
  /** For tests: as if the device were lost. */
  loseDevice(): Promise<void>;
}

/** An engine that can train a share of an experiment's methods, while other engines train the rest (team.ts). */
export interface ShardEngine extends TrainingEngine {
  /**
   * Starts a backend, which `open` then finds started. What was open on another backend ends.
   * @param threads of the processor, where the backend uses them; null leaves their number to the backend.
   */
  start(backend: BackendChoice, threads: number | null): Promise<EngineInfo>;
  /** @param share the methods of the experiment that this engine trains; all unless told. */
  open(experiment: Experiment, backend: BackendChoice, share?: readonly MethodId[]): Promise<EngineInfo>;
  /** @param share as in `open`. */
  setMethods(methods: readonly MethodId[], share?: readonly MethodId[]): Promise<void>;
  /**
   * No method takes a step once it has come this far: in steps or in seconds of training, as the race goes. It may be
   * moved while they train; null is no bound.
   */
  setLimit(pace: number | null): Promise<void>;
}
