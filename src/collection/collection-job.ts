/** Collects a dataset into a library: rollouts, then shards, with progress. Independent of workers and browsers. */
import { sha256Hex } from '../datasets/shards/codec.ts';
import type { DatasetFolder } from '../datasets/library/folder.ts';
import type { ProgressReporter } from '../datasets/library/progress-reporter.ts';
import { writeRows } from '../datasets/library/write-rows.ts';
import type { PhysicsVariant } from '../environments/physics-variant.ts';
import type { RolloutPool } from '../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { describeCollection, type PolicyFiles } from './provenance.ts';
import { collect, type Behaviour } from './collect.ts';
import { type CollectionPlan } from './plan.ts';
import { shippedFile } from './shipped.ts';

/** A dataset to collect, as plain values that a message can carry. */
export interface CollectionOrder {
  readonly environment: EnvironmentId;
  readonly variant: PhysicsVariant;
  readonly behaviour: Behaviour;
  readonly steps: number;
  readonly seed: number;
  /** Files of policies of that body, sorted by name; none for `random`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** Letters of a hash that name a folder. */
const KEY_LETTERS = 24;

/** A plan, and its manifest's description. */
interface PlannedCollection {
  readonly plan: CollectionPlan;
  readonly about: ReturnType<typeof describeCollection>;
  /** Key of the dataset in the library, a hash of all that determines its rows. */
  readonly key: string;
}

/** @throws Error that names a file without policies. */
export async function planCollection(order: CollectionOrder, engineVersion: string): Promise<PlannedCollection> {
  const { files, ...rest } = order;
  const policies = files.map(({ name, text }) => shippedFile(name, text).policies);
  const plan: CollectionPlan = { ...rest, policies };
  const bytes = new TextEncoder().encode(files.map(({ text }) => text).join(''));
  const names = files.map(({ name }) => name).join(', ');
  const sources: PolicyFiles = {
    name: names === '' ? 'no policy' : names,
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  };
  const whole = JSON.stringify({ ...rest, policies: sources.sha256, engineVersion });
  const key = `collected-${(await sha256Hex(new TextEncoder().encode(whole))).slice(0, KEY_LETTERS)}`;
  return { plan, about: describeCollection(plan, engineVersion, sources), key };
}

/**
 * Collects and writes.
 *
 * @param open returns the empty folder; called once the rows are collected.
 * @param onBegin called once the folder describes the unfinished dataset.
 * @throws the signal's reason once it is aborted; Error if the rows cannot be collected or stored.
 */
export async function collectInto(
  open: () => Promise<DatasetFolder>,
  { plan, about, key }: PlannedCollection,
  pool: RolloutPool,
  reporter: ProgressReporter,
  signal: AbortSignal,
  onBegin: () => void,
): Promise<void> {
  reporter.restart({ stage: 'collecting', key, id: about.id, unit: 'rows', total: plan.steps });
  const rows = await collect(plan, pool, { signal, onProgress: (done, total) => reporter.report({ done, total }) });
  signal.throwIfAborted();
  reporter.restart({ stage: 'writing', unit: 'bytes' });
  const begun = (share: number) => ({ kind: 'collect' as const, name: about.id, share });
  await writeRows(await open(), rows, about, begun, {
    signal,
    onBegin,
    onProgress: (done, total) => reporter.report({ done, total }),
  });
}
