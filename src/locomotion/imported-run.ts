/** Imports a checkpoint file as a run. */
import type { OpfsStore } from '../datasets/library/opfs.ts';
import { sha256Hex } from '../datasets/shards/codec.ts';
import { actingExperiment, decodeCheckpoint, type Checkpoint } from './checkpoint-file.ts';
import { differences, type LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import { historyOf, historyUpTo, RunFiles, type StoredRun } from './stored-run.ts';
import type { ImportedRun } from './training-protocol.ts';

const KEY_LETTERS = 16;
const BACKENDS = ['webgpu', 'wasm', 'cpu'] as const;

/**
 * @param here the experiment that it is compared with.
 * @throws Error that says what is wrong with the file: truncated, damaged, another format, a setting out of bounds, or a
 *   policy that cannot be resumed.
 */
export async function decodeImportedRun(bytes: Uint8Array, here: LocomotionExperiment): Promise<ImportedRun> {
  const checkpoint = decodeCheckpoint(bytes);
  assertResumable(checkpoint);
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
 * @throws Error if a checkpoint holds only a policy, or has live changes out of bounds, which resuming repeats.
 */
export function assertResumable(checkpoint: Checkpoint): void {
  actingExperiment(checkpoint);
  if (Object.keys(checkpoint.tensors).some((name) => name.startsWith('actor_optimiser.'))) return;
  throw new Error(
    `This file holds the policy of a ${LOCOMOTION_METHODS[checkpoint.experiment.method].name} run alone, without what trains it: nothing can go on from it.`,
  );
}

/**
 * Stores an imported run. If the same file was imported before, that run stays unchanged, because it may have continued.
 *
 * @throws as the store does; nothing is stored then.
 */
export async function storeImportedRun(
  store: Pick<OpfsStore, 'find' | 'open' | 'remove'>,
  bytes: Uint8Array,
  imported: ImportedRun,
): Promise<ImportedRun> {
  const { key } = imported.run;
  const before = await store.find(key);
  const known = before && (await new RunFiles(before).run().catch(() => null));
  if (known) return { ...imported, run: known };
  try {
    const files = new RunFiles(await store.open(key));
    await files.writeCheckpoint(bytes);
    await files.writeRun(imported.run);
    return imported;
  } catch (error) {
    await store.remove(key);
    throw error;
  }
}
