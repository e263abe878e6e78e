import { bilinear } from './drawing/contours.ts';
import { PlotTable } from '../../shared/plots/plot-table.tsx';
import { finiteRange, formatFixed, formatOnScale } from '../../shared/plots/scales.ts';
import type { QTableProps } from './types.ts';

/** Both axes' places, among which are the modes of either published placement. */
const PLACES = [-0.8, -0.4, 0, 0.4, 0.8] as const;

/** Where a map [resolution, resolution] is highest: the middle of a cell, in action units. */
export function highestPlace(q: Float32Array, resolution: number): [x: number, y: number] {
  let best = 0;
  let highest = -Infinity;
  q.forEach((value, cell) => {
    if (!(value > highest)) return;
    best = cell;
    highest = value;
  });
  const middle = (cell: number) => ((cell + 0.5) / resolution) * 2 - 1;
  return [middle(best % resolution), -middle(Math.floor(best / resolution))];
}

/** A critic's Q in numbers: on a coarse grid, laid out as the map is, and where it is highest. */
export function QTable({ q, resolution, name, className = '' }: QTableProps) {
  const range = q && finiteRange(q);
  if (!q || !range) return null;
  const write = (value: number) => formatOnScale(value, range[1] - range[0]);
  const [x, y] = highestPlace(q, resolution);
  return (
    <PlotTable
      visible
      className={`plot-q-table ${className}`.trim()}
      caption={`${name}: its Q over the square, highest at (${formatFixed(x, 2)}, ${formatFixed(y, 2)}) with ${write(range[1])}`}
      columns={['y ↓  x →', ...PLACES.map((place) => formatFixed(place, 1))]}
      rows={[...PLACES]
        .reverse()
        .map((row) => [
          formatFixed(row, 1),
          ...PLACES.map((column) => write(bilinear(q, resolution, column, row) ?? NaN)),
        ])}
    />
  );
}
