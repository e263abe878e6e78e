/**
 * `lab locomotion-claims`: checks the claims of the small preset from scratch. On freshly collected data, Diffusion-QL
 * returns more than Diffusion-BC, and more than the mean episode of the data.
 */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { startPhysicsEngine } from '../../environments/engine.ts';
import { DEFAULT_VARIANT, physicsLabel } from '../../environments/physics-variant.ts';
import type { RolloutPool } from '../../environments/rollouts/pool.ts';
import { meanOf } from '../../math/statistics.ts';
import { startBackend, type BackendChoice } from '../../tensor/backend.ts';
import type { Evaluation } from '../../locomotion/evaluation.ts';
import { LOCOMOTION_RULES, presetLocomotion } from '../../locomotion/experiment.ts';
import { scoreFormatOfTask, type ScoreFormat } from '../../locomotion/score-format.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { identityOf } from '../../locomotion/stored-dataset.ts';
import { LOCOMOTION_TASK_IDS, LOCOMOTION_TASKS, type LocomotionTaskId } from '../../locomotion/tasks.ts';
import { collectInto, rowsOption, shippedPolicy } from './collect.ts';
import { CheckFailed, printJson, textTable, type Console } from '../console.ts';
import { playCheckpoint } from './evaluate.ts';
import { seeds } from '../locomotion-options.ts';
import { backendOption, jsonOption, number, threadsOption } from '../options.ts';
import { withPool, workersOption } from '../rollout-options.ts';
import { CHECKPOINT_FILE, readCheckpoint, runsBegun } from '../run-folder.ts';
import { returnCell } from '../score-cells.ts';
import { dataFor, trainRuns } from './train.ts';

/** The methods, with the numbers of candidates they are evaluated with. */
const METHODS = [
  { method: 'diffusion-bc', counts: [1] },
  { method: 'diffusion-ql', counts: [1, 50] },
] as const;
/** Seed of the collected data. */
const DATA_SEED = 0;
/** Seed of the last checkpoints' episodes, which no run with a smaller seed has played during training. */
const FRESH_SEED = 1000;

interface LocomotionClaimsFlags {
  task: LocomotionTaskId;
  data?: string;
  rows: number;
  seeds: number[];
  steps?: number;
  episodes: number;
  backend: BackendChoice;
  threads?: number;
  workers: number;
  json?: boolean;
}

/** The last checkpoint of a run, evaluated on fresh episodes. */
interface EvaluatedRun {
  method: (typeof METHODS)[number]['method'];
  seed: number;
  steps: number;
  /** Seconds of training, without evaluation. */
  seconds: number;
  evaluations: Evaluation[];
}

/** A method's mean over the seeds. */
interface Column {
  method: EvaluatedRun['method'];
  candidates: number;
  mean: number;
}

export function locomotionClaimsCommand(console: Console): Command {
  return new Command('locomotion-claims')
    .description(
      'Collects data of a body, trains Diffusion-BC and Diffusion-QL on them with the small preset, and checks what that is held to.',
    )
    .argument('<out>', 'the folder of data and runs')
    .addOption(
      new Option('--task <name>', 'body and behaviour').choices(LOCOMOTION_TASK_IDS).default('hopper-medium-expert'),
    )
    .option('--data <folder>', 'a folder of shards to learn from (collected unless given)')
    .addOption(rowsOption('--rows <n>', 'rows that are collected'))
    .addOption(
      new Option('--seeds <list>', 'seeds of the runs: 0..4 or 0,3,7').argParser(seeds).default([0, 1, 2], '0..2'),
    )
    .addOption(
      new Option('--steps <n>', "gradient steps of each run (the preset's unless given)").argParser(
        number({ ...LOCOMOTION_RULES.budget, whole: true }),
      ),
    )
    .addOption(
      new Option('--episodes <n>', 'fresh episodes that each last checkpoint is judged by')
        .argParser(number({ ...LOCOMOTION_RULES.episodes, whole: true }))
        .default(20),
    )
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((out: string, flags: LocomotionClaimsFlags) => claims(out, flags, console));
}

