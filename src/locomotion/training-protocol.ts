/** What the page and the workers of a locomotion run say to each other, through comlink. */
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import type { BackendChoice } from '../tensor/backend.ts';
import type { EvaluationPoint } from './evaluation.ts';
import type { LocomotionExperiment } from './experiment.ts';
import type { LossLine } from './loss-log.ts';
import type { Acting } from './policy.ts';
import type { LocomotionSettings } from './settings.ts';
import type { StoredRun } from './stored-run.ts';

/** Told on this channel, to all tabs: the list of runs is another. */
export const RUNS_CHANNEL = 'locomotion-runs';

/** A run to be begun, or one to go on with. */
export type TrainingOrder =
  | {
      kind: 'begin';
      experiment: LocomotionExperiment;
      /** The key of a stored dataset. */
      dataset: string;
      candidates: number[];
      backend: BackendChoice;
    }
  | { kind: 'resume'; key: string; dataset: string };

export type TrainingEvent =
  /** Shaders of a run that is being opened, as far as they are compiled. */
  | ({ type: 'compiling' } & Compiling)
  /** The run stands ready, from its first step or its checkpoint. */
  | { type: 'opened'; run: StoredRun }
  | { type: 'state'; state: 'running' | 'paused' | 'finished' }
  | TrainingProgress
  | { type: 'line'; line: LossLine }
  | { type: 'point'; point: EvaluationPoint }
  /** The policy of that step is the best so far, and kept as such. */
  | { type: 'best'; step: number }
  /** Episodes of the point of a step that are played; null when none are. */
  | { type: 'evaluating'; step: number; episodes: number; total: number }
  | { type: 'saved'; step: number }
  /** A checkpoint could not be written: the one before stays. */
  | { type: 'unsaved'; message: string }
  /** A loss is no finite number: the run has ended, its last checkpoint is as it was. */
  | { type: 'diverged'; quantity: string; step: number }
  /** The GPU went away: it can be taken up again from its last checkpoint, in another worker. */
  | { type: 'lost'; message: string }
  /** It cannot go on in this worker. */
  | { type: 'failed'; message: string };

export interface Compiling {
  done: number;
  total: number;
}

export interface TrainingProgress {
  type: 'progress';
  step: number;
  seconds: number;
  /** Null until it is known. */
  stepsPerSecond: number | null;
  losses: Record<string, number>;
  /** The alarm of the critic. */
  alarm: string | null;
}

export interface TrainingWorker {
  /**
   * Opens a run; it is paused then.
   * @throws Error, in words, if the data or the checkpoint are not right for it.
   */
  open(order: TrainingOrder, tell: (event: TrainingEvent) => void): Promise<void>;
  play(): Promise<void>;
  /** Answers once the run is saved, or was told to go on before that. */
  pause(): Promise<void>;
  /** Changes settings that are live. */
  configure(settings: Partial<LocomotionSettings>): Promise<void>;
  /** The policy as it is now. */
  policy(acting: Acting): Promise<{ step: number; policy: NetworkPolicy }>;
  /** The whole run as a file. */
  checkpoint(): Promise<Uint8Array>;
  /** Saves and ends it. */
  close(): Promise<void>;
}

export interface ImportedRun {
  run: StoredRun;
  /** Fields in which its experiment differs from the one it was compared with. */
  differences: string[];
}

/** Looks after the runs that are stored; it trains nothing. */
export interface RunLibrary {
  list(): Promise<StoredRun[]>;
  remove(key: string): Promise<void>;
  checkpoint(key: string): Promise<Uint8Array>;
  /** The policy of the best point, from which nothing can go on. @throws Error if none is kept. */
  best(key: string): Promise<Uint8Array>;
  /**
   * Stores a checkpoint as a run of its own.
   * @throws Error that says what is wrong with the file.
   */
  take(bytes: Uint8Array, here: LocomotionExperiment): Promise<ImportedRun>;
}
