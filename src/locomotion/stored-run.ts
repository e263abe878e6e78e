/**
 * A run that the page keeps: what it is and how it went in one file, its networks in another, each in two places of which
 * one is always whole. It loads no tensor library.
 */
import type { DatasetFolder } from '../datasets/library/folder.ts';
import { isRecord } from '../experiment/unknown-values.ts';
import { decodeCheckpoint, type Checkpoint } from './checkpoint-file.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import type { EvaluationPoint } from './evaluation.ts';
import { validateLocomotion, type LocomotionExperiment } from './experiment.ts';
import type { LossLine } from './loss-log.ts';
import type { LocomotionSettings } from './settings.ts';
import { SlotFile } from './double-buffered-file.ts';

/** How a run went. */
export interface RunHistory {
  losses: LossLine[];
  points: EvaluationPoint[];
  /** Settings that were changed while it ran, from that step on. */
  live: { step: number; settings: Partial<LocomotionSettings> }[];
}

export interface StoredRun extends RunHistory {
  /** The name of its folder. */
  key: string;
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  /** Whether its data are D4RL's published file. */
  published: boolean;
  /** Numbers of candidates that its points are evaluated with. */
  candidates: number[];
  backend: 'webgpu' | 'wasm' | 'cpu';
  /** "wasm (…)" */
  engine: string;
  /** The engine of the bodies and its variant. */
  physics: string;
  /** When it was begun, milliseconds since 1970. */
  begun: number;
  /** Where it stands, and the seconds that it trained. */
  step: number;
  seconds: number;
  /** Grows with each writing. */
  version: number;
  /** The step of the best point's policy, where that is kept. */
  best: number | null;
}

const RUN_FILE = 'run.json';
const CHECKPOINT_FILE = 'checkpoint.safetensors';
/** The policy of the best point. */
const BEST_FILE = 'best.safetensors';
/** A policy whose episodes are not all played. */
const PENDING_FILE = 'pending.safetensors';

/** The files of one run. */
export class RunFiles {
  readonly #run: SlotFile<StoredRun>;
  readonly #checkpoint: SlotFile<Checkpoint>;
  readonly #best: SlotFile<Checkpoint>;
  readonly #folder: DatasetFolder;

  constructor(folder: DatasetFolder) {
    this.#folder = folder;
    this.#run = new SlotFile(folder, RUN_FILE, { decode: decodeRun, order: ({ version }) => version });
    this.#checkpoint = new SlotFile(folder, CHECKPOINT_FILE, { decode: decodeCheckpoint, order: ({ step }) => step });
    // A better one comes at a later step than the one before.
    this.#best = new SlotFile(folder, BEST_FILE, { decode: decodeCheckpoint, order: ({ step }) => step });
  }

  /** @throws Error if what is there is damaged. */
  async run(): Promise<StoredRun | null> {
    return (await this.#run.read())?.value ?? null;
  }

  writeRun(run: StoredRun): Promise<void> {
    return this.#run.write(new TextEncoder().encode(JSON.stringify(run)));
  }

  /** @throws Error if what is there is damaged. */
  async checkpoint(): Promise<{ value: Checkpoint; bytes: Uint8Array<ArrayBuffer> } | null> {
    return this.#checkpoint.read();
  }

  writeCheckpoint(bytes: Uint8Array): Promise<void> {
    return this.#checkpoint.write(bytes);
  }

  /** The policy of the best point, or null where none is kept. @throws Error if what is there is damaged. */
  async best(): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.#best.read())?.bytes ?? null;
  }

  writeBest(bytes: Uint8Array): Promise<void> {
    return this.#best.write(bytes);
  }

  /** A point whose episodes were not all played when the page was closed. */
  async pending(): Promise<Checkpoint | null> {
    const bytes = await this.#folder.read(PENDING_FILE);
    if (!bytes) return null;
    try {
      return decodeCheckpoint(bytes);
    } catch {
      // Cut off in the writing: the point is lost, and nothing else.
      return null;
    }
  }

  async writePending(bytes: Uint8Array | null): Promise<void> {
    if (bytes) await this.#folder.write(PENDING_FILE, bytes);
    else await this.#folder.drop(PENDING_FILE);
  }
}

/** @throws Error that says what is wrong with it. */
export function decodeRun(bytes: Uint8Array): StoredRun {
  const raw: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!isRecord(raw) || !isRecord(raw['dataset']) || !Number.isInteger(raw['step'])) {
    throw new Error('The file of the run does not say what it learned from, or how far it is.');
  }
  const experiment = validateLocomotion(raw['experiment']);
  const best = typeof raw['best'] === 'number' ? raw['best'] : null;
  return { ...(raw as unknown as StoredRun), experiment, best, ...historyOf(raw) };
}

/** What a file says of how a run went; nothing where it does not. */
export function historyOf(raw: Readonly<Record<string, unknown>>): RunHistory {
  const list = <Entry>(value: unknown): Entry[] => {
    const entries: unknown[] = Array.isArray(value) ? value : [];
    return entries.filter((entry): entry is Entry => isRecord(entry) && typeof entry['step'] === 'number');
  };
  return { losses: list(raw['losses']), points: list(raw['points']), live: list(raw['live']) };
}

/** What came after a step taken out: a run that goes on from there comes by again. */
export function historyUpTo({ losses, points, live }: RunHistory, step: number): RunHistory {
  const before = <Entry extends { step: number }>(entries: readonly Entry[]) =>
    entries.filter((entry) => entry.step <= step);
  return { losses: before(losses), points: before(points), live: before(live) };
}
