/** Ratios of rows to each other, with their targets. */
import type { PathName, RowBackend } from './messages.ts';
import type { BenchRow } from './rounds.ts';
import { TASK_NAMES, type TaskName } from './tasks.ts';

interface Side {
  path: PathName;
  backend: RowBackend;
  agents?: number;
}

interface Comparison {
  ratio: string;
  faster: Side;
  slower: Side;
  /** The target ratio by task; null for none. */
  goal: (name: TaskName) => number | null;
}

export interface Ratio {
  /** The two sides, the expected faster one first. */
  ratio: string;
  name: TaskName;
  /** How many times as fast the first side is, per agent and step. */
  value: number;
  goal: number | null;
}

const always = (goal: number | null) => () => goal;
const ofD4rl = (goal: number | null, other: number | null) => (name: TaskName) =>
  name.startsWith('d4rl') ? goal : other;

const on = (backend: RowBackend, path: PathName): Side => ({ path, backend });
const RECORDED = on('webgpu', 'recorded');
const FUSED_ON_WASM = on('wasm', 'fused');
const RECORDED_ON_WASM = on('wasm', 'recorded');

const COMPARISONS: readonly Comparison[] = [
  { ratio: 'recorded / plain, WebGPU', faster: RECORDED, slower: on('webgpu', 'plain'), goal: ofD4rl(10, null) },
  { ratio: 'recorded / fused, WebGPU', faster: RECORDED, slower: on('webgpu', 'fused'), goal: always(null) },
  { ratio: 'fused / plain, wasm', faster: FUSED_ON_WASM, slower: on('wasm', 'plain'), goal: ofD4rl(4, null) },
  { ratio: 'recorded / plain, wasm', faster: RECORDED_ON_WASM, slower: on('wasm', 'plain'), goal: ofD4rl(4, null) },
  { ratio: 'recorded / fused, wasm', faster: RECORDED_ON_WASM, slower: FUSED_ON_WASM, goal: always(null) },
  {
    ratio: 'fused on wasm / PyTorch eager on the CPU',
    faster: FUSED_ON_WASM,
    slower: on('cpu', 'pytorch'),
    goal: ofD4rl(0.5, 1),
  },
  {
    ratio: 'recorded on wasm / PyTorch eager on the CPU',
    faster: RECORDED_ON_WASM,
    slower: on('cpu', 'pytorch'),
    goal: ofD4rl(0.5, 1),
  },
  { ratio: 'recorded / PyTorch eager, GPU', faster: RECORDED, slower: on('cuda', 'pytorch'), goal: ofD4rl(5, null) },
  {
    ratio: 'recorded / PyTorch with CUDA graphs, GPU',
    faster: RECORDED,
    slower: on('cuda', 'pytorch-graphs'),
    goal: always(null),
  },
];

/** The row of a side, at a number of threads. */
function find(rows: readonly BenchRow[], side: Side & { name: TaskName; threads: number }): BenchRow | undefined {
  const { name, path, backend, threads, agents = 1 } = side;
  return rows.find(
    (row) =>
      row.name === name &&
      row.path === path &&
      row.backend === backend &&
      row.threads === threads &&
      row.agents === agents,
  );
}

/** Throughput of a batch of agents relative to one agent. The target at 8 agents is 3. */
function agentRatios(rows: readonly BenchRow[]): Ratio[] {
  return rows.flatMap((row) => {
    const one = row.agents === 1 ? undefined : find(rows, { ...row, agents: 1 });
    if (!one) return [];
    return [
      {
        ratio: `${row.agents} agents / 1, ${row.path} on ${row.backend}`,
        name: row.name,
        value: (row.agents * one.stepMs) / row.stepMs,
        goal: row.agents === 8 && row.path === 'recorded' ? 3 : null,
      },
    ];
  });
}

function threadRatios(rows: readonly BenchRow[]): Ratio[] {
  return rows.flatMap((row) => {
    const one = row.threads === 1 ? undefined : find(rows, { ...row, threads: 1 });
    if (!one) return [];
    const ratio = `${row.threads} threads / 1, ${row.path} on ${row.backend}`;
    return [{ ratio, name: row.name, value: one.stepMs / row.stepMs, goal: null }];
  });
}

/** Every comparison with both sides measured at equal thread counts. Only one thread has targets. */
export function ratiosOf(rows: readonly BenchRow[]): Ratio[] {
  const counts = [...new Set(rows.map(({ threads }) => threads))].sort((a, b) => a - b);
  const pairs = COMPARISONS.flatMap(({ ratio, faster, slower, goal }) =>
    TASK_NAMES.flatMap((name) =>
      counts.flatMap((threads) => {
        const first = find(rows, { ...faster, name, threads });
        const second = find(rows, { ...slower, name, threads });
        if (!first || !second) return [];
        const value = second.stepMs / first.stepMs;
        if (threads === 1) return [{ ratio, name, value, goal: goal(name) }];
        return [{ ratio: `${ratio}, ${threads} threads`, name, value, goal: null }];
      }),
    ),
  );
  return [...pairs, ...agentRatios(rows), ...threadRatios(rows)];
}
