/** Episodes of a dataset of trajectories. An episode ends at a terminal, at a timeout, or with the data. */

/** How an episode ended: by the environment, by a time limit, or with the data. */
export type EpisodeEnd = 'terminal' | 'timeout' | 'cut';

/** One entry per episode, in the order of the rows. */
interface EpisodeIndex {
  /** Its first row. */
  starts: number[];
  /** Sums of rewards, undiscounted, in float64. */
  returns: number[];
  ends: EpisodeEnd[];
}

/** The episodes of [rows] rewards and flags. A row that is both terminal and timeout counts as terminal. */
export function indexEpisodes(
  rewards: ArrayLike<number>,
  terminals: ArrayLike<number>,
  timeouts: ArrayLike<number>,
): EpisodeIndex {
  const index: EpisodeIndex = { starts: [], returns: [], ends: [] };
  let start = 0;
  let sum = 0;
  for (let row = 0; row < rewards.length; row++) {
    sum += rewards[row]!;
    const end: EpisodeEnd = terminals[row]! ? 'terminal' : timeouts[row]! ? 'timeout' : 'cut';
    if (end === 'cut' && row + 1 < rewards.length) continue;
    index.starts.push(start);
    index.returns.push(sum);
    index.ends.push(end);
    start = row + 1;
    sum = 0;
  }
  return index;
}

/** Rows of each episode. */
export function episodeLengths(starts: readonly number[], rows: number): number[] {
  return starts.map((start, episode) => (starts[episode + 1] ?? rows) - start);
}
