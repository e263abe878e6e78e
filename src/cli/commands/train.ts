/** `lab train`: trains a locomotion policy on a folder of shards, and writes losses, evaluations and checkpoints. */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { startPhysicsEngine } from '../../environments/engine.ts';
import { physicsLabel, type PhysicsVariant } from '../../environments/physics-variant.ts';
import { startBackend, type BackendChoice } from '../../tensor/backend.ts';
import type { DatasetIdentity } from '../../locomotion/dataset-identity.ts';
import type { LocomotionExperiment } from '../../locomotion/experiment.ts';
import { scoreFormatOfTask } from '../../locomotion/score-format.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { PUBLISHED_TERMS, publishedScores } from '../../locomotion/published.ts';
import { checkManifest, identityOf, readForRun } from '../../locomotion/stored-dataset.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from '../../locomotion/tasks.ts';
import { LocomotionTrainer } from '../../locomotion/trainer.ts';
import { CheckFailed, printJson, textTable, UsageError, type Console } from '../console.ts';
import { addLocomotionOptions, candidates, locomotionFrom, noChoice, seeds } from '../locomotion-options.ts';
import { backendOption, jsonOption, seed, threadsOption } from '../options.ts';
import { variantOption } from '../rollout-options.ts';
import { withPool, workersOption } from '../rollout-options.ts';
import { readCheckpoint, runsBegun } from '../run-folder.ts';
import { returnCell } from '../score-cells.ts';
import { openShardFolder, type OpenFolder } from '../shard-folder.ts';
import { trainRun, type RunPlan, type RunReport, type RunContext } from '../training-run.ts';

interface TrainFlags extends Record<string, unknown> {
  data: string;
  out: string;
  seed?: number;
  seeds?: number[];
  resume?: boolean;
  from?: string;
  candidates?: number[];
  backend: BackendChoice;
  threads?: number;
  variant: PhysicsVariant;
  workers: number;
  json?: boolean;
}

export function trainCommand(console: Console): Command {
  const command = new Command('train')
    .description('Trains a locomotion policy on a folder of shards, and evaluates it in the body on the way.')
    .requiredOption('--data <folder>', 'a folder of shards, from lab convert or lab collect')
    .requiredOption('--out <folder>', 'the folder of the run; with --seeds one in it for each seed')
    .addOption(
      new Option('--seed <n>', 'seed of weights, batches, noise and episodes (0 unless given)').argParser(seed),
    )
    .addOption(new Option('--seeds <list>', 'several seeds, one after the other: 0..4 or 0,3,7').argParser(seeds))
    .option(
      '--resume',
      'goes on from the last checkpoint of the folder; of several seeds, begins those that are not there',
    )
    .option('--from <file>', 'begins the folder with a whole checkpoint of another run, from the page say, and goes on')
    .addOption(
      new Option(
        '--candidates <list>',
        'with how many candidates a policy is evaluated (1,50 for diffusion-ql, else 1)',
      ).argParser(candidates),
    )
    .addOption(variantOption())
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(workersOption())
    .addOption(jsonOption());
  return addLocomotionOptions(command).action((flags: TrainFlags) => train(flags, console));
}

async function train(flags: TrainFlags, console: Console): Promise<void> {
  if (flags.seed !== undefined && flags.seeds) throw new UsageError('--seed and --seeds: only one of them is meant.');
  const numbers = flags.seeds ?? [flags.seed ?? 0];
  const experiments = numbers.map((number_) => locomotionFrom(flags, number_));
  if (flags.from !== undefined && (flags.seeds ?? flags.resume)) {
    throw new UsageError('--from begins one run; it goes with neither --seeds nor --resume.');
  }
  const from = flags.from === undefined ? null : await readCheckpoint(flags.from);
  const [first] = experiments as [LocomotionExperiment];
  const folders = experiments.map(({ seed: own }) => (flags.seeds ? join(flags.out, `seed-${own}`) : flags.out));
  const begun = await runsBegun(folders, flags.resume ?? false);
  const drawn = candidatesFor(first, flags.candidates);
  const dataset = await dataFor(first.task, flags.data);
  const info = await startBackend(flags.backend, flags.threads === undefined ? {} : { threads: flags.threads });
  const engine = `${info.backend} (${info.device})`;
  if (first.preset === 'paper' && (info.backend !== 'webgpu' || info.softwareAdapter)) {
    console.progress(`The paper's preset is for a GPU, and this is ${engine}; --preset small is for a CPU.\n`);
  }
  const { version } = await startPhysicsEngine();
  const physics = physicsLabel(flags.variant, version);
  const plans = experiments.map((experiment, i) => ({
    experiment,
    plan: { folder: folders[i]!, resume: begun[i]!, from, candidates: drawn, variant: flags.variant },
  }));
  const { reports, diverged } = await withPool(flags.workers, (pool) =>
    trainRuns(plans, { ...dataset, folder: flags.data }, { engine, physics, pool, console }),
  );
  const facts = { engine, physics, diverged, json: flags.json ?? false };
  if (reports.length > 0 || facts.json) print(reports, first, identityOf(dataset.manifest), facts, console);
  if (diverged.length > 0) {
    const messages = diverged.map(({ message }) => message);
    throw new CheckFailed([...messages, `${diverged.length} of ${experiments.length} seeds diverged.`].join('\n'));
  }
}

