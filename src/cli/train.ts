/** `lab train`: a locomotion policy from a folder of shards: losses, evaluations and checkpoints in a folder. */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { startEngine } from '../environments/engine.ts';
import { physicsLabel, type PhysicsVariant } from '../environments/physics-variant.ts';
import type { RolloutPool } from '../environments/rollouts/pool.ts';
import { startBackend, type BackendChoice } from '../tensor/backend.ts';
import { decodeCheckpoint, encodePolicy } from '../training/locomotion/checkpoint-file.ts';
import { encodeCheckpoint, resumeFrom } from '../training/locomotion/checkpoint.ts';
import type { DatasetIdentity } from '../training/locomotion/dataset-identity.ts';
import { evaluate, meritOf, summarise, type Evaluation, type RunSummary } from '../training/locomotion/evaluation.ts';
import type { LocomotionExperiment } from '../training/locomotion/experiment.ts';
import { measureOfTask } from '../training/locomotion/measure.ts';
import { LOCOMOTION_METHODS } from '../training/locomotion/methods.ts';
import { PUBLISHED_METHODS, PUBLISHED_TERMS, publishedScore } from '../training/locomotion/published.ts';
import { runLocomotion } from '../training/locomotion/run.ts';
import { checkManifest, identityOf, readForRun } from '../training/locomotion/stored-dataset.ts';
import { LOCOMOTION_TASKS } from '../training/locomotion/tasks.ts';
import { LocomotionTrainer } from '../training/locomotion/trainer.ts';
import { CheckFailed, printJson, textTable, UsageError, type Console } from './console.ts';
import { addLocomotionOptions, candidates, locomotionFrom, seeds } from './locomotion-options.ts';
import { backendOption, jsonOption, number, seed } from './options.ts';
import { variantOption } from './physics.ts';
import { withPool, workersOption } from './rollout-options.ts';
import {
  appendLine,
  beginRun,
  BEST_FILE,
  CHECKPOINT_FILE,
  checkRunFolder,
  EVALUATIONS_FILE,
  LOSSES_FILE,
  readRun,
  reopenRun,
  writeWhole,
} from './run-folder.ts';
import { pointLine, returnCell } from './score-cells.ts';
import { openFolder } from './shard-folder.ts';

const PROGRESS_SECONDS = 5;
const MAX_THREADS = 8;

interface TrainFlags extends Record<string, unknown> {
  data: string;
  out: string;
  seed?: number;
  seeds?: number[];
  resume?: boolean;
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
    .option('--resume', 'goes on from the last checkpoint of the folder')
    .addOption(
      new Option(
        '--candidates <list>',
        'with how many candidates a policy is evaluated (1,50 for diffusion-ql, else 1)',
      ).argParser(candidates),
    )
    .addOption(variantOption())
    .addOption(backendOption())
    .addOption(
      new Option('--threads <n>', 'threads of wasm (as many as are useful unless given)').argParser(
        number({ min: 1, max: MAX_THREADS, whole: true }),
      ),
    )
    .addOption(workersOption())
    .addOption(jsonOption());
  return addLocomotionOptions(command).action((flags: TrainFlags) => train(flags, console));
}

interface RunReport {
  seed: number;
  folder: string;
  steps: number;
  seconds: number;
  summaries: RunSummary[];
  losses: Record<string, number>;
}

async function train(flags: TrainFlags, console: Console): Promise<void> {
  if (flags.seed !== undefined && flags.seeds) throw new UsageError('--seed and --seeds: only one of them is meant.');
  const numbers = flags.seeds ?? [flags.seed ?? 0];
  const experiments = numbers.map((number_) => locomotionFrom(flags, number_));
  const [first] = experiments as [LocomotionExperiment];
  const folders = experiments.map(({ seed: own }) => (flags.seeds ? join(flags.out, `seed-${own}`) : flags.out));
  for (const folder of folders) await checkRunFolder(folder, flags.resume ?? false);
  const { store, manifest } = await dataFor(first, flags.data);
  const info = await startBackend(flags.backend, flags.threads === undefined ? {} : { threads: flags.threads });
  const engine = `${info.backend} (${info.device})`;
  if (first.preset === 'paper' && (info.backend !== 'webgpu' || info.softwareAdapter)) {
    console.progress(`The paper's preset is for a GPU, and this is ${engine}; --preset small is for a CPU.\n`);
  }
  const { version } = await startEngine();
  const physics = physicsLabel(flags.variant, version);
  const reports = await withPool(flags.workers, async (pool) => {
    const done: RunReport[] = [];
    for (const [i, experiment] of experiments.entries()) {
      // Each reads the rows anew, to where its tensors are; the manifest's hashes see to it that they are the same.
      const dataset = await readForRun(store, manifest).catch((error: unknown) => {
        throw new Error(`${flags.data}: ${wordsOf(error)}`);
      });
      const trainer = new LocomotionTrainer(experiment, dataset);
      done.push(await trainOne(trainer, folders[i]!, { engine, physics, pool, flags, console }));
    }
    return done;
  });
  print(reports, first, identityOf(manifest), { engine, physics, json: flags.json ?? false }, console);
}

