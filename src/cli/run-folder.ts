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
/** The policy of the best evaluation, which nothing can go on from. */
export const BEST_FILE = 'best.safetensors';
/** The policy of a point whose episodes are not all played. */
const PENDING_FILE = 'pending.safetensors';

/** What a run says of itself. */
interface RunAbout {
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

/**
 * Which of the folders hold a run. Where some are to be resumed, the others are begun: several seeds are trained one after
 * the other, and may have been cut off before the last.
 *
 * @throws UsageError if there is a run and none is to be resumed, or the other way round.
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

export async function beginRun(folder: string, about: RunAbout): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of [LOSSES_FILE, EVALUATIONS_FILE]) await writeFile(join(folder, file), '');
  await writeWhole(join(folder, EXPERIMENT_FILE), `${JSON.stringify(about, null, 2)}\n`);
}

/** Where a run that goes on was left. */
interface InterruptedRun {
  /** Null where it was left before the first. */
  checkpoint: Checkpoint | null;
  /** Up to the checkpoint. */
  points: EvaluationPoint[];
  losses: LossLine[];
  /** The policy of a point that was not played to its end. */
  pending: Checkpoint | null;
}

/** @throws UsageError if the points of a run were played in another physics than there is. */
export function demandSame(physics: string, played: string, name: string): void {
  if (played === physics) return;
  throw new UsageError(`${name} has points that were played in ${played}, and this is ${physics}: see --variant.`);
}

/**
 * A run that goes on. Lines from after its checkpoint are taken out of the folder's files, since it will come by there again.
 *
 * @throws UsageError if its points were played in another physics; Error if its checkpoint is damaged.
 */
export async function reopenRun(folder: string, physics: string): Promise<InterruptedRun> {
  const { points, losses, physics: begun } = await readRun(folder);
  demandSame(physics, begun, folder);
  const path = join(folder, CHECKPOINT_FILE);
  const checkpoint = (await exists(path)) ? await readCheckpoint(path) : null;
  const step = checkpoint?.step ?? 0;
  const upTo = async <Line extends { step: number }>(file: string, lines: readonly Line[]) => {
    const kept = lines.filter((line) => line.step <= step);
    await writeWhole(join(folder, file), kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return kept;
  };
  const played = await upTo(EVALUATIONS_FILE, points);
  // A writing is whole or not at all: what cannot be read was no policy of this program.
  const pending = await readCheckpoint(join(folder, PENDING_FILE)).catch(() => null);
  const isLeft = pending && pending.step <= step && !played.some((point) => point.step >= pending.step);
  return {
    checkpoint,
    points: played,
    losses: await upTo(LOSSES_FILE, losses),
    pending: isLeft ? pending : null,
  };
}

/** Keeps the policy of a point until that has been played; null lets go of it. */
export async function writePending(folder: string, policy: Uint8Array | null): Promise<void> {
  if (policy) await writeWhole(join(folder, PENDING_FILE), policy);
  else await rm(join(folder, PENDING_FILE), { force: true });
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

export interface RunFolder extends RunAbout {
  folder: string;
  points: EvaluationPoint[];
  losses: LossLine[];
}

/** A run as its folder has it. @throws Error that names the file and what is wrong with it. */
export async function readRun(folder: string): Promise<RunFolder> {
  const path = join(folder, EXPERIMENT_FILE);
  try {
    const about: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isRecord(about)) throw new Error('it is no object.');
    return {
      ...(about as unknown as RunAbout),
      experiment: validateLocomotion(about['experiment']),
      folder,
      points: (await readLines(join(folder, EVALUATIONS_FILE))) as unknown as EvaluationPoint[],
      losses: (await readLines(join(folder, LOSSES_FILE))) as unknown as LossLine[],
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