/**
 * Trains runs on one dataset, one after the other. If one of several diverges, the others continue.
 *
 * @param data A folder of shards. Each run reads the rows again, and the manifest's hashes ensure that they are the same.
 * @throws CheckFailed If the only run diverges; Error, with the folder's name, if its rows cannot be read.
 */
export async function trainRuns(
  runs: readonly { experiment: LocomotionExperiment; plan: RunPlan }[],
  data: OpenFolder & { folder: string },
  context: RunContext,
): Promise<{ reports: RunReport[]; diverged: Diverged[] }> {
  const reports: RunReport[] = [];
  const diverged: Diverged[] = [];
  for (const { experiment, plan } of runs) {
    const dataset = await readForRun(data.store, data.manifest).catch((error: unknown) => {
      throw new Error(`${data.folder}: ${messageOf(error)}`);
    });
    const trainer = new LocomotionTrainer(experiment, dataset);
    try {
      reports.push(await trainRun(trainer, plan, context));
    } catch (error) {
      if (!(error instanceof CheckFailed) || runs.length === 1) throw error;
      diverged.push({ seed: experiment.seed, message: error.message });
    }
  }
  return { reports, diverged };
}

/** A seed whose losses became non-finite. */
interface Diverged {
  seed: number;
  message: string;
}

/** Numbers of candidates for evaluation. @throws UsageError If the method does not choose among candidates. */
function candidatesFor({ method }: LocomotionExperiment, candidates: readonly number[] | undefined): readonly number[] {
  const chooses = method === 'diffusion-ql';
  if (!chooses && candidates?.some((count) => count > 1)) throw new UsageError(noChoice(method));
  return candidates ?? (chooses ? [1, 50] : [1]);
}

/** Opens the dataset of a folder. @throws UsageError If it does not fit the task. */
export async function dataFor(task: LocomotionTaskId, folder: string): Promise<OpenFolder> {
  const dataset = await openShardFolder(folder);
  try {
    checkManifest(dataset.manifest, task);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
  return dataset;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function print(
  reports: readonly RunReport[],
  { task, method, preset }: LocomotionExperiment,
  { id, meanReturn, rows, provenance }: DatasetIdentity,
  {
    engine,
    physics,
    diverged,
    json,
  }: { engine: string; physics: string; diverged: readonly Diverged[]; json: boolean },
  console: Console,
): void {
  const published = Object.fromEntries(publishedScores(task).map(({ method: name, score }) => [name, score]));
  if (json) {
    const dataset = { id, rows, meanReturn, provenance };
    printJson(console, { task, method, preset, engine, physics, dataset, runs: reports, diverged, published });
    return;
  }
  const format = scoreFormatOfTask(task);
  const cell = (value: number | null) => returnCell(value, format);
  const rows_ = reports.flatMap((report) =>
    report.summaries.map((run) => [
      String(report.seed),
      String(run.candidates),
      cell(run.last),
      cell(run.lastTen),
      cell(run.best),
      cell(run.selected),
      String(report.steps),
      `${(report.seconds / 60).toFixed(1)} min`,
    ]),
  );
  const head = ['seed', 'candidates', 'last', 'last ten', 'best', 'offline selection', 'steps', 'training'];
  console.out(
    `${LOCOMOTION_METHODS[method].name} on ${id}, preset ${preset}: return${format.normalised ? ' (normalised score)' : ''}, ${physics}\n`,
  );
  console.out(textTable([head, ...rows_]));
  if (format.note) console.out(`${format.note}\n`);
  console.out(`Dataset: mean return of an episode ${cell(meanReturn)}. ${provenance}\nEngine: ${engine}\n`);
  const scores = Object.entries(published).map(([name, score]) => `${name} ${score}`);
  if (scores.length > 0) {
    console.out(`Published for ${LOCOMOTION_TASKS[task].d4rl}: ${scores.join(', ')}.\n${PUBLISHED_TERMS}\n`);
  }
}
