/** The episode that a row lies in, and its step there. @param starts each episode's first row, rising from 0. */
export function episodeOf(starts: readonly number[], row: number): { episode: number; step: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return { episode: low, step: row - starts[low]! };
}
