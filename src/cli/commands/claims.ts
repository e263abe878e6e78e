/** `lab claims`: checks the claims of the fast preset for the diffusion policies on the corners, for several seeds. */
import { Command, Option } from 'commander';
import type { MethodId } from '../../bandit/methods.ts';
import { startBackend } from '../../tensor/backend.ts';
import { defaultExperiment } from '../../bandit/experiment.ts';
import { MAX_SEED } from '../../experiment/field-rules.ts';
import type { BackendChoice, BanditMetrics } from '../../bandit/engine/protocol.ts';
import { HeadlessRun } from '../../bandit/headless-run.ts';
import { train, trainWithProgress, type MethodReport } from '../method-report.ts';
import { CheckFailed, percent, printJson, textTable, type Console } from '../console.ts';
import { backendOption, jsonOption, list, number, samplesOption } from '../options.ts';

interface Claim {
  text: string;
  /** Whether a report fulfils the claim. */
  holds: (report: MethodReport) => boolean;
  figure: (report: MethodReport) => string;
}

const shares = ({ nearest }: MethodReport) => nearest.map((share) => percent(share)).join(' / ');
const best = ({ nearest }: Pick<MethodReport, 'nearest'>) => nearest.at(-1) as number;

/** Steps of each method, and the claims after them. The best mode of the corners is the last one, bottom-right. */
export const CLAIMS: Readonly<Partial<Record<MethodId, { steps: number; claims: readonly Claim[] }>>> = {
  'bc-diffusion': {
    steps: 5000,
    claims: [
      { text: 'in mode ≥ 97 %', holds: ({ inMode }) => inMode >= 0.97, figure: ({ inMode }) => percent(inMode) },
      {
        text: 'each mode 21–29 %',
        holds: ({ nearest }) => nearest.every((share) => share >= 0.21 && share <= 0.29),
        figure: shares,
      },
      { text: 'MMD² ≤ 0.006', holds: ({ mmd2 }) => mmd2.value <= 0.006, figure: ({ mmd2 }) => mmd2.value.toFixed(4) },
    ],
  },
  'diffusion-ql': {
    steps: 6000,
    claims: [
      { text: 'nearest the best mode ≥ 95 %', holds: (r) => best(r) >= 0.95, figure: (r) => percent(best(r)) },
      { text: 'in the best mode ≥ 90 %', holds: ({ inBest }) => inBest >= 0.9, figure: (r) => percent(r.inBest) },
      {
        text: '50 candidates: nearest ≥ 99 %',
        holds: ({ candidates50 }) => candidates50 !== undefined && best(candidates50) >= 0.99,
        figure: ({ candidates50 }) => (candidates50 ? percent(best(candidates50)) : '–'),
      },
      {
        text: '50 candidates: in it ≥ 95 %',
        holds: ({ candidates50 }) => candidates50 !== undefined && candidates50.inBest >= 0.95,
        figure: ({ candidates50 }) => (candidates50 ? percent(candidates50.inBest) : '–'),
      },
    ],
  },
};

interface ClaimsFlags {
  seeds: number[];
  samples: number;
  backend: BackendChoice;
  json?: boolean;
}

export function claimsCommand(console: Console): Command {
  return new Command('claims')
    .description('Trains the diffusion policies with the fast preset and checks what it is held to, seed by seed.')
    .addOption(
      new Option('--seeds <list>', 'seeds, with commas')
        .argParser(list(number({ min: 0, max: MAX_SEED, whole: true })))
        .default([0, 1, 2], '0,1,2'),
    )
    .addOption(samplesOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action((flags: ClaimsFlags) => claims(flags, console));
}

/** Trains one method for its claims. @param observe Called after each of `observeAt` steps with the metrics of plain samples. */
export async function claimReport(
  method: MethodId,
  seed: number,
  samples: number,
  console: Console,
  observeAt: readonly number[] = [],
  observe: (steps: number, metrics: BanditMetrics) => void = () => undefined,
): Promise<MethodReport> {
  const steps = CLAIMS[method]?.steps;
  if (steps === undefined) throw new Error(`Nothing is claimed of ${method}.`);
  const headlessRun = new HeadlessRun(
    { ...defaultExperiment(), methods: [method], seed, budget: steps },
    method,
    samples,
  );
  try {
    for (const stop of observeAt) {
      await trainWithProgress(headlessRun, stop, steps, console);
      observe(stop, (await headlessRun.measure()).metrics);
    }
    return await train(headlessRun, steps, undefined, console);
  } finally {
    headlessRun.dispose();
  }
}

async function claims(flags: ClaimsFlags, console: Console): Promise<void> {
  const info = await startBackend(flags.backend);
  const reports: (MethodReport & { seed: number })[] = [];
  const broken: string[] = [];
  for (const [id, claim] of Object.entries(CLAIMS)) {
    const method = id as MethodId;
    const rows: string[][] = [];
    for (const seed of flags.seeds) {
      const report = await claimReport(method, seed, flags.samples, console);
      reports.push({ ...report, seed });
      rows.push([String(seed), ...claim.claims.map(({ figure }) => figure(report))]);
      for (const { text, holds } of claim.claims) {
        if (!holds(report)) broken.push(`${method}, seed ${seed}: ${text} does not hold.`);
      }
    }
    if (flags.json) continue;
    console.out(`${method}, fast preset, ${claim.steps} steps, ${flags.samples} samples\n`);
    console.out(`${textTable([['seed', ...claim.claims.map(({ text }) => text)], ...rows])}\n`);
  }
  if (flags.json) printJson(console, { holds: broken.length === 0, broken, backend: info.backend, reports });
  if (broken.length > 0) throw new CheckFailed(broken.join('\n'));
}
