/**
 * A stored run: its description and history in one file, its networks in another, both double-buffered. It loads no tensor
 * library.
 */
import type { DatasetFolder } from '../datasets/library/folder.ts';
import { isRecord } from '../experiment/unknown-values.ts';
import { decodeCheckpoint, type Checkpoint } from './checkpoint-file.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import type { EvaluationPoint } from './evaluation.ts';
import { validateLocomotion, type LocomotionExperiment } from './experiment.ts';
import type { LossLine } from './loss-log.ts';
import type { LocomotionSettings } from './settings.ts';
import { DoubleBufferedFile } from './double-buffered-file.ts';

/** The history of a run. */
export interface RunHistory {
  losses: LossLine[];
  points: EvaluationPoint[];
  /** Live changes of settings, each from that step on. */
  live: { step: number; settings: Partial<LocomotionSettings> }[];
}

export interface StoredRun extends RunHistory {
  /** The name of its folder. */
  key: string;
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  /** Whether its dataset is D4RL's published file. */
  published: boolean;
  /** Numbers of candidates that its points are evaluated with. */
  candidates: number[];
  backend: 'webgpu' | 'wasm' | 'cpu';
  /** "wasm (…)" */
  engine: string;
  /** Version and variant of the physics. */
  physics: string;
  /** Start time, milliseconds since 1970. */
  begun: number;
  /** Its step, and its training seconds. */
  step: number;
  seconds: number;
  /** Incremented with each write. */
  version: number;
  /** The step of the stored best policy, or null. */
  best: number | null;
}

const RUN_FILE = 'run.json';
const CHECKPOINT_FILE = 'checkpoint.safetensors';
/** The policy of the best point. */
const BEST_FILE = 'best.safetensors';
/** The policy of an unfinished evaluation. */
const PENDING_FILE = 'pending.safetensors';

/** The files of one run. */
export class RunFiles {
  readonly #run: DoubleBufferedFile<StoredRun>;
  readonly #checkpoint: DoubleBufferedFile<Checkpoint>;
  readonly #best: DoubleBufferedFile<Checkpoint>;
  readonly #folder: DatasetFolder;

  constructor(folder: DatasetFolder) {
    this.#folder = folder;
    this.#run = new DoubleBufferedFile(folder, RUN_FILE, { decode: decodeStoredRun, order: ({ version }) => version });
    this.#checkpoint = new DoubleBufferedFile(folder, CHECKPOINT_FILE, {
      decode: decodeCheckpoint,
      order: ({ step }) => step,
    });
    // A better policy has a later step than the previous one.
    this.#best = new DoubleBufferedFile(folder, BEST_FILE, { decode: decodeCheckpoint, order: ({ step }) => step });
  }

  /** @throws Error if the file is damaged. */
  async run(): Promise<StoredRun | null> {
    return (await this.#run.read())?.value ?? null;
  }

  writeRun(run: StoredRun): Promise<void> {
    return this.#run.write(new TextEncoder().encode(JSON.stringify(run)));
  }

  /** @throws Error if the file is damaged. */
  async checkpoint(): Promise<{ value: Checkpoint; bytes: Uint8Array<ArrayBuffer> } | null> {
    return this.#checkpoint.read();
  }

  writeCheckpoint(bytes: Uint8Array): Promise<void> {
    return this.#checkpoint.write(bytes);
  }

  /** The policy of the best point, or null. @throws Error if the file is damaged. */
  async best(): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.#best.read())?.bytes ?? null;
  }

  writeBest(bytes: Uint8Array): Promise<void> {
    return this.#best.write(bytes);
  }

  /** The policy of an evaluation that was unfinished when the page was closed, or null. */
  async pending(): Promise<Checkpoint | null> {
    const bytes = await this.#folder.read(PENDING_FILE);
    if (!bytes) return null;
    try {
      return decodeCheckpoint(bytes);
    } catch {
      // The write was cut off: only this point is lost.
      return null;
    }
  }

  async writePending(bytes: Uint8Array | null): Promise<void> {
    if (bytes) await this.#folder.write(PENDING_FILE, bytes);
    else await this.#folder.drop(PENDING_FILE);
  }
}

/** @throws Error that says what is wrong with it. */
export function decodeStoredRun(bytes: Uint8Array): StoredRun {
  const raw: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!isRecord(raw) || !isRecord(raw['dataset']) || !Number.isInteger(raw['step'])) {
    throw new Error('The file of the run does not say what it learned from, or how far it is.');
  }
  const experiment = validateLocomotion(raw['experiment']);
  const best = typeof raw['best'] === 'number' ? raw['best'] : null;
  return { ...(raw as unknown as StoredRun), experiment, best, ...historyOf(raw) };
}

/** The history in a file; empty lists for missing fields. */
export function historyOf(raw: Readonly<Record<string, unknown>>): RunHistory {
  const list = <Entry>(value: unknown): Entry[] => {
    const entries: unknown[] = Array.isArray(value) ? value : [];
    return entries.filter((entry): entry is Entry => isRecord(entry) && typeof entry['step'] === 'number');
  };
  return { losses: list(raw['losses']), points: list(raw['points']), live: list(raw['live']) };
}

/** The history up to a step; a run that resumes there repeats the rest. */
export function historyUpTo({ losses, points, live }: RunHistory, step: number): RunHistory {
  const before = <Entry extends { step: number }>(entries: readonly Entry[]) =>
    entries.filter((entry) => entry.step <= step);
  return { losses: before(losses), points: before(points), live: before(live) };
}
