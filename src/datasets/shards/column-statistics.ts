/** Range, mean and standard deviation of each column of an array that is added in blocks of rows. */

interface ColumnStatistics {
  min: number[];
  max: number[];
  mean: number[];
  /** Standard deviation over all rows (divided by n). */
  std: number[];
}

/** A value that is not finite, and its place. */
export interface NotFinite {
  row: number;
  column: number;
  value: number;
}

export class ColumnTally {
  readonly #columns: number;
  #rows = 0;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  /** The first row. Sums of differences from it lose less to rounding than sums of values. */
  readonly #origin: Float64Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;

  constructor(columns: number) {
    this.#columns = columns;
    this.#min = new Float64Array(columns).fill(Infinity);
    this.#max = new Float64Array(columns).fill(-Infinity);
    this.#origin = new Float64Array(columns);
    this.#sum = new Float64Array(columns);
    this.#squares = new Float64Array(columns);
  }

  /** Adds a block of whole rows. @returns the first value that is NaN or infinite, or null. */
  add(values: Float32Array | Float64Array): NotFinite | null {
    const columns = this.#columns;
    const min = this.#min;
    const max = this.#max;
    const origin = this.#origin;
    const sum = this.#sum;
    const squares = this.#squares;
    if (this.#rows === 0) origin.set(values.subarray(0, columns));
    for (let i = 0, column = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) return { row: this.#rows + Math.floor(i / columns), column, value };
      if (value < min[column]!) min[column] = value;
      if (value > max[column]!) max[column] = value;
      const distance = value - origin[column]!;
      sum[column] = sum[column]! + distance;
      squares[column] = squares[column]! + distance * distance;
      if (++column === columns) column = 0;
    }
    this.#rows += values.length / columns;
    return null;
  }

  statistics(): ColumnStatistics {
    const mean = Array.from(this.#sum, (sum) => sum / this.#rows);
    return {
      min: Array.from(this.#min),
      max: Array.from(this.#max),
      mean: mean.map((distance, column) => this.#origin[column]! + distance),
      std: mean.map((distance, column) =>
        Math.sqrt(Math.max(0, this.#squares[column]! / this.#rows - distance * distance)),
      ),
    };
  }
}
