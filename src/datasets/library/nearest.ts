/** Nearest neighbours of an observation, each dimension measured in its own standard deviations. */

export interface Neighbours {
  /** [k], nearest first; a query row itself comes first. */
  rows: Uint32Array;
  /** [k] Euclidean distances in standard deviations. */
  distances: Float32Array;
  /** [k, A] actions of those rows. */
  actions: Float32Array;
}

/** Rows and their distances, nearest first. */
type Nearest = Pick<Neighbours, 'rows' | 'distances'>;

/**
 * The nearest rows to a row; the first is the row itself.
 *
 * @param observations [n, S] row-major.
 * @param std [S]; a dimension that never changes (0) is ignored.
 * @param k at most n.
 */
export function nearestRows(observations: Float32Array, std: readonly number[], row: number, k: number): Nearest {
  const width = std.length;
  const n = observations.length / width;
  if (!(Number.isInteger(row) && row >= 0 && row < n))
    throw new Error(`There is no row ${row}; rows are 0 to ${n - 1}.`);
  return search(observations, std, observations.subarray(row * width, (row + 1) * width), k, row);
}

/**
 * The nearest rows to an observation [S], which need not be in the data; otherwise as `nearestRows`.
 *
 * @throws Error if its width differs.
 */
export function nearestTo(
  observations: Float32Array,
  std: readonly number[],
  observation: Float32Array,
  k: number,
): Nearest {
  if (observation.length !== std.length) {
    throw new Error(`An observation of this dataset has ${std.length} numbers; this one has ${observation.length}.`);
  }
  return search(observations, std, observation, k, -1);
}

/** @param own a row that comes before others at the same distance; -1 for none. */
function search(
  observations: Float32Array,
  std: readonly number[],
  query: Float32Array,
  k: number,
  own: number,
): Nearest {
  const width = std.length;
  const n = observations.length / width;
  const weight = Float64Array.from(std, (value) => (value > 0 ? 1 / value : 0));
  const heap = new FarthestFirst(Math.min(k, n));
  for (let other = 0, at = 0; other < n; other++, at += width) {
    let squared = 0;
    for (let i = 0; i < width; i++) {
      const distance = (observations[at + i]! - query[i]!) * weight[i]!;
      squared += distance * distance;
    }
    heap.offer(other === own ? -1 : squared, other);
  }
  const found = heap.sorted();
  return {
    rows: Uint32Array.from(found, ({ row }) => row),
    distances: Float32Array.from(found, ({ distance }) => Math.sqrt(Math.max(0, distance))),
  };
}

/** The nearest so far, as a binary heap with the farthest on top. */
class FarthestFirst {
  readonly #distances: Float64Array;
  readonly #rows: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#distances = new Float64Array(capacity);
    this.#rows = new Uint32Array(capacity);
  }

  offer(distance: number, row: number): void {
    if (this.#size < this.#distances.length) {
      this.#rise(this.#size++, distance, row);
    } else if (distance < this.#distances[0]!) {
      this.#sink(distance, row);
    }
  }

  /** Nearest first; at the same distance the earlier row first. */
  sorted(): { distance: number; row: number }[] {
    return Array.from({ length: this.#size }, (_, i) => ({ distance: this.#distances[i]!, row: this.#rows[i]! })).sort(
      (a, b) => a.distance - b.distance || a.row - b.row,
    );
  }

  #rise(from: number, distance: number, row: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#distances[parent]! >= distance) break;
      this.#put(at, this.#distances[parent]!, this.#rows[parent]!);
      at = parent;
    }
    this.#put(at, distance, row);
  }

  #sink(distance: number, row: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#distances[child + 1]! > this.#distances[child]!) child++;
      if (this.#distances[child]! <= distance) break;
      this.#put(at, this.#distances[child]!, this.#rows[child]!);
      at = child;
    }
    this.#put(at, distance, row);
  }

  #put(at: number, distance: number, row: number): void {
    this.#distances[at] = distance;
    this.#rows[at] = row;
  }
}
