/**
 * Where a row runs: a process or browser of its own. No row slows another down, and a row that takes too long can be
 * ended in the middle of a step.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TimedBlock, RowMemory, RowReady, RowReply, RowRequest, RowSpec } from './messages.ts';
import type { BenchTask } from './tasks.ts';

/** Answers one request at a time. */
export interface Channel {
  ask(request: RowRequest): Promise<RowReply>;
  /** Ends the answering process, even in the middle of a request. */
  close(): Promise<void>;
}

/** The bench's side of one row. */
export class RowHost {
  readonly spec: RowSpec;
  readonly #task: BenchTask;
  readonly #open: () => Promise<Channel>;
  #channel: Channel | null = null;
  #closed = false;

  constructor(spec: RowSpec, task: BenchTask, open: () => Promise<Channel>) {
    this.spec = spec;
    this.#task = task;
    this.#open = open;
  }

  /** Sets the row up and takes its first step. @throws Error If the row cannot run. */
  async start(): Promise<RowReady> {
    this.#channel = await this.#open();
    if (this.#closed) await this.#channel.close();
    const reply = await this.#ask({ start: this.spec, task: this.#task });
    if ('ready' in reply) return reply.ready;
    throw new Error('The row did not start.');
  }

  async run(steps: number): Promise<TimedBlock> {
    const reply = await this.#ask({ run: steps });
    if ('block' in reply) return reply.block;
    throw new Error('The row took no steps.');
  }

  async memory(): Promise<RowMemory> {
    const reply = await this.#ask({ memory: true });
    if ('memory' in reply) return reply.memory;
    throw new Error('The row does not report its memory.');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#channel?.close();
  }

  async #ask(request: RowRequest): Promise<RowReply> {
    if (!this.#channel) throw new Error('The row was not started.');
    const reply = await this.#channel.ask(request);
    if ('error' in reply) throw new Error(reply.error);
    return reply;
  }
}

/** A process that reads requests and writes replies, one per line. Other lines on its standard output are ignored. */
function processChannel(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Channel {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  let settle: { resolve(reply: RowReply): void; reject(error: Error): void } | null = null;
  /** Why the process no longer answers; null while it runs. */
  let ended: string | null = null;
  const endError = (reason: string) => new Error(`${reason}${stderr === '' ? '' : `: ${errorLine(stderr)}`}`);
  const exited = new Promise<void>((resolve) => {
    const fail = (reason: string) => {
      ended ??= reason;
      settle?.reject(endError(ended));
      settle = null;
      resolve();
    };
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, signal) => fail(`It ended (${signal ?? `exit code ${code}`})`));
  });
  child.stderr.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-2000)));
  // The exit event reports a process that has ended.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = parseReply(line);
    if (!reply) return;
    settle?.resolve(reply);
    settle = null;
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(endError(ended));
        settle = { resolve, reject };
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The line of standard error that names the error, rather than its stack. */
function errorLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
}

function parseReply(line: string): RowReply | null {
  if (!/^\{"(ready|block|memory|error)"/.test(line)) return null;
  return JSON.parse(line) as RowReply;
}

/** Environment variable of a process that runs one row. */
export const ROW_VARIABLE = 'BENCH_ROW';

/** A tfjs row in a Node process of its own: this same program, started as a row. */
export async function nodeChannel(): Promise<Channel> {
  // When run from the sources, the script that loads TypeScript is started instead.
  const own = import.meta.url;
  const program = own.endsWith('.ts') ? new URL('../../scripts/bench.mjs', own).href : own;
  return processChannel(process.execPath, [fileURLToPath(program)], { [ROW_VARIABLE]: '1' });
}

const STEP_SCRIPT = fileURLToPath(new URL('./pytorch/step.py', import.meta.url));

export interface PyTorch {
  /** The Python interpreter. */
  python: string;
  versions: Record<string, string>;
}

/** The first Python with PyTorch, or null. */
export async function findPyTorch(): Promise<PyTorch | null> {
  const candidates = [process.env['PYTHON'], 'python3', '/usr/bin/python3', 'python'];
  for (const python of candidates) {
    if (!python) continue;
    const text = await output(python, [STEP_SCRIPT, '--versions']);
    if (text !== null) return { python, versions: JSON.parse(text) as Record<string, string> };
  }
  return null;
}

export async function pytorchChannel(python: string, threads: number): Promise<Channel> {
  // The BLAS reads its own variable before PyTorch can set the count.
  const count = String(threads);
  return processChannel(python, [STEP_SCRIPT], { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count });
}

/** Replays a parity case in PyTorch and returns the largest relative error of its losses. */
export async function pytorchParity(python: string, file: string): Promise<number> {
  const text = await output(python, [STEP_SCRIPT, '--parity', file]);
  if (text === null) throw new Error(`PyTorch could not replay ${file}.`);
  return (JSON.parse(text) as { maxLossError: number }).maxLossError;
}

/** Standard output of a command, or null if it fails. */
function output(command: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(command, args, (error, stdout) => resolve(error ? null : stdout));
  });
}
