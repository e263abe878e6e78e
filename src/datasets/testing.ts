/** Synthetic trajectories and a folder in memory, for tests. */
import { RandomStream } from '../math/streams.ts';
import type { RowSource } from './arrays.ts';
import type { DatasetFolder } from './library/folder.ts';
import type { DatasetDescription } from './shards/writer.ts';
import type { Trajectories } from './transitions.ts';

/** Episodes of 7 rows that end alternately with a terminal and a timeout; the last one is cut. */
export function syntheticTrajectories(rows: number, width: number, actionWidth: number): Trajectories {
  const stream = new RandomStream(1, 'datasets/testing');
  let step = 0;
  const normal = (length: number) => {
    const values = new Float32Array(length);
    stream.fillNormal(values, step++);
    return values;
  };
  const ends = (turn: number) => Uint8Array.from({ length: rows }, (_, row) => Number(row % 14 === 7 * turn + 6));
  return {
    observations: normal(rows * width),
    actions: normal(rows * actionWidth).map(Math.tanh),
    rewards: normal(rows),
    terminals: ends(0),
    timeouts: ends(1),
  };
}

/** Trajectories as if read from a file. */
export function sourceOf(data: Trajectories, double = false): RowSource {
  const rows = data.rewards.length;
  const floats = (values: Float32Array, columns: number | null) => ({
    columns,
    dtype: double ? ('float64' as const) : ('float32' as const),
    read(begin: number, end: number) {
      const part = values.slice(begin * (columns ?? 1), end * (columns ?? 1));
      return double ? Float64Array.from(part, (value) => value + 1e-9) : part;
    },
  });
  return {
    rows,
    observations: floats(data.observations, data.observations.length / rows),
    actions: floats(data.actions, data.actions.length / rows),
    rewards: floats(data.rewards, null),
    terminals: { read: (begin, end) => data.terminals.slice(begin, end) },
    timeouts: { read: (begin, end) => data.timeouts.slice(begin, end) },
    where: (row) => `the ${row}th`,
  };
}

export const SYNTHETIC: DatasetDescription = {
  id: 'synthetic',
  environment: null,
  referenceReturns: null,
  licence: 'none',
  provenance: 'drawn for a test',
  notes: [],
  source: { layout: 'd4rl', name: 'synthetic.hdf5', bytes: 1, sha256: '0'.repeat(64), published: null },
};

/** A folder in memory: files by path, in write order. */
export class MemoryFolder implements DatasetFolder {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();

  write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, new Uint8Array(bytes));
    return Promise.resolve();
  }

  read(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return Promise.resolve(this.files.get(path) ?? null);
  }

  size(path: string): Promise<number | null> {
    return Promise.resolve(this.files.get(path)?.length ?? null);
  }

  drop(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }
}
