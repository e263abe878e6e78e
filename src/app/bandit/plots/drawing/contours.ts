/** Level lines of a grid by marching squares, joined into polylines. */

export interface Contour {
  level: number;
  /** Each [x0, y0, x1, y1, …] in grid coordinates: column, row. A closed line ends where it starts. */
  lines: Float32Array[];
}

/**
 * The grid with its border cells repeated once around, so that lines reach the edge of the square. A padded grid
 * coordinate c is cell c − 1, with the outermost ones on the edge itself.
 */
export function padGrid(values: ArrayLike<number>, side: number): Float32Array {
  const padded = new Float32Array((side + 2) * (side + 2));
  for (let row = 0; row < side + 2; row++) {
    const sourceRow = Math.min(Math.max(row - 1, 0), side - 1);
    for (let column = 0; column < side + 2; column++) {
      const sourceColumn = Math.min(Math.max(column - 1, 0), side - 1);
      padded[row * (side + 2) + column] = values[sourceRow * side + sourceColumn]!;
    }
  }
  return padded;
}

/** Edges of a cell: 0 top, 1 right, 2 bottom, 3 left. For each of the 16 cases, pairs of edges that a line joins. */
const CASES: readonly (readonly number[])[] = [
  [],
  [3, 2],
  [2, 1],
  [3, 1],
  [0, 1],
  [0, 3, 2, 1], // Saddle: upper right and lower left are above; resolved below.
  [0, 2],
  [3, 0],
  [3, 0],
  [0, 2],
  [0, 1, 3, 2], // Saddle: upper left and lower right are above.
  [0, 1],
  [3, 1],
  [2, 1],
  [3, 2],
  [],
];

/** Lines on which a [rows, columns] grid has the value `level`. Cells with a value that is not finite have none. */
export function contourLines(values: ArrayLike<number>, columns: number, rows: number, level: number): Float32Array[] {
  // An edge has a number: 2 · (row · columns + column) for the one to the right, + 1 for the one downwards.
  const neighbours = new Map<number, number[]>();
  const join = (a: number, b: number) => {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const list = neighbours.get(from);
      if (list) list.push(to);
      else neighbours.set(from, [to]);
    }
  };
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const upperLeft = values[at]!;
      const upperRight = values[at + 1]!;
      const lowerRight = values[at + columns + 1]!;
      const lowerLeft = values[at + columns]!;
      if (!Number.isFinite(upperLeft + upperRight + lowerRight + lowerLeft)) continue;
      const kind =
        (upperLeft >= level ? 8 : 0) +
        (upperRight >= level ? 4 : 0) +
        (lowerRight >= level ? 2 : 0) +
        (lowerLeft >= level ? 1 : 0);
      let pairs = CASES[kind]!;
      // A saddle whose middle is below keeps its two high corners apart.
      if ((kind === 5 || kind === 10) && (upperLeft + upperRight + lowerRight + lowerLeft) / 4 < level) {
        pairs = CASES[15 - kind]!;
      }
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + columns), 2 * at + 1];
      for (let i = 0; i < pairs.length; i += 2) join(edges[pairs[i]!]!, edges[pairs[i + 1]!]!);
    }
  }

  const crossing = (edge: number): [number, number] => {
    const at = edge >> 1;
    const down = (edge & 1) === 1;
    const here = values[at]!;
    const there = values[down ? at + columns : at + 1]!;
    const t = (level - here) / (there - here);
    const column = at % columns;
    const row = Math.floor(at / columns);
    return down ? [column, row + t] : [column + t, row];
  };
  const lines: Float32Array[] = [];
  const walk = (start: number) => {
    const points: number[] = [...crossing(start)];
    let edge = start;
    for (;;) {
      const next = neighbours.get(edge)?.pop();
      if (next === undefined) break;
      const back = neighbours.get(next)!;
      back.splice(back.indexOf(edge), 1);
      points.push(...crossing(next));
      edge = next;
    }
    if (points.length >= 4) lines.push(Float32Array.from(points));
  };
  for (const [edge, list] of neighbours) if (list.length === 1) walk(edge);
  for (const [edge, list] of neighbours) if (list.length > 0) walk(edge);
  return lines;
}

export function contours(values: ArrayLike<number>, side: number, levels: readonly number[]): Contour[] {
  const padded = padGrid(values, side);
  return levels.map((level) => ({ level, lines: contourLines(padded, side + 2, side + 2, level) }));
}

/** Value at an action of [-1, 1]², bilinear between cell centres; rows go down from y = +1. Null outside. */
export function bilinear(values: ArrayLike<number>, side: number, x: number, y: number): number | null {
  if (!(Math.abs(x) <= 1 && Math.abs(y) <= 1)) return null;
  const column = Math.min(Math.max(((x + 1) / 2) * side - 0.5, 0), side - 1);
  const row = Math.min(Math.max(((1 - y) / 2) * side - 0.5, 0), side - 1);
  const left = Math.min(Math.floor(column), side - 2);
  const top = Math.min(Math.floor(row), side - 2);
  const u = column - left;
  const v = row - top;
  const at = (r: number, c: number) => values[r * side + c]!;
  return (
    (at(top, left) * (1 - u) + at(top, left + 1) * u) * (1 - v) +
    (at(top + 1, left) * (1 - u) + at(top + 1, left + 1) * u) * v
  );
}
