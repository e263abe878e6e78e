/** `npm run --silent lab -- …`: the playground's modules from Node. */
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { onGpuError } from '../tensor/webgpu/errors.ts';
import { behaveCommand } from './behave.ts';
import { CheckFailed, UsageError, type Console } from './console.ts';
import { collectCommand } from './collect.ts';
import { convertCommand } from './convert.ts';
import { evaluateCommand } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import { flagsOf } from './options.ts';
import { physicsCommand } from './physics.ts';
import { reportCommand } from './report.ts';
import { rolloutsCommand } from './rollouts.ts';
import { soakCommand } from './soak.ts';
import { verifyCommand } from './verify.ts';

const USAGE = 2;
/** They do without tfjs, which takes a second to load. */
const LIGHT_COMMANDS = [
  convertCommand,
  inspectCommand,
  verifyCommand,
  exportCommand,
  physicsCommand,
  rolloutsCommand,
  soakCommand,
  behaveCommand,
  collectCommand,
  evaluateCommand,
  reportCommand,
];

/**
 * Runs one command line (without node and script).
 * @returns the exit code: 0 for success, 1 where the command failed or a check did, 2 for a wrong call.
 */
export async function lab(argv: readonly string[], streams: Omit<Console, 'progress'>): Promise<number> {
  const gpuErrors: string[] = [];
  const stopListening = onGpuError((message) => gpuErrors.push(message));
  const quiet = argv.includes('--json');
  const console: Console = { ...streams, progress: (text) => (quiet ? undefined : streams.err(text)) };
  const program = new Command('lab').description(
    'Trains, compares and draws what the playground trains, converts datasets, and runs the bodies, from Node.',
  );
  const light = LIGHT_COMMANDS.map((create) => create(console));
  const training = light.some((command) => command.name() === argv[0]) ? null : await import('./training-commands.ts');
  for (const create of training?.TRAINING_COMMANDS ?? []) program.addCommand(create(console));
  for (const command of light) program.addCommand(command);
  let called = program;
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeOut: (text) => console.out(text), writeErr: () => undefined });
    command.exitOverride((error) => {
      called = command;
      throw error;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    if (gpuErrors[0] !== undefined) {
      throw new CheckFailed(`The GPU reported an error, and steps may be missing since: ${gpuErrors[0]}`);
    }
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return complain(error, called, console);
    const message = error instanceof Error ? error.message : String(error);
    console.err(`${message}\n`);
    if (error instanceof UsageError) return USAGE;
    if (!(error instanceof CheckFailed) && process.env['LAB_TRACE']) console.err(`${(error as Error).stack}\n`);
    return 1;
  } finally {
    stopListening();
    training?.stopBackend();
  }
}

function complain(error: CommanderError, command: Command, console: Console): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') {
    console.err(command.helpInformation());
    return USAGE;
  }
  console.err(`${error.message}\n`);
  if (error.code === 'commander.unknownOption') {
    console.err(`"lab ${command.name()}" takes: ${flagsOf(command).join(' ')}\n`);
  } else if (error.code === 'commander.unknownCommand') {
    console.err(`Commands: ${command.commands.map((known) => known.name()).join(', ')}\n`);
  }
  return USAGE;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await lab(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  });
}
