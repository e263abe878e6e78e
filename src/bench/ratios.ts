/** What the rows say of each other. */
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
  /** What it is held to, by task; null is not held to anything. */
  goal: (name: TaskName) => number | null;
}

export interface Ratio {
  /** What is compared, the one that ought to be faster first. */
  ratio: string;
  name: TaskName;
  /** How many times as fast the first is, an agent's step for an agent's step. */
  value: number;
  goal: number | null;
}

const always = (goal: number | null) => () => goal;
const ofD4rl = (goal: number | null, other: number | null) => (name: TaskName) =>
  name.startsWith('d4rl') ? goal : other;

const COMPARISONS: readonly Comparison[] = [
  {
    ratio: 'recorded / plain, WebGPU',
    faster: { path: 'recorded', backend: 'webgpu' },
    slower: { path: 'plain', backend: 'webgpu' },
    goal: ofD4rl(10, null),
  },
  {
    ratio: 'recorded / fused, WebGPU',
    faster: { path: 'recorded', backend: 'webgpu' },
    slower: { path: 'fused', backend: 'webgpu' },
    goal: always(null),
  },
  {
    ratio: 'fused / plain, wasm',
    faster: { path: 'fused', backend: 'wasm' },
    slower: { path: 'plain', backend: 'wasm' },
    goal: ofD4rl(4, null),
  },
  {
    ratio: 'fused on wasm / PyTorch eager on the CPU',
    faster: { path: 'fused', backend: 'wasm' },
    slower: { path: 'pytorch', backend: 'cpu' },
    goal: ofD4rl(0.5, 1),
  },
  {
    ratio: 'recorded / PyTorch eager, GPU',
    faster: { path: 'recorded', backend: 'webgpu' },
    slower: { path: 'pytorch', backend: 'cuda' },
    goal: ofD4rl(5, null),
  },
  {
    ratio: 'recorded / PyTorch with CUDA graphs, GPU',
    faster: { path: 'recorded', backend: 'webgpu' },
    slower: { path: 'pytorch-graphs', backend: 'cuda' },
    goal: always(null),
  },
];

/** Throughput of a batch of agents against one; held to 3 at 8 agents. */
function agentRatios(rows: readonly BenchRow[]): Ratio[] {
  return rows.flatMap((row) => {
    if (row.agents === 1) return [];
    const one = find(rows, row.name, { path: row.path, backend: row.backend });
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

function find(rows: readonly BenchRow[], name: TaskName, { path, backend, agents = 1 }: Side): BenchRow | undefined {
  return rows.find((row) => row.name === name && row.path === path && row.backend === backend && row.agents === agents);
}

/** Every comparison that both sides were measured for. Rows on different numbers of threads are not compared. */
export function ratiosOf(rows: readonly BenchRow[]): Ratio[] {
  const pairs = COMPARISONS.flatMap(({ ratio, faster, slower, goal }) =>
    TASK_NAMES.flatMap((name) => {
      const first = find(rows, name, faster);
      const second = find(rows, name, slower);
      if (!first || !second || first.threads !== second.threads) return [];
      return [{ ratio, name, value: second.stepMs / first.stepMs, goal: goal(name) }];
    }),
  );
  return [...pairs, ...agentRatios(rows)];
}
