/** The bench: selects the rows of a run and measures them. */
import type { BackendId } from '../tensor/backend.ts';
import { findPyTorch, nodeChannel, pytorchChannel, RowHost, type Channel, type PyTorch } from './hosts.ts';
import { machineOf, type Machine } from './machine.ts';
import { checkMemory, type MemoryRow } from './memory.ts';
import { PATH_NAMES, type PathName, type RowSpec } from './messages.ts';
import { TRAINING_PATHS } from './paths.ts';
import { ratiosOf, type Ratio } from './ratios.ts';
import { FULL_SCHEDULE, measureInTurn, QUICK_SCHEDULE, type BenchRow, type MissingRow } from './rounds.ts';
import { TASKS, tiny, type TaskName } from './tasks.ts';

export interface BenchOptions {
  names: readonly TaskName[];
  /** Backends of tfjs; PyTorch has its own devices. */
  backends: readonly BackendId[];
  /** Null selects every available path. */
  paths: readonly PathName[] | null;
  /** Thread counts, for the rows that can use several threads. */
  threads: readonly number[];
  quick: boolean;
  /** Seconds after which a row is ended; null uses the schedule's limit. */
  limitSeconds: number | null;
  /** Tiny networks, which check that everything runs but give no useful speed. */
  tiny: boolean;
  /** Whether to check that memory stays level. */
  memory: boolean;
  /** What runs the tfjs rows; by default a Node process for each. */
  runtime?: { open: () => Promise<Channel>; versions: Record<string, string> };
}

export interface BenchResult {
  machine: Machine;
  /** Measured with tiny networks: the figures say nothing about speed and are not compared. */
  tiny: boolean;
  rows: BenchRow[];
  ratios: Ratio[];
  /** Rows that gave no figure, with the reason. */
  missing: MissingRow[];
  memory: MemoryRow[];
}

/** Steps of a memory check, and the milliseconds they may take. */
const MEMORY_FULL = { steps: 10_000, limitMs: 900_000 };
const MEMORY_QUICK = { steps: 500, limitMs: 60_000 };

/** Measures the rows that the options select. */
export async function runBench(options: BenchOptions, progress: (text: string) => void): Promise<BenchResult> {
  const { names, quick, limitSeconds, runtime } = options;
  const pytorch = wants(options, 'pytorch') || wants(options, 'pytorch-graphs') ? await findPyTorch() : null;
  const open = runtime?.open ?? nodeChannel;
  const base = quick ? QUICK_SCHEDULE : FULL_SCHEDULE;
  const schedule = limitSeconds === null ? base : { ...base, limitMs: 1000 * limitSeconds };
  const result: Omit<BenchResult, 'machine' | 'ratios'> = { tiny: options.tiny, rows: [], missing: [], memory: [] };
  const versions: Record<string, string> = { ...runtime?.versions };
  let adapter: string | null = null;
  for (const name of names) {
    const { specs, missing } = rowsOf(name, options, pytorch);
    const task = options.tiny ? tiny(TASKS[name]) : TASKS[name];
    const hosts = specs.map((spec) => {
      const python = pytorch?.python ?? '';
      const ownOpen = isPyTorch(spec.path) ? () => pytorchChannel(python, spec.threads) : open;
      return new RowHost(spec, task, ownOpen);
    });
    const measured = await measureInTurn(hosts, schedule, progress);
    result.rows.push(...measured.rows);
    result.missing.push(...missing, ...measured.missing);
    for (const ready of measured.ready) Object.assign(versions, ready.versions);
    adapter ??= measured.rows.find(({ backend }) => backend === 'webgpu')?.device ?? null;
  }
  if (options.memory) {
    const { steps, limitMs } = quick ? MEMORY_QUICK : MEMORY_FULL;
    for (const backend of options.backends) {
      for (const path of tfjsPaths(options, backend)) {
        progress(`memory, ${path} on ${backend}`);
        result.memory.push(await checkMemory(path, backend, steps, limitMs, open));
      }
    }
  }
  return { machine: machineOf(adapter, versions), ...result, ratios: options.tiny ? [] : ratiosOf(result.rows) };
}

function isPyTorch(path: PathName): boolean {
  return path.startsWith('pytorch');
}

function wants({ paths }: BenchOptions, path: PathName): boolean {
  return paths === null || paths.includes(path);
}

/** The project's own requested paths that run on a backend. */
function tfjsPaths(options: BenchOptions, backend: BackendId): PathName[] {
  const runs = (path: PathName) => (TRAINING_PATHS[path]?.agents(backend).length ?? 0) > 0;
  return PATH_NAMES.filter((path) => !['plain', 'empty'].includes(path) && runs(path) && wants(options, path));
}

/** The rows of one task, and the explicitly requested rows that are not available. */
function rowsOf(
  name: TaskName,
  options: BenchOptions,
  pytorch: PyTorch | null,
): { specs: RowSpec[]; missing: MissingRow[] } {
  const specs: RowSpec[] = [];
  const missing: MissingRow[] = [];
  const leaveOut = (spec: RowSpec, reason: string) => {
    if (options.paths !== null) missing.push({ ...spec, reason });
  };
  for (const path of PATH_NAMES) {
    // The empty path does not depend on the task, so one row is enough.
    if (!wants(options, path) || (path === 'empty' && name !== options.names[0])) continue;
    const spec = { name, path, agents: 1, threads: 1 };
    if (path === 'pytorch') {
      const onCpu = { ...spec, backend: 'cpu' as const };
      if (!pytorch) leaveOut(onCpu, 'no Python with PyTorch was found');
      else for (const threads of options.threads) specs.push({ ...onCpu, threads });
    }
    if (isPyTorch(path)) {
      const onGpu = { ...spec, backend: 'cuda' as const };
      if (pytorch?.versions['gpu']) specs.push(onGpu);
      else if (path === 'pytorch-graphs') leaveOut(onGpu, 'PyTorch finds no CUDA device');
      continue;
    }
    const training = TRAINING_PATHS[path];
    for (const backend of options.backends) {
      const sizes = training?.agents(backend) ?? [];
      if (sizes.length === 0) leaveOut({ ...spec, backend }, `there is no such path on ${backend}`);
      const counts = training?.threaded(backend) ? options.threads : [1];
      for (const agents of sizes) for (const threads of counts) specs.push({ ...spec, backend, agents, threads });
    }
  }
  return { specs, missing };
}
