/** Finds episodes by what is typed: numbers, how they ended, bounds on return and length. */
import type { EpisodeEnd } from '../../datasets/episodes.ts';

export const EPISODE_ORDERS = {
  number: 'number',
  best: 'return, best first',
  worst: 'return, worst first',
  longest: 'length, longest first',
  shortest: 'length, shortest first',
} as const;
export type EpisodeOrder = keyof typeof EPISODE_ORDERS;

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
 * The episodes that all words fit (of several numbers, any), in order. A word that means nothing finds none, and is
 * named.
 */
export function findEpisodes(
  table: EpisodeTable,
  words: string,
  order: EpisodeOrder,
): { found: number[]; complaint: string | null } {
  const numbers = new Set<number>();
  const tests: Test[] = [];
  for (const word of words.toLowerCase().split(/[\s,]+/)) {
    if (word === '') continue;
    const test = testOf(table, word);
    if (/^\d+$/.test(word)) numbers.add(Number(word));
    else if (test) tests.push(test);
    else {
      return {
        found: [],
        complaint: `“${word}” is no number of an episode, none of terminal, timeout and cut, and no bound such as return>50.`,
      };
    }
  }
  if (numbers.size > 0) tests.push((episode) => numbers.has(episode));
  const found = table.returns.flatMap((_, episode) => (tests.every((test) => test(episode)) ? [episode] : []));
  const { returns, lengths } = table;
  const compare: Readonly<Record<EpisodeOrder, (a: number, b: number) => number>> = {
    number: () => 0,
    best: (a, b) => returns[b]! - returns[a]!,
    worst: (a, b) => returns[a]! - returns[b]!,
    longest: (a, b) => lengths[b]! - lengths[a]!,
    shortest: (a, b) => lengths[a]! - lengths[b]!,
  };
  return { found: found.sort(compare[order]), complaint: null };
}

function testOf({ returns, lengths, ends }: EpisodeTable, word: string): Test | null {
  if (word === 'terminal' || word === 'timeout' || word === 'cut') return (episode) => ends[episode] === word;
  const [, quantity, sign, bound] = BOUND.exec(word) ?? [];
  const compare = COMPARE[sign ?? ''];
  if (!compare) return null;
  const values = quantity === 'return' ? returns : lengths;
  return (episode) => compare(values[episode]!, Number(bound));
}
