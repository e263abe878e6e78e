/** `lab collect`: collects a dataset by D4RL's recipe, with shipped policies or those of `lab behave`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import type { Manifest } from '../../datasets/shards/manifest.ts';
import { writeShards } from '../../datasets/shards/writer.ts';
import { startPhysicsEngine } from '../../environments/engine.ts';
import type { PhysicsVariant } from '../../environments/physics-variant.ts';
import type { RolloutPool } from '../../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { describeCollection } from '../../collection/provenance.ts';
import { BEHAVIOURS, collect, type Behaviour } from '../../collection/collect.ts';
import { type CollectionPlan } from '../../collection/plan.ts';
import { printJson, UsageError, type Console } from '../console.ts';
import { storedBytes } from '../../datasets/library/plan.ts';
import { jsonOption, number, seed } from '../options.ts';
import { readPolicies } from '../policy-files.ts';
import { megabytes, progressLines } from '../progress.ts';
import { environmentOption, variantOption, withPool, workersOption } from '../rollout-options.ts';
import { writeFolder } from '../shard-folder.ts';

/** Folder of the shipped policies. */
const SHIPPED = fileURLToPath(new URL('../../../public/behaviour/', import.meta.url));
const MAX_STEPS = 10_000_000;

interface CollectFlags {
  env: EnvironmentId;
  behaviour: Behaviour;
  variant: PhysicsVariant;
  steps: number;
  seed: number;
  policies?: string[];
  workers: number;
  json?: boolean;
}

export function collectCommand(console: Console): Command {
  return new Command('collect')
    .description("Collects a dataset after D4RL's recipe, into a folder of shards.")
    .argument('<out>', 'the folder that is made; it must not be there yet')
    .addOption(environmentOption())
    .addOption(new Option('--behaviour <name>', 'who plays').choices(BEHAVIOURS).makeOptionMandatory())
    .addOption(variantOption())
    .addOption(rowsOption('--steps <n>', 'rows'))
    .addOption(new Option('--seed <n>', 'seed of the episodes').argParser(seed).default(0))
    .option('--policies <files...>', 'files of `lab behave --ship`, one a seed (those shipped unless given)')
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((out: string, flags: CollectFlags) => run(out, flags, console));
}

/** Option for the number of collected rows. */
export function rowsOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(number({ min: 1, max: MAX_STEPS, whole: true })).default(100_000);
}

async function run(out: string, flags: CollectFlags, console: Console): Promise<void> {
  const start = performance.now();
  const { env: environment, behaviour, variant, steps, seed: number_ } = flags;
  const plan = { environment, behaviour, variant, steps, seed: number_ };
  const manifest = await withPool(flags.workers, (pool) => collectInto(out, plan, flags.policies, pool, console));
  const seconds = (performance.now() - start) / 1000;
  const { id, counts, provenance } = manifest;
  if (flags.json) {
    printJson(console, { id, ...counts, bytes: storedBytes(manifest), seconds, provenance });
    return;
  }
  console.out(`${out}: ${id}, ${counts.rows} rows, ${counts.episodes} episodes, ${counts.transitions} transitions\n`);
  console.out(`${megabytes(storedBytes(manifest))} in ${seconds.toFixed(1)} s\n${provenance}\n`);
}

/**
 * Collects into a new folder of shards.
 *
 * @param files The policies' files; by default the shipped ones of the body.
 * @throws UsageError If the folder exists, or a policy's file does not.
 */
export async function collectInto(
  out: string,
  settings: Omit<CollectionPlan, 'policies'>,
  files: readonly string[] | undefined,
  pool: RolloutPool,
  console: Console,
): Promise<Manifest> {
  const paths = settings.behaviour === 'random' ? [] : (files ?? (await shippedOf(settings.environment)));
  const read = await readPolicies(paths);
  const plan: CollectionPlan = { ...settings, policies: read.policies };
  const { version } = await startPhysicsEngine();
  return writeFolder(out, async (sink) => {
    const report = progressLines(console, 'rows');
    const rows = await collect(plan, pool, { onProgress: (done, total) => report('collected', done, total) });
    return writeShards(rows, describeCollection(plan, version, read.files), sink);
  });
}

/** Path of a body's shipped behaviour policies from one training seed. */
export function shippedPolicy(environment: EnvironmentId, trainedWith: number): string {
  return join(SHIPPED, `${environment}-${trainedWith}.json`);
}

async function shippedOf(environment: EnvironmentId): Promise<string[]> {
  const names = await readdir(SHIPPED).catch((): string[] => []);
  const own = names.filter((name) => name.startsWith(`${environment}-`)).sort();
  if (own.length === 0) throw new UsageError(`No policies of ${environment} are shipped; --policies names others.`);
  return own.map((name) => join(SHIPPED, name));
}
