/**
 * Rows of numbers under a bound: when they are full, every second one is dropped and from then on every 2nd (4th,
 * 8th, …) is kept. The first row and the latest are always there.
 */
export class ThinRows {
  /** Every how many rows one is kept. */
  stride = 1;
  /** Kept rows, without the latest one where that falls between two strides. */
  private kept = 0;
  /** Rows ever appended (less those cut off). */
  private seen = 0;
  private columns = new Map<string, Float64Array>();
  /** The latest row, when it is not among those kept. */
  private tail: Record<string, number> | null = null;

  readonly capacity: number;
  /** Column by which `truncate` cuts, present in every row. */
  private readonly key: string;

  constructor(capacity: number, key: string) {
    if (capacity < 4) throw new Error(`A bound of ${capacity} rows is too low; 4 or more`);
    this.capacity = capacity;
    this.key = key;
  }

  get length(): number {
    return this.kept + (this.tail ? 1 : 0);
  }

  names(): string[] {
    return [...this.columns.keys()];
  }

  append(row: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(row)) this.column(name);
    if (this.seen % this.stride === 0) {
      this.tail = null;
      this.keep(row);
      if (this.kept >= this.capacity) this.halve();
    } else {
      this.tail = { ...row };
    }
    this.seen++;
  }

  /** Value of a column in a row; NaN where the row had none. */
  value(name: string, row: number): number {
    if (row === this.kept && this.tail) return this.tail[name] ?? NaN;
    return row < this.kept ? (this.columns.get(name)?.[row] ?? NaN) : NaN;
  }

  /** The last row's key; -Infinity without rows. */
  lastKey(): number {
    return this.length === 0 ? -Infinity : this.value(this.key, this.length - 1);
  }

  /** Drops rows whose key is at or above a bound: what came after a point that the run went back to. */
  truncate(bound: number): void {
    if (this.tail && this.tail[this.key]! >= bound) this.tail = null;
    const before = this.kept;
    while (this.kept > 0 && this.columns.get(this.key)![this.kept - 1]! >= bound) this.kept--;
    if (this.kept < before) this.seen = this.kept * this.stride;
  }

  clear(): void {
    this.stride = 1;
    this.kept = 0;
    this.seen = 0;
    this.tail = null;
    this.columns.clear();
  }

  private column(name: string): Float64Array {
    let column = this.columns.get(name);
    if (!column) {
      column = new Float64Array(Math.min(this.capacity, Math.max(64, 2 * this.kept))).fill(NaN);
      this.columns.set(name, column);
    }
    return column;
  }

  private keep(row: Readonly<Record<string, number>>): void {
    for (const [name, known] of this.columns) {
      let column = known;
      if (this.kept >= column.length) {
        column = new Float64Array(Math.min(this.capacity, 2 * known.length)).fill(NaN);
        column.set(known);
        this.columns.set(name, column);
      }
      column[this.kept] = row[name] ?? NaN;
    }
    this.kept++;
  }

  private halve(): void {
    const half = Math.ceil(this.kept / 2);
    // An even number of rows ends on one that goes: it stays on as the latest.
    if (this.kept % 2 === 0) {
      this.tail = {};
      for (const name of this.columns.keys()) this.tail[name] = this.value(name, this.kept - 1);
    }
    for (const column of this.columns.values()) {
      for (let i = 1; i < half; i++) column[i] = column[2 * i]!;
    }
    this.kept = half;
    this.stride *= 2;
  }
}
