/** `lab pretrain`: makes the weights that the page shows before training. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { METHOD_IDS, METHODS, type MethodId } from '../../bandit/methods.ts';
import { defaultExperiment } from '../../bandit/experiment.ts';
import type { BackendChoice } from '../../bandit/engine/protocol.ts';
import { HeadlessRun } from '../../bandit/headless-run.ts';
import { train } from '../method-report.ts';
import { CheckFailed, percent, printJson, textTable, type Console } from '../console.ts';
import { startBackend } from '../../tensor/backend.ts';
import { backendOption, jsonOption, methods, seed, steps } from '../options.ts';

/** Limit of all files together, which the page loads at its start. */
const MAX_BYTES = 1_000_000;

interface PretrainFlags {
  out: string;
  methods: MethodId[];
  seed: number;
  steps?: number;
  backend: BackendChoice;
  json?: boolean;
}

export function pretrainCommand(console: Console): Command {
  return new Command('pretrain')
    .description('Trains every method with the fast preset on the corners, and writes the weights that the page ships.')
    .option('--out <folder>', 'where the files go', 'public/pretrained')
    .addOption(new Option('--methods <ids>', 'which methods').argParser(methods).default([...METHOD_IDS], 'all'))
    .addOption(new Option('--seed <n>', 'seed of data, weights and training').argParser(seed).default(0))
    .addOption(new Option('--steps <n>', "gradient steps (the fast preset's budget unless given)").argParser(steps))
    .addOption(backendOption())
    .addOption(jsonOption())
    .action((flags: PretrainFlags) => pretrain(flags, console));
}

/**
 * Whether the page needs a tensor to draw samples and Q. It needs neither the second critic nor networks that only
 * training uses.
 */
function isShown(method: MethodId, tensor: string): boolean {
  if (tensor.startsWith('critic.q2_model')) return false;
  const role = tensor.split('.')[0] as string;
  if (/ema|target/.test(role)) return false;
  if (tensor.startsWith('vae.e') || /^vae\.(mean|log_std)/.test(tensor)) return false;
  return !(role === 'vae' && (method === 'bc-mmd' || method === 'bear-mmd'));
}

async function pretrain(flags: PretrainFlags, console: Console): Promise<void> {
  const standard = defaultExperiment();
  const experiment = { ...standard, seed: flags.seed, budget: flags.steps ?? standard.budget };
  await startBackend(flags.backend);
  await mkdir(flags.out, { recursive: true });
  const files: { method: MethodId; file: string; bytes: number; steps: number; inMode: number; inBest: number }[] = [];
  for (const method of flags.methods) {
    const headlessRun = new HeadlessRun(experiment, method, 2000);
    try {
      const { inMode, inBest } = await train(headlessRun, experiment.budget, undefined, console);
      const weights = await headlessRun.weights({ half: true, keep: (name) => isShown(method, name) });
      const file = join(flags.out, `${method}.safetensors`);
      await writeFile(file, weights);
      files.push({ method, file, bytes: weights.length, steps: headlessRun.step, inMode, inBest });
    } finally {
      headlessRun.dispose();
    }
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (flags.json) printJson(console, { files, bytes: total });
  else {
    const rows = files.map(({ method, bytes, steps: done, inMode, inBest }) => [
      METHODS[method].name,
      String(done),
      percent(inMode),
      percent(inBest),
      String(bytes),
    ]);
    console.out(textTable([['method', 'steps', 'in mode', 'in best', 'bytes'], ...rows]));
    console.out(`${total} bytes together\n`);
  }
  if (total > MAX_BYTES) throw new CheckFailed(`The files have ${total} bytes; ${MAX_BYTES} is the most.`);
}
