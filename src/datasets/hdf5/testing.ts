/** HDF5 files of both layouts, written for tests. */
import h5wasm, { type File, type Group } from 'h5wasm/node';

type Values = Int8Array | Uint8Array | Int32Array | BigInt64Array | Float32Array | Float64Array;
/** A dataset: its values and shape; or a group of such; or null, to leave it out. */
export interface Written {
  [name: string]: readonly [Values, readonly number[]] | Written | null;
}

/** Writes a file of these datasets and groups. */
export async function writeFixture(path: string, contents: Written): Promise<void> {
  await h5wasm.ready;
  const file: File = new h5wasm.File(path, 'w');
  writeGroup(file, contents);
  file.close();
}

function writeGroup(group: Group, contents: Written): void {
  for (const [name, value] of Object.entries(contents)) {
    if (value === null) continue;
    if (isDataset(value)) group.create_dataset({ name, data: value[0], shape: [...value[1]] });
    else writeGroup(group.create_group(name), value);
  }
}

function isDataset(value: Written[string]): value is readonly [Values, readonly number[]] {
  return Array.isArray(value);
}

/** n rows of D4RL's layout with 11 observations and 3 actions; a terminal every tenth row, a timeout at row 14. */
export function d4rlContents(rows: number): Record<string, readonly [Values, readonly number[]]> {
  return {
    observations: [Float32Array.from({ length: rows * 11 }, (_, i) => Math.sin(i)), [rows, 11]],
    actions: [Float32Array.from({ length: rows * 3 }, (_, i) => Math.cos(i)), [rows, 3]],
    rewards: [Float32Array.from({ length: rows }, (_, i) => i / 4), [rows]],
    terminals: [Int8Array.from({ length: rows }, (_, i) => Number(i % 10 === 9)), [rows]],
    timeouts: [Int8Array.from({ length: rows }, (_, i) => Number(i === 14)), [rows]],
  };
}

/** An episode of Minari's layout: 4 observations (row t holds t and the episode's number), 2 actions. */
export function minariEpisode(episode: number, steps: number, end: 'terminated' | 'truncated' | 'open'): Written {
  const last = (flag: boolean) => Int8Array.from({ length: steps }, (_, i) => Number(flag && i === steps - 1));
  return {
    observations: [Float64Array.from({ length: 4 * (steps + 1) }, (_, i) => (i >> 2) + episode / 8), [steps + 1, 4]],
    actions: [Float32Array.from({ length: 2 * steps }, (_, i) => i + episode), [steps, 2]],
    rewards: [Float64Array.from({ length: steps }, (_, i) => i + episode), [steps]],
    terminations: [last(end === 'terminated'), [steps]],
    truncations: [last(end === 'truncated'), [steps]],
    infos: {},
  };
}