async function claims(out: string, flags: LocomotionClaimsFlags, console: Console): Promise<void> {
  const start = performance.now();
  const { task } = flags;
  const folders = METHODS.flatMap(({ method }) => flags.seeds.map((seed) => folderOf(out, method, seed)));
  await runsBegun(folders, false);
  const info = await startBackend(flags.backend, flags.threads === undefined ? {} : { threads: flags.threads });
  const engine = `${info.backend} (${info.device})`;
  const { version } = await startPhysicsEngine();
  const physics = physicsLabel(DEFAULT_VARIANT, version);
  const { dataset, evaluated } = await withPool(flags.workers, async (pool) => {
    const folder = flags.data ?? (await collected(join(out, 'data'), flags, pool, console));
    const data = { ...(await dataFor(task, folder)), folder };
    const all: EvaluatedRun[] = [];
    for (const { method, counts } of METHODS) {
      const base = presetLocomotion(task, method, 'small');
      const runs = flags.seeds.map((seed) => ({
        experiment: { ...base, seed, budget: flags.steps ?? base.budget },
        plan: {
          folder: folderOf(out, method, seed),
          resume: false,
          from: null,
          // One candidate during training: playing 50 takes longer than the training.
          candidates: [1],
          variant: DEFAULT_VARIANT,
        },
      }));
      const { reports, diverged } = await trainRuns(runs, data, { engine, physics, pool, console });
      if (diverged.length > 0) throw new CheckFailed(diverged.map(({ message }) => message).join('\n'));
      for (const { seed, steps, seconds, folder: run } of reports) {
        const path = join(run, CHECKPOINT_FILE);
        const plan = { variant: DEFAULT_VARIANT, seed: FRESH_SEED, episodes: flags.episodes };
        const evaluations = await playCheckpoint(await readCheckpoint(path), path, counts, plan, pool);
        all.push({ method, seed, steps, seconds, evaluations });
      }
    }
    return { dataset: identityOf(data.manifest), evaluated: all };
  });
  const columns = columnsOf(evaluated);
  const broken = brokenClaims(columns, dataset.meanReturn);
  const seconds = (performance.now() - start) / 1000;
  if (flags.json) {
    const holds = broken.length === 0;
    printJson(console, {
      task,
      preset: 'small',
      holds,
      broken,
      engine,
      physics,
      seconds,
      dataset,
      columns,
      runs: evaluated,
    });
  } else {
    const format = scoreFormatOfTask(task);
    console.out(
      `${task}, small preset: return ± deviation over ${flags.episodes} fresh episodes of the last checkpoint${format.normalised ? ' (normalised score)' : ''}, ${physics}\n\n`,
    );
    console.out(textTable(table(evaluated, columns, format)));
    console.out(
      `\nDataset ${dataset.id}: ${dataset.rows} rows, mean episode ${returnCell(dataset.meanReturn, format)}.\n`,
    );
    if (format.note) console.out(`${format.note}\n`);
    console.out(`${engine}; ${seconds.toFixed(0)} s in all.\n`);
    if (broken.length === 0)
      console.out('Diffusion-QL is above Diffusion-BC and above the mean episode of the data.\n');
  }
  if (broken.length > 0) throw new CheckFailed(broken.join('\n'));
}

function folderOf(out: string, method: string, seed: number): string {
  return join(out, method, `seed-${seed}`);
}

/** Collects data with the body's first shipped behaviour policies. @returns Their folder. */
async function collected(
  folder: string,
  { task, rows }: LocomotionClaimsFlags,
  pool: RolloutPool,
  console: Console,
): Promise<string> {
  const { environment, behaviour } = LOCOMOTION_TASKS[task];
  const plan = { environment, behaviour, variant: DEFAULT_VARIANT, steps: rows, seed: DATA_SEED };
  await collectInto(folder, plan, [shippedPolicy(environment, 0)], pool, console);
  return folder;
}

function columnsOf(evaluated: readonly EvaluatedRun[]): Column[] {
  return METHODS.flatMap(({ method, counts }) =>
    counts.map((candidates) => {
      const returns = evaluated.filter((run) => run.method === method).map((run) => evaluationOf(run, candidates));
      return { method, candidates, mean: meanOf(returns.map(({ return: mean }) => mean.value)) };
    }),
  );
}

function evaluationOf({ evaluations }: EvaluatedRun, candidates: number): Evaluation {
  return evaluations.find((evaluation) => evaluation.candidates === candidates)!;
}

/** The broken claims as text. Diffusion-QL's mean over the seeds must be above both bars for every candidate count. */
export function brokenClaims(columns: readonly Column[], meanReturn: number): string[] {
  const bars = [
    ...columns
      .filter(({ method }) => method === 'diffusion-bc')
      .map(({ mean }) => ({ label: "Diffusion-BC's", value: mean })),
    { label: "the data's mean episode,", value: meanReturn },
  ];
  return columns
    .filter(({ method }) => method === 'diffusion-ql')
    .flatMap((column) =>
      bars
        .filter(({ value }) => !(column.mean > value))
        .map(
          ({ label, value }) =>
            `${nameOf(column)}: a mean return of ${column.mean.toFixed(0)} is not above ${label} ${value.toFixed(0)}.`,
        ),
    );
}

function nameOf({ method, candidates }: Pick<Column, 'method' | 'candidates'>): string {
  const { name } = LOCOMOTION_METHODS[method];
  return method === 'diffusion-ql' ? `${name}, ${candidates} candidate${candidates === 1 ? '' : 's'}` : name;
}

/** One row per seed, and one of the means. */
function table(evaluated: readonly EvaluatedRun[], columns: readonly Column[], format: ScoreFormat): string[][] {
  const cell = (run: EvaluatedRun, candidates: number) => {
    const { return: mean, deviation } = evaluationOf(run, candidates);
    return `${mean.value.toFixed(0)} ± ${deviation.toFixed(0)}${format.normalised ? ` (${format.of(mean.value).toFixed(1)})` : ''}`;
  };
  const runOf = (method: EvaluatedRun['method'], seed: number) =>
    evaluated.find((run) => run.method === method && run.seed === seed)!;
  const numbers = [...new Set(evaluated.map(({ seed }) => seed))];
  const rows = numbers.map((seed) => [
    String(seed),
    ...columns.map(({ method, candidates }) => cell(runOf(method, seed), candidates)),
    String(runOf('diffusion-ql', seed).steps),
    ...METHODS.map(({ method }) => runOf(method, seed).seconds.toFixed(0)),
  ]);
  const times = METHODS.map(({ method }) => `s of ${LOCOMOTION_METHODS[method].name}`);
  const means = columns.map(({ mean }) => returnCell(mean, format));
  return [['seed', ...columns.map(nameOf), 'steps', ...times], ...rows, ['mean', ...means, '', '', '']];
}
