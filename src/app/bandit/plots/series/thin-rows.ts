/**
 * Rows of numbers under a bound: when they are full, every second one is dropped and from then on every 2nd (4th,
 * 8th, …) is kept. The first row and the latest are always there.
 */
export class ThinRows {
  /** Every n-th row is stored. */
  stride = 1;
  /** Stored rows, without the latest one if it falls between two strides. */
  #stored = 0;
  /** Rows ever appended (less those cut off). */
  #appended = 0;
  #columns = new Map<string, Float64Array>();
  /** The latest row, if it is not stored. */
  #tail: Record<string, number> | null = null;

  readonly capacity: number;
  /** Column by which `truncate` cuts, present in every row. */
  readonly #key: string;

  constructor(capacity: number, key: string) {
    if (capacity < 4) throw new Error(`A bound of ${capacity} rows is too low; 4 or more`);
    this.capacity = capacity;
    this.#key = key;
  }

  get length(): number {
    return this.#stored + (this.#tail ? 1 : 0);
  }

  names(): string[] {
    return [...this.#columns.keys()];
  }

  append(row: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(row)) this.#column(name);
    if (this.#appended % this.stride === 0) {
      this.#tail = null;
      this.#store(row);
      if (this.#stored >= this.capacity) this.#halve();
    } else {
      this.#tail = { ...row };
    }
    this.#appended++;
  }

  /** Value of a column in a row; NaN where the row had none. */
  value(name: string, row: number): number {
    if (row === this.#stored && this.#tail) return this.#tail[name] ?? NaN;
    return row < this.#stored ? (this.#columns.get(name)?.[row] ?? NaN) : NaN;
  }

  /** The last row's key; -Infinity without rows. */
  lastKey(): number {
    return this.length === 0 ? -Infinity : this.value(this.#key, this.length - 1);
  }

  /** Drops rows whose key is at or above a bound: what came after a point that the run went back to. */
  truncate(bound: number): void {
    if (this.#tail && this.#tail[this.#key]! >= bound) this.#tail = null;
    const before = this.#stored;
    while (this.#stored > 0 && this.#columns.get(this.#key)![this.#stored - 1]! >= bound) this.#stored--;
    if (this.#stored < before) this.#appended = this.#stored * this.stride;
  }

  clear(): void {
    this.stride = 1;
    this.#stored = 0;
    this.#appended = 0;
    this.#tail = null;
    this.#columns.clear();
  }

  #column(name: string): Float64Array {
    let column = this.#columns.get(name);
    if (!column) {
      column = new Float64Array(Math.min(this.capacity, Math.max(64, 2 * this.#stored))).fill(NaN);
      this.#columns.set(name, column);
    }
    return column;
  }

  #store(row: Readonly<Record<string, number>>): void {
    for (const [name, known] of this.#columns) {
      let column = known;
      if (this.#stored >= column.length) {
        column = new Float64Array(Math.min(this.capacity, 2 * known.length)).fill(NaN);
        column.set(known);
        this.#columns.set(name, column);
      }
      column[this.#stored] = row[name] ?? NaN;
    }
    this.#stored++;
  }

  #halve(): void {
    const half = Math.ceil(this.#stored / 2);
    // The last of an even number of rows is dropped: it becomes the tail.
    if (this.#stored % 2 === 0) {
      this.#tail = {};
      for (const name of this.#columns.keys()) this.#tail[name] = this.value(name, this.#stored - 1);
    }
    for (const column of this.#columns.values()) {
      for (let i = 1; i < half; i++) column[i] = column[2 * i]!;
    }
    this.#stored = half;
    this.stride *= 2;
  }
}
