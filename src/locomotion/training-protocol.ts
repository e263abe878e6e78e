/** The interface between the page and the workers of locomotion runs, through comlink. */
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import type { BackendChoice } from '../tensor/backend.ts';
import type { EvaluationPoint } from './evaluation.ts';
import type { LocomotionExperiment } from './experiment.ts';
import type { LossLine } from './loss-log.ts';
import type { Acting } from './policy.ts';
import type { LocomotionSettings } from './settings.ts';
import type { StoredRun } from './stored-run.ts';

/** The BroadcastChannel on which tabs announce that the list of runs has changed. */
export const RUNS_CHANNEL = 'locomotion-runs';

/** A run to begin or to resume. */
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
  /** Progress of compiling the shaders of a run that is being opened. */
  | ({ type: 'compiling' } & Compiling)
  /** The run is ready, at its first step or its checkpoint. */
  | { type: 'opened'; run: StoredRun }
  | { type: 'state'; state: 'running' | 'paused' | 'finished' }
  | TrainingProgress
  | { type: 'line'; line: LossLine }
  | { type: 'point'; point: EvaluationPoint }
  /** The policy of that step is the best so far, and stored. */
  | { type: 'best'; step: number }
  /** Episodes played for the evaluation of a step. */
  | { type: 'evaluating'; step: number; episodes: number; total: number }
  | { type: 'saved'; step: number }
  /** A checkpoint could not be written; the previous one stays. */
  | { type: 'unsaved'; message: string }
  /** A loss is not finite: the run has ended, and its last checkpoint is unchanged. */
  | { type: 'diverged'; quantity: string; step: number }
  /** The GPU device was lost: the run can be resumed from its last checkpoint in another worker. */
  | { type: 'lost'; message: string }
  /** The run cannot continue in this worker. */
  | { type: 'failed'; message: string };

export interface Compiling {
  done: number;
  total: number;
}

export interface TrainingProgress {
  type: 'progress';
  step: number;
  seconds: number;
  /** Null while unknown. */
  stepsPerSecond: number | null;
  losses: Record<string, number>;
  /** The warning that the critic diverges, or null. */
  alarm: string | null;
}

export interface TrainingWorker {
  /**
   * Opens a run in the paused state.
   * @throws Error if the data or the checkpoint do not fit it.
   */
  open(order: TrainingOrder, notify: (event: TrainingEvent) => void): Promise<void>;
  play(): Promise<void>;
  /** Resolves once the run is saved, or was resumed before that. */
  pause(): Promise<void>;
  /** Changes live settings. */
  configure(settings: Partial<LocomotionSettings>): Promise<void>;
  /** The current policy. */
  policy(acting: Acting): Promise<{ step: number; policy: NetworkPolicy }>;
  /** The whole run as a file. */
  checkpoint(): Promise<Uint8Array>;
  /** Saves and ends it. */
  close(): Promise<void>;
}

export interface ImportedRun {
  run: StoredRun;
  /** Differences from the experiment that it was compared with. */
  differences: string[];
}

/** Manages stored runs; it does not train. */
export interface RunLibrary {
  list(): Promise<StoredRun[]>;
  remove(key: string): Promise<void>;
  checkpoint(key: string): Promise<Uint8Array>;
  /** The policy of the best point, which cannot be resumed. @throws Error if none is stored. */
  best(key: string): Promise<Uint8Array>;
  /**
   * Stores a checkpoint as a run of its own.
   * @throws Error that says what is wrong with the file.
   */
  take(bytes: Uint8Array, here: LocomotionExperiment): Promise<ImportedRun>;
}
