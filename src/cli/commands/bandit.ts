/** `lab bandit`: trains methods on the bandit without a page, and prints their metrics. */
import { Command, Option } from 'commander';
import { METHODS, type MethodId } from '../../bandit/methods.ts';
import { MAX_BUDGET } from '../../bandit/experiment.ts';
import type { BackendChoice, BanditMetrics } from '../../bandit/engine/protocol.ts';
import { HeadlessRun } from '../../bandit/headless-run.ts';
import { percent, printJson, textTable, UsageError, type Console } from '../console.ts';
import { startBackend } from '../../tensor/backend.ts';
import {
  addExperimentOptions,
  backendOption,
  experimentFrom,
  jsonOption,
  methods,
  number,
  samplesOption,
} from '../options.ts';
import { seeds as seedList } from '../locomotion-options.ts';
import { train, type MethodReport } from '../method-report.ts';
import { printSeeds, saveWeights, trainSeeds, type SeedsReport } from '../seeds.ts';

interface BanditFlags extends Record<string, unknown> {
  method: MethodId[];
  samples: number;
  backend: BackendChoice;
  every?: number;
  seeds?: number[];
  save?: string;
  half?: boolean;
  json?: boolean;
}

export function banditCommand(console: Console): Command {
  const command = new Command('bandit')
    .description('Trains one method (or several) on the bandit and prints its metrics.')
    .addOption(
      new Option('--method <id>', 'the method; several with commas, or all').argParser(methods).makeOptionMandatory(),
    )
    .addOption(samplesOption())
    .addOption(backendOption())
    .addOption(
      new Option('--every <n>', 'measures every n steps as well, and averages the last ones').argParser(
        number({ min: 1, max: MAX_BUDGET, whole: true }),
      ),
    )
    .addOption(
      new Option(
        '--seeds <list>',
        'several seeds, 0..4 or 0,3,7: what they say together, with 95 % intervals; on WebGPU a method is trained for all of them at once',
      )
        .argParser(seedList)
        .conflicts('seed'),
    )
    .addOption(
      new Option(
        '--save <file>',
        'writes the weights as safetensors ({method} and {seed} stand for the id and the seed)',
      ),
    )
    .addOption(new Option('--half', 'saves 16-bit floats'))
    .addOption(jsonOption());
  return addExperimentOptions(command).action((flags: BanditFlags) => bandit(flags, console));
}

async function bandit(flags: BanditFlags, console: Console): Promise<void> {
  const { method: ids, save } = flags;
  if (save !== undefined && ids.length > 1 && !save.includes('{method}')) {
    throw new UsageError('Several methods need several files: put {method} into the name given with --save.');
  }
  if (save !== undefined && (flags.seeds?.length ?? 1) > 1 && !save.includes('{seed}')) {
    throw new UsageError('Several seeds need several files: put {seed} into the name given with --save.');
  }
  const experiment = experimentFrom(flags, ids);
  const info = await startBackend(flags.backend);
  const { preset, seed, data } = experiment;
  const facts = { preset, placement: data.placement, backend: info.backend, device: info.device };
  if (flags.seeds) {
    const reports: SeedsReport[] = [];
    for (const method of ids) reports.push(await trainSeeds(experiment, method, flags.seeds, flags, console));
    if (flags.json) printJson(console, { ...unwrapSingle(reports), ...facts, seeds: flags.seeds });
    else printSeeds(reports, console);
  } else {
    const reports: MethodReport[] = [];
    for (const method of ids) {
      const headlessRun = new HeadlessRun(experiment, method, flags.samples);
      try {
        reports.push(await train(headlessRun, experiment.budget, flags.every, console));
        await saveWeights(headlessRun, seed, flags);
      } finally {
        headlessRun.dispose();
      }
    }
    if (flags.json) printJson(console, { ...unwrapSingle(reports), ...facts, seed });
    else print(reports, console);
  }
  if (!flags.json) console.out(`Engine: ${info.backend} (${info.device})${info.note ? `; ${info.note}` : ''}\n`);
}

/** A single report as it is; several as a list under `methods`. */
function unwrapSingle<Report>(reports: readonly Report[]): Report | { methods: readonly Report[] } {
  const [only] = reports;
  return reports.length === 1 && only ? only : { methods: reports };
}

function print(reports: readonly MethodReport[], console: Console): void {
  const head = ['method', 'steps', 'steps/s', 'in mode', 'in best', 'nearest', 'MMD²', 'reward', 'regret', 'modes'];
  const rows = reports.flatMap((report) => {
    const line = (name: string, steps: number, rate: string, metrics: BanditMetrics) => [
      name,
      String(steps),
      rate,
      percent(metrics.inMode),
      percent(metrics.inBest),
      metrics.nearest.map((share) => share.toFixed(2)).join(' '),
      `${metrics.mmd2.value.toFixed(4)} (${metrics.mmd2.low.toFixed(4)} – ${metrics.mmd2.high.toFixed(4)})`,
      metrics.meanReward.toFixed(2),
      metrics.regret.toFixed(2),
      metrics.effectiveModes.toFixed(2),
    ];
    const name = METHODS[report.method].name;
    const early = (report.history ?? []).slice(0, -1).map((row) => line(name, row.steps, '', row));
    const last = [line(name, report.steps, report.stepsPerSecond.toFixed(1), report)];
    if (report.candidates50) last.push(line('  best of 50', report.steps, '', report.candidates50));
    return [...early, ...last];
  });
  console.out(textTable([head, ...rows]));
}
