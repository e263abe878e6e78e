/** The folder of a locomotion run: experiment, losses and evaluations as JSON lines, checkpoints. */
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeCheckpoint, type Checkpoint } from '../locomotion/checkpoint-file.ts';
import type { DatasetIdentity } from '../locomotion/dataset-identity.ts';
import { validateLocomotion, type LocomotionExperiment } from '../locomotion/experiment.ts';
import type { EvaluationPoint } from '../locomotion/evaluation.ts';
import type { LossLine } from '../locomotion/loss-log.ts';
import { isRecord } from '../experiment/unknown-values.ts';
import { UsageError } from './console.ts';
import { exists } from './shard-folder.ts';

export const EXPERIMENT_FILE = 'experiment.json';
export const LOSSES_FILE = 'losses.jsonl';
export const EVALUATIONS_FILE = 'evaluations.jsonl';
export const CHECKPOINT_FILE = 'checkpoint.safetensors';
/** The policy of the best evaluation. It cannot be resumed. */
export const BEST_FILE = 'best.safetensors';
/** The policy of an evaluation whose episodes are not all played. */
const PENDING_FILE = 'pending.safetensors';

/** Description of a run, in `experiment.json`. */
interface RunDescription {
  experiment: LocomotionExperiment;
  dataset: DatasetIdentity;
  /** "wasm (…)" */
  engine: string;
  /** The engine of the bodies and its variant. */
  physics: string;
}

/** Writes a file atomically: if the process ends or the disk is full, the older file stays. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, content);
  await rename(partial, path);
}

/**
 * Which of the folders hold a run. Resuming begins the others: several seeds are trained one after the other, and may
 * have been interrupted before the last.
 *
 * @throws UsageError If there is a run but `resume` is false, or none but `resume` is true.
 */
export async function runsBegun(folders: readonly string[], resume: boolean): Promise<boolean[]> {
  const begun = await Promise.all(folders.map((folder) => exists(join(folder, EXPERIMENT_FILE))));
  const held = folders.find((_, i) => begun[i]);
  if (held !== undefined && !resume) throw new UsageError(`${held} holds a run already; --resume goes on with it.`);
  if (held === undefined && resume) {
    const others = folders.length > 1 ? ', nor does that of another seed' : '';
    throw new UsageError(`${folders[0]} holds no run${others}; without --resume one is begun.`);
  }
  return begun;
}

export async function beginRun(folder: string, description: RunDescription): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of [LOSSES_FILE, EVALUATIONS_FILE]) await writeFile(join(folder, file), '');
  await writeWhole(join(folder, EXPERIMENT_FILE), `${JSON.stringify(description, null, 2)}\n`);
}

/** State of an interrupted run. */
interface InterruptedRun {
  /** Null if it was interrupted before the first one. */
  checkpoint: Checkpoint | null;
  /** Evaluations up to the checkpoint. */
  points: EvaluationPoint[];
  losses: LossLine[];
  /** The policy of an evaluation that was not finished. */
  pending: Checkpoint | null;
}

/** @throws UsageError If a run's evaluations used another physics than the present one. */
export function assertSamePhysics(physics: string, played: string, name: string): void {
  if (played === physics) return;
  throw new UsageError(`${name} has points that were played in ${played}, and this is ${physics}: see --variant.`);
}

/**
 * Reads a run to be resumed. Lines after its checkpoint are removed from the folder's files, since those steps are trained
 * again.
 *
 * @throws UsageError If its evaluations used another physics; Error if its checkpoint is damaged.
 */
export async function reopenRun(folder: string, physics: string): Promise<InterruptedRun> {
  const { points, losses, physics: begun } = await readRun(folder);
  assertSamePhysics(physics, begun, folder);
  const path = join(folder, CHECKPOINT_FILE);
  const checkpoint = (await exists(path)) ? await readCheckpoint(path) : null;
  const step = checkpoint?.step ?? 0;
  const upTo = async <Line extends { step: number }>(file: string, lines: readonly Line[]) => {
    const remaining = lines.filter((line) => line.step <= step);
    await writeWhole(join(folder, file), remaining.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return remaining;
  };
  const played = await upTo(EVALUATIONS_FILE, points);
  // Files are written atomically, so an unreadable one was not written by this program.
  const pending = await readCheckpoint(join(folder, PENDING_FILE)).catch(() => null);
  const isUnfinished = pending && pending.step <= step && !played.some((point) => point.step >= pending.step);
  return {
    checkpoint,
    points: played,
    losses: await upTo(LOSSES_FILE, losses),
    pending: isUnfinished ? pending : null,
  };
}

/** Stores the policy of an evaluation until its episodes are played; null removes it. */
export async function writePending(folder: string, policy: Uint8Array | null): Promise<void> {
  if (policy) await writeWhole(join(folder, PENDING_FILE), policy);
  else await rm(join(folder, PENDING_FILE), { force: true });
}

/** @throws UsageError If it cannot be read; Error, with the file's name, if it is cut off, damaged or no checkpoint. */
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

export interface RunFolder extends RunDescription {
  folder: string;
  points: EvaluationPoint[];
  losses: LossLine[];
}

/** Reads a run from its folder. @throws Error With the file and what is wrong with it. */
export async function readRun(folder: string): Promise<RunFolder> {
  const path = join(folder, EXPERIMENT_FILE);
  try {
    const description: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(description)) throw new Error('it is no object.');
    return {
      ...(description as unknown as RunDescription),
      experiment: validateLocomotion(description['experiment']),
      folder,
      points: (await readLines(join(folder, EVALUATIONS_FILE))) as unknown as EvaluationPoint[],
      losses: (await readLines(join(folder, LOSSES_FILE))) as unknown as LossLine[],
    };
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Reads JSON lines. An incomplete last line is left out. */
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
