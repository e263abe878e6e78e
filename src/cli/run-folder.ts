/** The folder of a locomotion run: experiment, losses and evaluations as JSON lines, checkpoints. */
import { mkdir, readFile, rename, writeFile, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeCheckpoint, type Checkpoint } from '../training/locomotion/checkpoint-file.ts';
import type { DatasetIdentity } from '../training/locomotion/dataset-identity.ts';
import { validateLocomotion, type LocomotionExperiment } from '../training/locomotion/experiment.ts';
import type { EvaluationPoint } from '../training/locomotion/evaluation.ts';
import { isRecord } from '../training/raw-values.ts';
import { UsageError } from './console.ts';
import { exists } from './shard-folder.ts';

export const EXPERIMENT_FILE = 'experiment.json';
export const LOSSES_FILE = 'losses.jsonl';
export const EVALUATIONS_FILE = 'evaluations.jsonl';
export const CHECKPOINT_FILE = 'checkpoint.safetensors';
/** The policy of the best evaluation, which nothing can go on from. */
export const BEST_FILE = 'best.safetensors';

/** What a run says of itself. */
export interface RunAbout {
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  /** "wasm (…)" */
  engine: string;
  /** The engine of the bodies and its variant. */
  physics: string;
}

/** Writes a file whole or not at all: one that is cut off by an end of the process, or a full disk, is the older one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, content);
  await rename(partial, path);
}

/** @throws UsageError if there is a run in the folder and none is to be resumed, or the other way round. */
export async function checkRunFolder(folder: string, resume: boolean): Promise<void> {
  const there = await exists(join(folder, EXPERIMENT_FILE));
  if (there && !resume) throw new UsageError(`${folder} holds a run already; --resume goes on with it.`);
  if (!there && resume) throw new UsageError(`${folder} holds no run; without --resume one is begun.`);
}

export async function beginRun(folder: string, about: RunAbout): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of [LOSSES_FILE, EVALUATIONS_FILE]) await writeFile(join(folder, file), '');
  await writeWhole(join(folder, EXPERIMENT_FILE), `${JSON.stringify(about, null, 2)}\n`);
}

/**
 * The checkpoint of a folder; null where there is a run without one. Lines from after it are taken out of the folder's
 * files, since the run will come by there again.
 */
export async function reopenRun(folder: string): Promise<Checkpoint | null> {
  const path = join(folder, CHECKPOINT_FILE);
  const checkpoint = (await exists(path)) ? await readCheckpoint(path) : null;
  const step = checkpoint?.step ?? 0;
  for (const file of [LOSSES_FILE, EVALUATIONS_FILE]) {
    const lines = await readLines(join(folder, file));
    const kept = lines.filter((line) => (line['step'] as number) <= step);
    await writeWhole(join(folder, file), kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  return checkpoint;
}

/** @throws UsageError if it cannot be read; Error, by the file's name, if it is cut, damaged, or something else. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`${path} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    return decodeCheckpoint(bytes);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

export async function appendLine(folder: string, file: string, value: unknown): Promise<void> {
  await appendFile(join(folder, file), `${JSON.stringify(value)}\n`);
}

export interface StoredRun extends RunAbout {
  folder: string;
  points: EvaluationPoint[];
  losses: Record<string, unknown>[];
}

/** A run as its folder has it. @throws Error that names the file and what is wrong with it. */
export async function readRun(folder: string): Promise<StoredRun> {
  const path = join(folder, EXPERIMENT_FILE);
  try {
    const about: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(about)) throw new Error('it is no object.');
    return {
      ...(about as unknown as RunAbout),
      experiment: validateLocomotion(about['experiment']),
      folder,
      points: (await readLines(join(folder, EVALUATIONS_FILE))) as unknown as EvaluationPoint[],
      losses: await readLines(join(folder, LOSSES_FILE)),
    };
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** JSON lines; one that was cut off at the end is left out. */
async function readLines(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return isRecord(value) && typeof value['step'] === 'number' ? [value] : [];
      } catch {
        return [];
      }
    });
}
