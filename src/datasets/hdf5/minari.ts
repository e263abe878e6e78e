/**
 * Minari's layout: groups `episode_0`, `episode_1`, …, each with `observations` [T + 1, S], `actions` [T, A], `rewards`,
 * `terminations`, `truncations` [T]; and a `metadata.json` in the same folder.
 *
 * Rows are the T steps of each episode. The last observation of an episode has no row: after a termination nothing
 * reads it, and after a truncation D4RL's rules drop the transition.
 */
import type { Dataset, Group } from 'h5wasm';
import { z } from 'zod';
import type { FlagSource, FloatSource, RowSource } from '../arrays.ts';
import {
  contentsOf,
  datasetAt,
  flagVector,
  floatMatrix,
  floatVector,
  groupAt,
  LayoutError,
  rowsOf,
} from './readers.ts';

export const MINARI_METADATA = 'metadata.json';

const metadataSchema = z.object({
  dataset_id: z.string(),
  total_episodes: z.number().optional(),
  total_steps: z.number().optional(),
  env_spec: z.unknown().optional(),
  algorithm_name: z.unknown().optional(),
  author: z.unknown().optional(),
  ref_min_score: z.unknown().optional(),
  ref_max_score: z.unknown().optional(),
});

/** The fields of `metadata.json` that are used. */
export interface MinariMetadata {
  datasetId: string;
  /** Gymnasium's id of the environment, or null if the file names none. */
  environment: string | null;
  algorithm: string | null;
  author: string | null;
  referenceReturns: { min: number; max: number } | null;
  totalEpisodes: number | null;
  totalSteps: number | null;
}

const EPISODE = /^episode_(\d+)$/;
const NEEDED = 'observations [T + 1, S], actions [T, A], rewards, terminations, truncations [T]';
const ARRAYS = ['observations', 'actions', 'rewards', 'terminations', 'truncations'] as const;

interface Episode {
  name: string;
  /** Its first row in the whole. */
  start: number;
  steps: number;
  observations: FloatSource;
  actions: FloatSource;
  rewards: FloatSource;
  terminations: FlagSource;
  truncations: FlagSource;
}

/** Whether a file has any episode of this layout. */
export function looksLikeMinari(file: Group): boolean {
  return file.keys().some((key) => EPISODE.test(key));
}

/** @throws Error that says what is wrong with the text. */
export function parseMinariMetadata(text: string): MinariMetadata {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new Error(`${MINARI_METADATA} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const result = metadataSchema.safeParse(raw);
  if (!result.success) {
    const fields = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`${MINARI_METADATA} is not Minari's: ${fields.join('; ')}.`);
  }
  const { data } = result;
  const [min, max] = [data.ref_min_score, data.ref_max_score];
  const scored = typeof min === 'number' && typeof max === 'number' && max > min;
  return {
    datasetId: data.dataset_id,
    environment: environmentOf(data.env_spec),
    algorithm: textOf(data.algorithm_name),
    author: textOf(data.author),
    referenceReturns: scored ? { min, max } : null,
    totalEpisodes: data.total_episodes ?? null,
    totalSteps: data.total_steps ?? null,
  };
}

/**
 * The rows of all episodes, in the order of their numbers. An episode that ends without a flag gets a timeout on its
 * last row, since the next row is another episode's; `unflagged` counts them.
 *
 * @throws LayoutError that names the episode and what it lacks.
 */
export function readMinari(file: Group, metadata: MinariMetadata): RowSource & { unflagged: number } {
  const episodes = openEpisodes(file);
  const last = episodes.at(-1)!;
  const rows = last.start + last.steps;
  demandTotal('total_episodes', metadata.totalEpisodes, episodes.length, 'episodes');
  demandTotal('total_steps', metadata.totalSteps, rows, 'steps');

  const [first] = episodes as [Episode];
  const floats = (name: 'observations' | 'actions' | 'rewards'): FloatSource => {
    const { columns } = first[name];
    const wide = episodes.find((episode) => episode[name].dtype === 'float64');
    for (const episode of episodes) {
      if (episode[name].columns === columns) continue;
      throw new LayoutError(
        `${episode.name}/${name} has ${episode[name].columns} columns, ${first.name}/${name} ${columns}; they should agree.`,
      );
    }
    const make = (length: number) => (wide ? new Float64Array(length) : new Float32Array(length));
    return { columns, dtype: wide ? 'float64' : 'float32', read: gather(episodes, name, columns ?? 1, make) };
  };
  const make = (length: number) => new Uint8Array(length);
  const terminals = gather(episodes, 'terminations', 1, make)(0, rows);
  const timeouts = gather(episodes, 'truncations', 1, make)(0, rows);
  return {
    rows,
    observations: floats('observations'),
    actions: floats('actions'),
    rewards: floats('rewards'),
    unflagged: closeEpisodes(episodes, terminals, timeouts),
    terminals: { read: (begin, end) => terminals.subarray(begin, end) },
    timeouts: { read: (begin, end) => timeouts.subarray(begin, end) },
    where(row) {
      const { name, start } = episodes[episodeAt(episodes, row)]!;
      return `${name}, step ${row - start}`;
    },
  };
}

