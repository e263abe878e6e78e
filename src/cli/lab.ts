/** `npm run --silent lab -- …`: the playground's modules on the command line. */
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { onGpuError } from '../tensor/webgpu/errors.ts';
import { COMMANDS } from './commands.ts';
import { CheckFailed, UsageError, type Console } from './console.ts';
import { flagsOf } from './options.ts';

const USAGE = 2;

/**
 * Runs one command line (without node and script).
 * @returns The exit code: 0 for success, 1 if the command or a check failed, 2 for wrong arguments.
 */
export async function lab(argv: readonly string[], streams: Omit<Console, 'progress'>): Promise<number> {
  const gpuErrors: string[] = [];
  const stopListening = onGpuError((message) => gpuErrors.push(message));
  const quiet = argv.includes('--json');
  const console: Console = { ...streams, progress: (text) => (quiet ? undefined : streams.err(text)) };
  const program = new Command('lab').description(
    'Trains, compares and draws what the playground trains, converts datasets, and runs the bodies, from Node.',
  );
  // Help and the error for an unknown name list every command.
  const named = argv[0] !== undefined && Object.hasOwn(COMMANDS, argv[0]) ? COMMANDS[argv[0]] : undefined;
  const rows = named ? [named] : Object.values(COMMANDS);
  for (const create of await Promise.all(rows.map(({ load }) => load()))) program.addCommand(create(console));
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
    if (error instanceof CommanderError) return reportUsage(error, called, console);
    const message = error instanceof Error ? error.message : String(error);
    console.err(`${message}\n`);
    if (error instanceof UsageError) return USAGE;
    if (!(error instanceof CheckFailed) && process.env['LAB_TRACE']) console.err(`${(error as Error).stack}\n`);
    return 1;
  } finally {
    stopListening();
    if (rows.some(({ usesBackend }) => usesBackend)) (await import('../tensor/backend.ts')).stopBackend();
  }
}

function reportUsage(error: CommanderError, command: Command, console: Console): number {
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
