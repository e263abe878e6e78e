/** Histograms of columns: counts in equal bins from a column's minimum to its maximum. */

export interface Histogram {
  low: number;
  high: number;
  /** One count per bin; the last bin includes the maximum. */
  counts: number[];
}

/** The range of a column. A column with a single value has it in the middle of its range. */
function rangeOf(min: number, max: number): { low: number; high: number } {
  if (max > min) return { low: min, high: max };
  const half = Math.max(0.5, Math.abs(min) * 1e-3);
  return { low: min - half, high: min + half };
}

/** The histogram of a list. @throws Error if it is empty. */
export function histogram(values: ArrayLike<number>, bins: number): Histogram {
  if (values.length === 0) throw new Error('A histogram needs at least one value.');
  return columnHistograms(values, 1, bins)[0]!;
}

/** A histogram of each column of row-major values; none for an empty list. */
export function columnHistograms(values: ArrayLike<number>, columns: number, bins: number): Histogram[] {
  const min = new Float64Array(columns).fill(Infinity);
  const max = new Float64Array(columns).fill(-Infinity);
  for (let i = 0, column = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min[column]!) min[column] = value;
    if (value > max[column]!) max[column] = value;
    if (++column === columns) column = 0;
  }
  if (values.length === 0) return [];
  const ranges = Array.from(min, (low, column) => rangeOf(low, max[column]!));
  const low = Float64Array.from(ranges, (range) => range.low);
  const scale = Float64Array.from(ranges, (range) => bins / (range.high - range.low));
  const counts = new Uint32Array(columns * bins);
  for (let i = 0, column = 0; i < values.length; i++) {
    const bin = Math.min(bins - 1, Math.floor((values[i]! - low[column]!) * scale[column]!));
    counts[column * bins + bin]!++;
    if (++column === columns) column = 0;
  }
  return ranges.map((range, column) => ({
    ...range,
    counts: Array.from(counts.subarray(column * bins, (column + 1) * bins)),
  }));
}
