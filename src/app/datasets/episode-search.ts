/** Finds episodes by row, and by a typed query: numbers, kinds of end, bounds on return and length. */
import type { EpisodeEnd } from '../../datasets/episodes.ts';

export const EPISODE_SORTS = {
  number: 'number',
  best: 'return, best first',
  worst: 'return, worst first',
  longest: 'length, longest first',
  shortest: 'length, shortest first',
} as const;
export type EpisodeSort = keyof typeof EPISODE_SORTS;

export interface EpisodeTable {
  returns: readonly number[];
  lengths: readonly number[];
  ends: readonly EpisodeEnd[];
}

type Test = (episode: number) => boolean;

const BOUND = /^(return|length)(<=|>=|<|>|=)(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;
const COMPARE: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '=': (value, bound) => value === bound,
};

/**
 * Finds the episodes that match every term of a query; of several numbers, any may match. An unknown term finds none
 * and is named in `error`.
 */
export function findEpisodes(
  table: EpisodeTable,
  query: string,
  order: EpisodeSort,
): { found: number[]; error: string | null } {
  const numbers = new Set<number>();
  const tests: Test[] = [];
  for (const word of query.toLowerCase().split(/[\s,]+/)) {
    if (word === '') continue;
    const test = testOf(table, word);
    if (/^\d+$/.test(word)) numbers.add(Number(word));
    else if (test) tests.push(test);
    else {
      return {
        found: [],
        error: `“${word}” is neither an episode number, nor terminal, timeout or cut, nor a bound such as return>50.`,
      };
    }
  }
  if (numbers.size > 0) tests.push((episode) => numbers.has(episode));
  const found = table.returns.flatMap((_, episode) => (tests.every((test) => test(episode)) ? [episode] : []));
  const { returns, lengths } = table;
  const compare: Readonly<Record<EpisodeSort, (a: number, b: number) => number>> = {
    number: () => 0,
    best: (a, b) => returns[b]! - returns[a]!,
    worst: (a, b) => returns[a]! - returns[b]!,
    longest: (a, b) => lengths[b]! - lengths[a]!,
    shortest: (a, b) => lengths[a]! - lengths[b]!,
  };
  return { found: found.sort(compare[order]), error: null };
}

function testOf({ returns, lengths, ends }: EpisodeTable, word: string): Test | null {
  if (word === 'terminal' || word === 'timeout' || word === 'cut') return (episode) => ends[episode] === word;
  const [, quantity, sign, bound] = BOUND.exec(word) ?? [];
  const compare = COMPARE[sign ?? ''];
  if (!compare) return null;
  const values = quantity === 'return' ? returns : lengths;
  return (episode) => compare(values[episode]!, Number(bound));
}

/** The episode of a row, and its step there. @param starts the first row of each episode, ascending from 0. */
export function episodeOfRow(starts: readonly number[], row: number): { episode: number; step: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return { episode: low, step: row - starts[low]! };
}
