/** `lab parity`: replays a recorded run of the published agent, and prints the differences. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { PARITY_TOLERANCE, replayParityCase, type ParityReport } from '../../experiment/parity.ts';
import type { BackendChoice } from '../../bandit/engine/protocol.ts';
import { CheckFailed, printJson, textTable, UsageError, type Console } from '../console.ts';
import { startBackend } from '../../tensor/backend.ts';
import { backendOption, jsonOption } from '../options.ts';

interface ParityFlags {
  backend: BackendChoice;
  json?: boolean;
}

export function parityCommand(console: Console): Command {
  return new Command('parity')
    .description('Replays a parity case and prints the largest errors of losses and parameters, step by step.')
    .argument('<file>', 'a parity case (safetensors)')
    .addOption(backendOption())
    .addOption(jsonOption())
    .action((file: string, flags: ParityFlags) => parity(file, flags, console));
}

async function parity(file: string, flags: ParityFlags, console: Console): Promise<void> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UsageError(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const info = await startBackend(flags.backend);
  const report = await replayParityCase(new Uint8Array(bytes));
  const { maxLossError, maxParameterError, steps } = report;
  if (flags.json) printJson(console, { maxLossError, maxParameterError, backend: info.backend, steps });
  else print(report, info.backend, console);
  if (!(maxLossError <= PARITY_TOLERANCE && maxParameterError <= PARITY_TOLERANCE)) {
    throw new CheckFailed(
      `Beyond ${PARITY_TOLERANCE}: losses ${maxLossError} (relative), parameters ${maxParameterError} (absolute).`,
    );
  }
}

function print({ steps, maxLossError, maxParameterError }: ParityReport, backend: string, console: Console): void {
  const losses = Object.keys(steps[0]?.lossErrors ?? {});
  const rows = steps.map(({ step, lossErrors }) => [
    String(step),
    ...losses.map((name) => (lossErrors[name] ?? Number.NaN).toExponential(1)),
  ]);
  console.out('Relative error of each loss\n');
  console.out(textTable([['step', ...losses], ...rows]));
  for (const { step, parameterErrors } of steps) {
    if (!parameterErrors) continue;
    console.out(`\nLargest absolute error of each group of parameters after step ${step}\n`);
    const groups = Object.entries(parameterErrors).map(([name, error]) => [name, error.toExponential(1)]);
    console.out(textTable([['parameters', 'error'], ...groups]));
  }
  console.out(`\nOn ${backend}: losses ${maxLossError.toExponential(2)} (relative), `);
  console.out(`parameters ${maxParameterError.toExponential(2)} (absolute)\n`);
}
