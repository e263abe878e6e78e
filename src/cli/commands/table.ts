/** `lab table`: trains with the paper's settings, and compares with the authors' code at the same number of steps. */
import { Command, Option } from 'commander';
import { METHOD_IDS, METHODS, type MethodId } from '../../bandit/methods.ts';
import { defaultExperiment, MAX_BUDGET, type Experiment } from '../../bandit/experiment.ts';
import type { BackendChoice, BanditMetrics } from '../../bandit/engine/protocol.ts';
import type { Settings } from '../../bandit/settings.ts';
import { HeadlessRun } from '../../bandit/headless-run.ts';
import { trainWithProgress } from '../method-report.ts';
import { printJson, textTable, type Console } from '../console.ts';
import { startBackend } from '../../tensor/backend.ts';
import { backendOption, jsonOption, list, methods, number, samplesOption, seed } from '../options.ts';
import { REFERENCE_RUNS, type Range, type ReferenceRow, type ReferenceRun } from '../reference.ts';

/** Tolerance outside the reference's range: the spread of seeds among the reference's own runs. */
const SPREAD = { inMode: 0.12, inBest: 0.15, nearestBest: 0.12, mmd2: 0.05, meanReward: 0.6 } as const;
type Quantity = keyof typeof SPREAD;
const QUANTITIES: readonly { key: Quantity; head: string }[] = [
  { key: 'inMode', head: 'in mode' },
  { key: 'inBest', head: 'in best' },
  { key: 'nearestBest', head: 'nearest best' },
  { key: 'mmd2', head: 'MMD²' },
  { key: 'meanReward', head: 'reward' },
];

interface TableFlags {
  methods: MethodId[];
  seeds: number[];
  stepsScale: number;
  maxSteps: number;
  samples: number;
  backend: BackendChoice;
  json?: boolean;
}

export interface TableRow {
  method: MethodId;
  label: string;
  steps: number;
  seed: number;
  note: string | null;
  measured: Record<Quantity, number>;
  reference: Partial<Record<Quantity, Range>>;
  /** The quantities outside the tolerance. */
  outside: Quantity[];
}

export function tableCommand(console: Console): Command {
  return new Command('table')
    .description("Trains with the paper's settings and prints the results beside the reference's.")
    .addOption(new Option('--methods <ids>', 'which methods').argParser(methods).default([...METHOD_IDS], 'all'))
    .addOption(new Option('--seeds <list>', 'seeds, with commas').argParser(list(seed)).default([0], '0'))
    .addOption(
      new Option('--steps-scale <x>', 'multiplies every number of steps; below 1 for a quick look')
        .argParser(number({ min: 0.0001, max: 1, whole: false }))
        .default(1),
    )
    .addOption(
      new Option('--max-steps <n>', 'leaves out rows with more steps')
        .argParser(number({ min: 1, max: MAX_BUDGET, whole: true }))
        .default(MAX_BUDGET),
    )
    .addOption(samplesOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action((flags: TableFlags) => table(flags, console));
}

async function table(flags: TableFlags, console: Console): Promise<void> {
  const info = await startBackend(flags.backend);
  const rows: TableRow[] = [];
  for (const run of REFERENCE_RUNS) {
    if (!flags.methods.includes(run.method)) continue;
    for (const each of flags.seeds) {
      const done = await measureRun(run, each, flags, console);
      rows.push(...done);
      // The whole table takes an hour, so each row is printed at once as progress.
      for (const row of done) console.progress(`${line(row).filter(Boolean).join('  ')}\n`);
    }
  }
  if (flags.json) {
    printJson(console, { rows, spread: SPREAD, backend: info.backend });
    return;
  }
  const head = ['method', 'steps', 'seed', ...QUANTITIES.flatMap(({ head: name }) => [name, 'reference']), 'note'];
  console.out(textTable([head, ...rows.map(line)]));
  const spread = QUANTITIES.map(({ key, head: name }) => `${name} ${SPREAD[key]}`).join(', ');
  console.out(`\n* further from the reference's range than seeds are from each other (${spread})\n`);
}

async function measureRun(run: ReferenceRun, each: number, flags: TableFlags, console: Console): Promise<TableRow[]> {
  const wanted = run.rows.filter(({ steps }) => steps <= flags.maxSteps);
  if (wanted.length === 0) return [];
  const scaled = (row: ReferenceRow) => Math.max(1, Math.round(row.steps * flags.stepsScale));
  const last = Math.max(...wanted.map(scaled));
  const headlessRun = new HeadlessRun(paperExperiment(run, each, last), run.method, flags.samples);
  const rows: TableRow[] = [];
  try {
    for (const row of wanted) {
      await trainWithProgress(headlessRun, scaled(row), last, console);
      const { metrics } = await headlessRun.measure(row.acting ?? {});
      rows.push(compare(run, row, each, scaled(row), metrics));
    }
  } finally {
    headlessRun.dispose();
  }
  return rows;
}

function paperExperiment(run: ReferenceRun, each: number, budget: number): Experiment {
  const settings: Partial<Settings> = { ...run.settings };
  return { ...defaultExperiment(), methods: [run.method], preset: 'paper', settings, seed: each, budget };
}

/** Compares a measurement with its row of the reference. */
function compare(
  { method, label }: ReferenceRun,
  row: ReferenceRow,
  each: number,
  steps: number,
  metrics: BanditMetrics,
): TableRow {
  const best = defaultExperiment().data.modes.reduce(
    (a, mode, i, modes) => (mode.reward > modes[a]!.reward ? i : a),
    0,
  );
  const measured: Record<Quantity, number> = {
    inMode: metrics.inMode,
    inBest: metrics.inBest,
    nearestBest: metrics.nearest[best] ?? 0,
    mmd2: metrics.mmd2.value,
    meanReward: metrics.meanReward,
  };
  const reference: Partial<Record<Quantity, Range>> = {};
  for (const { key } of QUANTITIES) if (row[key]) reference[key] = row[key];
  const outside = QUANTITIES.map(({ key }) => key).filter((key) => {
    const range = reference[key];
    return range && !(measured[key] >= range[0] - SPREAD[key] && measured[key] <= range[1] + SPREAD[key]);
  });
  return { method, label, steps, seed: each, note: row.note ?? null, measured, reference, outside };
}

function line(row: TableRow): string[] {
  const cells = QUANTITIES.flatMap(({ key }) => {
    const digits = key === 'mmd2' ? 3 : 2;
    const range = row.reference[key];
    const mark = row.outside.includes(key) ? ' *' : '';
    const [low, high] = range ?? [0, 0];
    const text = range ? (low === high ? low.toFixed(digits) : `${low.toFixed(digits)}–${high.toFixed(digits)}`) : '';
    return [`${row.measured[key].toFixed(digits)}${mark}`, text];
  });
  return [row.label || METHODS[row.method].name, String(row.steps), String(row.seed), ...cells, row.note ?? ''];
}
