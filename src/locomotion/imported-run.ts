/** A checkpoint that comes as a file, as a run of its own. */
import type { Shelf } from '../datasets/library/opfs.ts';
import { sha256Hex } from '../datasets/shards/codec.ts';
import { actingExperiment, decodeCheckpoint, type Checkpoint } from './checkpoint-file.ts';
import { differences, type LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import { historyOf, historyUpTo, RunFiles, type StoredRun } from './stored-run.ts';
import type { ImportedRun } from './training-protocol.ts';

const KEY_LETTERS = 16;
const BACKENDS = ['webgpu', 'wasm', 'cpu'] as const;

/**
 * @param here what its experiment is compared with.
 * @throws Error that says what is wrong with the file: cut, damaged, something else, a setting out of bounds, or a
 *   policy that nothing can go on from.
 */
export async function importedRun(bytes: Uint8Array, here: LocomotionExperiment): Promise<ImportedRun> {
  const checkpoint = decodeCheckpoint(bytes);
  demandWhole(checkpoint);
  const { experiment, dataset, step, seconds, notes } = checkpoint;
  const text = (name: string, otherwise: string) => (typeof notes[name] === 'string' ? notes[name] : otherwise);
  const candidates = Array.isArray(notes['candidates'])
    ? notes['candidates'].filter((number): number is number => Number.isInteger(number) && number >= 1)
    : [];
  const run: StoredRun = {
    key: `imported-${(await sha256Hex(new Uint8Array(bytes))).slice(0, KEY_LETTERS)}`,
    experiment,
    dataset,
    published: notes['published'] === true,
    candidates: candidates.length > 0 ? candidates : [1],
    backend: BACKENDS.find((backend) => backend === notes['backend']) ?? 'wasm',
    engine: text('engine', 'not known'),
    physics: text('physics', 'not known'),
    begun: Date.now(),
    step,
    seconds,
    version: 1,
    best: null,
    ...historyUpTo(historyOf(notes), step),
  };
  return { run, differences: differences(experiment, here) };
}

/**
 * Holds a checkpoint to what goes on from one.
 * @throws Error of a policy alone, and of live changes out of bounds, which are made again.
 */
export function demandWhole(checkpoint: Checkpoint): void {
  actingExperiment(checkpoint);
  if (Object.keys(checkpoint.tensors).some((name) => name.startsWith('actor_optimiser.'))) return;
  throw new Error(
    `This file holds the policy of a ${LOCOMOTION_METHODS[checkpoint.experiment.method].name} run alone, without what trains it: nothing can go on from it.`,
  );
}

/**
 * Stores it. Where that very file was imported before, the run that came of it stays as it is: it may have gone on since.
 *
 * @throws as the folder does; nothing is stored then.
 */
export async function keepImported(
  shelf: Pick<Shelf, 'find' | 'open' | 'remove'>,
  bytes: Uint8Array,
  imported: ImportedRun,
): Promise<ImportedRun> {
  const { key } = imported.run;
  const before = await shelf.find(key);
  const known = before && (await new RunFiles(before).run().catch(() => null));
  if (known) return { ...imported, run: known };
  try {
    const files = new RunFiles(await shelf.open(key));
    await files.writeCheckpoint(bytes);
    await files.writeRun(imported.run);
    return imported;
  } catch (error) {
    await shelf.remove(key);
    throw error;
  }
}
