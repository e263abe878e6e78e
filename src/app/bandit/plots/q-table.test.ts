import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { highestPlace, QTable } from './q-table.tsx';

const SIDE = 48;
const middle = (cell: number) => ((cell + 0.5) / SIDE) * 2 - 1;
/** A plane that rises to the right, and twice as fast downwards. */
const plane = Float32Array.from(
  { length: SIDE * SIDE },
  (_, cell) => middle(cell % SIDE) + 2 * middle(Math.floor(cell / SIDE)),
);

describe('Q in numbers', () => {
  it('finds where a map is highest, whatever of it is not finite', () => {
    const [x, y] = highestPlace(plane, SIDE);
    expect(x).toBeCloseTo(1 - 1 / SIDE, 12);
    expect(y).toBeCloseTo(-1 + 1 / SIDE, 12);
    const broken = plane.slice();
    broken[0] = NaN;
    expect(highestPlace(broken, SIDE)).toEqual([x, y]);
  });

  it('lays the numbers out as the map is, with heads on both sides', () => {
    const html = renderToStaticMarkup(createElement(QTable, { q: plane, resolution: SIDE, name: 'BCQ' }));
    expect(html).toContain('BCQ: its Q over the square, highest at (0.98, −0.98) with 2.94');
    const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
      [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
    );
    expect(rows[0]).toEqual(['y ↓  x →', '−0.8', '−0.4', '0.0', '0.4', '0.8']);
    expect(rows[1]).toEqual(['0.8', '−2.40', '−2.00', '−1.60', '−1.20', '−0.80']);
    expect(rows.at(-1)).toEqual(['−0.8', '0.80', '1.20', '1.60', '2.00', '2.40']);
    expect(html.match(/scope="row"/g)).toHaveLength(5);
  });

  it('is absent without a map', () => {
    expect(renderToStaticMarkup(createElement(QTable, { q: null, resolution: SIDE, name: 'BCQ' }))).toBe('');
  });
});