function openEpisodes(file: Group): Episode[] {
  const numbers = file
    .keys()
    .flatMap((key) => EPISODE.exec(key)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const gap = numbers.findIndex((number, i) => number !== i);
  if (gap >= 0) {
    throw new LayoutError(`Minari's layout without episode_${gap}; the file goes on with episode_${numbers[gap]}.`);
  }
  let start = 0;
  return numbers.map((number) => {
    const episode = openEpisode(file, `episode_${number}`, start);
    start += episode.steps;
    return episode;
  });
}

function openEpisode(file: Group, name: string, start: number): Episode {
  const group = groupAt(file, name);
  if (!group) throw new LayoutError(`${name} is no group; it should hold ${NEEDED}.`);
  const datasets = {} as Record<(typeof ARRAYS)[number], Dataset>;
  for (const array of ARRAYS) {
    const dataset = datasetAt(group, array);
    if (!dataset) {
      const spaces = groupAt(group, array) ? ` (${array} is a group: only flat arrays of floats are read)` : '';
      throw new LayoutError(`${name} lacks ${array}${spaces}. Needed: ${NEEDED}. Found: ${contentsOf(group)}.`);
    }
    datasets[array] = dataset;
  }
  const steps = rowsOf(datasets.rewards);
  if (steps === 0) throw new LayoutError(`${name} has no steps; an episode has at least one.`);
  for (const array of ARRAYS) {
    const right = array === 'observations' ? steps + 1 : steps;
    const found = rowsOf(datasets[array]);
    if (found === right) continue;
    throw new LayoutError(`${name}/${array} has ${found} rows; with ${steps} rewards it should have ${right}.`);
  }
  return {
    name,
    start,
    steps,
    observations: floatMatrix(datasets.observations),
    actions: floatMatrix(datasets.actions),
    rewards: floatVector(datasets.rewards),
    terminations: flagVector(datasets.terminations),
    truncations: flagVector(datasets.truncations),
  };
}

/** Reads rows from the episodes that contain them. */
function gather<Values extends Float32Array | Float64Array | Uint8Array>(
  episodes: readonly Episode[],
  name: (typeof ARRAYS)[number],
  columns: number,
  make: (length: number) => Values,
): (begin: number, end: number) => Values {
  return (begin, end) => {
    const out = make((end - begin) * columns);
    for (let i = episodeAt(episodes, begin), row = begin; row < end; i++) {
      const { start, steps, [name]: array } = episodes[i]!;
      const stop = Math.min(end, start + steps);
      out.set(array.read(row - start, stop - start), (row - begin) * columns);
      row = stop;
    }
    return out;
  };
}

/** Index of the episode that contains a row. */
function episodeAt(episodes: readonly Episode[], row: number): number {
  let low = 0;
  let high = episodes.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (episodes[middle]!.start <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Ensures that every episode has a flag at its end, and none before. @returns how many got a timeout. */
function closeEpisodes(episodes: readonly Episode[], terminals: Uint8Array, timeouts: Uint8Array): number {
  let unflagged = 0;
  for (const { name, start, steps } of episodes) {
    const last = start + steps - 1;
    for (let row = start; row < last; row++) {
      if (!terminals[row] && !timeouts[row]) continue;
      const flag = terminals[row] ? 'terminations' : 'truncations';
      throw new LayoutError(
        `${name}/${flag} is set at step ${row - start} of ${steps}; only the last step of an episode ends it.`,
      );
    }
    if (terminals[last] || timeouts[last]) continue;
    timeouts[last] = 1;
    unflagged++;
  }
  return unflagged;
}

function demandTotal(field: string, stated: number | null, found: number, of: string): void {
  if (stated === null || stated === found) return;
  throw new LayoutError(
    `${MINARI_METADATA} has ${field} ${stated}; the file holds ${found} ${of}. Is one of them another's?`,
  );
}

/** The id in Minari's `env_spec`, which is JSON within the JSON. */
function environmentOf(spec: unknown): string | null {
  try {
    const value: unknown = typeof spec === 'string' ? JSON.parse(spec) : spec;
    return typeof value === 'object' && value !== null && 'id' in value ? textOf(value.id) : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return textOf(value.filter((item) => typeof item === 'string').join(', '));
  return typeof value === 'string' && value !== '' ? value : null;
}