/** The dataset of a folder. @throws UsageError if it is not the task's. */
async function dataFor({ task }: LocomotionExperiment, folder: string): ReturnType<typeof openFolder> {
  const dataset = await openFolder(folder);
  try {
    checkManifest(dataset.manifest, task);
  } catch (error) {
    throw new UsageError(wordsOf(error));
  }
  return dataset;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Surroundings {
  engine: string;
  physics: string;
  pool: RolloutPool;
  flags: TrainFlags;
  console: Console;
}

async function trainOne(
  trainer: LocomotionTrainer,
  folder: string,
  { engine, physics, pool, flags, console }: Surroundings,
): Promise<RunReport> {
  const { experiment, dataset } = trainer;
  try {
    if (flags.resume) {
      const checkpoint = await reopenRun(folder);
      if (checkpoint) resumeFrom(trainer, checkpoint);
    } else await beginRun(folder, { experiment, dataset, engine, physics });
    const { task, method, seed: seed_, evaluation } = experiment;
    const { environment } = LOCOMOTION_TASKS[task];
    const drawn = flags.candidates ?? (method === 'diffusion-ql' ? [1, 50] : [1]);
    const name = `${LOCOMOTION_METHODS[method].name}, ${task}, seed ${seed_}`;
    const progress = progressOf(trainer, name, console);
    const before = flags.resume ? (await readRun(folder)).points : [];
    let best = Math.max(-Infinity, ...before.map(meritOf));
    /** Policies of points that are being played, as files. */
    const pending = new Map<number, Uint8Array>();
    const points = await runLocomotion(trainer, {
      candidates: drawn,
      evaluate: async (step, policies) => {
        const first = Math.round(step / evaluation.every) * evaluation.episodes;
        const plan = { environment, variant: flags.variant, seed: seed_, first, episodes: evaluation.episodes };
        const all: Evaluation[] = [];
        for (const [i, policy] of policies.entries()) {
          all.push(await evaluate(policy, { ...plan, candidates: drawn[i]! }, pool));
        }
        return all;
      },
      onSnapshot: async () => {
        pending.set(trainer.step, await encodeCheckpoint(trainer, { policyOnly: true }));
      },
      onLosses: async (losses) => {
        await appendLine(folder, LOSSES_FILE, { ...losses, seconds: trainer.seconds });
        progress(trainer.alarm());
      },
      onPoint: async (point) => {
        await appendLine(folder, EVALUATIONS_FILE, point);
        if (meritOf(point) > best) {
          best = meritOf(point);
          const { step: _step, ...scores } = point;
          const policy = decodeCheckpoint(pending.get(point.step)!);
          await writeWhole(join(folder, BEST_FILE), encodePolicy(policy, { physics, ...scores }));
        }
        pending.delete(point.step);
        console.progress(`${name}: ${pointLine(point)}\n`);
      },
      onSave: async () => writeWhole(join(folder, CHECKPOINT_FILE), await encodeCheckpoint(trainer)),
    });
    if (trainer.divergence) {
      const { quantity, step } = trainer.divergence;
      throw new CheckFailed(
        `${name}: ${quantity} is no finite number after step ${step}. The last checkpoint is as it was; a lower rate, a lower η or a gradient clip may help.`,
      );
    }
    const { published } = LOCOMOTION_TASKS[task];
    return {
      seed: seed_,
      folder,
      steps: trainer.step,
      seconds: trainer.seconds,
      summaries: summarise([...before, ...points], published.topK),
      losses: trainer.losses,
    };
  } finally {
    trainer.dispose();
  }
}

function progressOf(trainer: LocomotionTrainer, name: string, console: Console): (alarm: string | null) => void {
  let told = performance.now();
  const from = { step: trainer.step, seconds: trainer.seconds };
  let alarmed = false;
  return (alarm) => {
    if (alarm && !alarmed) console.progress(`${name}: ${alarm}\n`);
    alarmed = alarm !== null;
    if (performance.now() - told < PROGRESS_SECONDS * 1000) return;
    told = performance.now();
    const rate = (trainer.step - from.step) / (trainer.seconds - from.seconds);
    const left = (trainer.experiment.budget - trainer.step) / rate;
    const losses = Object.entries(trainer.losses).map(([key, value]) => `${key} ${value.toPrecision(3)}`);
    console.progress(
      `${name}: step ${trainer.step} of ${trainer.experiment.budget}, ${rate.toFixed(1)} steps/s, ${Math.ceil(left / 60)} min left; ${losses.join(', ')}\n`,
    );
  };
}

function print(
  reports: readonly RunReport[],
  { task, method, preset }: LocomotionExperiment,
  { id, meanReturn, rows, provenance }: DatasetIdentity,
  { engine, physics, json }: { engine: string; physics: string; json: boolean },
  console: Console,
): void {
  const published = Object.fromEntries(PUBLISHED_METHODS.map((name) => [name, publishedScore(task, name).score]));
  if (json) {
    const dataset = { id, rows, meanReturn, provenance };
    printJson(console, { task, method, preset, engine, physics, dataset, runs: reports, published });
    return;
  }
  const measure = measureOfTask(task);
  const cell = (value: number | null) => returnCell(value, measure);
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
    `${LOCOMOTION_METHODS[method].name} on ${id}, preset ${preset}: return${measure.normalised ? ' (normalised score)' : ''}, ${physics}\n`,
  );
  console.out(textTable([head, ...rows_]));
  if (measure.note) console.out(`${measure.note}\n`);
  console.out(`Dataset: mean return of an episode ${cell(meanReturn)}. ${provenance}\nEngine: ${engine}\n`);
  console.out(`Published for ${LOCOMOTION_TASKS[task].d4rl}: `);
  console.out(
    `${Object.entries(published)
      .map(([name, score]) => `${name} ${score}`)
      .join(', ')}.\n${PUBLISHED_TERMS}\n`,
  );
}
