import { describe, expect, it } from 'vitest';
import { placementModes } from '../../../datasets/bandit.ts';
import { addModeAt, arrowStep, moveMode, removeModeAt, widenMode } from './editor/editor-modes.ts';
import { figureRows } from './drawing/figure-export.ts';
import { modeLabel } from './editor/mode-handle.tsx';
import { bestMode, modeName } from './modes.ts';
import { spreadRows } from '../../shared/plots/plot-table.tsx';
import { playOn } from './reverse-scrubber.tsx';
import { snapshotIndex } from './time-scrubber.tsx';

const corners = placementModes('corners');

describe('names of modes', () => {
  it('modeName gives places in a published placement and letters elsewhere', () => {
    expect(corners.map((_, i) => modeName(i, corners))).toEqual([
      'top-left',
      'bottom-left',
      'top-right',
      'bottom-right',
    ]);
    const diamond = placementModes('diamond').map((mode) => ({ ...mode, reward: 0 }));
    expect(modeName(2, diamond)).toBe('bottom');
    expect(modeName(2, moveMode(corners, 0, 0, 0))).toBe('C');
  });

  it('bestMode is the first mode with the highest reward', () => {
    expect(bestMode(corners)).toBe(3);
    expect(bestMode(corners.map((mode) => ({ ...mode, reward: 1 })))).toBe(0);
    expect(bestMode([])).toBe(-1);
  });

  it('modeLabel has position, spread and reward', () => {
    expect(modeLabel(corners[0]!, 0)).toBe('Mode A at (−0.80, 0.80), σ 0.05, reward 3.0');
  });
});

describe('editor modes', () => {
  it('moveMode clamps and rounds a mode and returns a new list', () => {
    const moved = moveMode(corners, 1, -3, 0.123);
    expect(moved[1]).toMatchObject({ x: -1, y: 0.12, sigma: 0.05, reward: 0 });
    expect(corners[1]).toMatchObject({ x: -0.8, y: -0.8 });
  });

  it('widenMode clamps σ to its bounds', () => {
    expect(widenMode(corners, 0, 0.01)[0]!.sigma).toBe(0.06);
    expect(widenMode(corners, 0, -3)[0]!.sigma).toBe(0.01);
    expect(widenMode(corners, 0, 3)[0]!.sigma).toBe(0.5);
  });

  it('addModeAt and removeModeAt add and remove a mode', () => {
    expect(addModeAt(corners, 0.104, 0)).toHaveLength(5);
    expect(addModeAt(corners, 0.104, 0)[4]).toMatchObject({ x: 0.1, y: 0 });
    expect(removeModeAt(corners, 0).map((mode) => mode.reward)).toEqual([0, 1.5, 5]);
  });

  it('arrowStep gives the step of an arrow key', () => {
    expect(arrowStep('ArrowUp', 0.02)).toEqual([0, 0.02]);
    expect(arrowStep('a', 0.02)).toBeNull();
  });
});

describe('scrubbers', () => {
  it('playOn advances continuously or by stills, up to the end', () => {
    expect(playOn(0, 100, 50, 20, false)).toBe(2);
    expect(playOn(49.5, 100, 50, 20, false)).toBe(50);
    expect(playOn(0, 100, 40, 20, true)).toBe(5);
  });

  it('snapshotIndex finds the snapshot at or before a step', () => {
    const snapshots = [0, 100, 200].map((step) => ({ step, seconds: step }));
    expect([-5, 0, 150, 200, 900].map((step) => snapshotIndex(snapshots, step))).toEqual([0, 0, 1, 2, 2]);
  });
});

describe('spreadRows', () => {
  it('keeps the first and the last of many', () => {
    const rows = spreadRows(
      Array.from({ length: 500 }, (_, i) => i),
      20,
    );
    expect(rows).toHaveLength(20);
    expect([rows[0], rows.at(-1)]).toEqual([0, 499]);
    expect(spreadRows([1, 2], 20)).toEqual([1, 2]);
  });
});

describe('figureRows', () => {
  it('breaks where a row is full and where the tone changes; blanks fill up', () => {
    const panel = (title: string, tone: 'cloning' | 'q-learning') => ({
      title,
      tone,
      samples: null,
      data: null,
      modes: [],
    });
    const rows = figureRows(
      [
        panel('a', 'cloning'),
        panel('b', 'cloning'),
        panel('', 'cloning'),
        panel('c', 'q-learning'),
        panel('d', 'q-learning'),
      ],
      3,
    );
    expect(rows.map((row) => row.map(({ title }) => title))).toEqual([
      ['a', 'b', ''],
      ['c', 'd'],
    ]);
    expect(figureRows([panel('a', 'cloning'), panel('c', 'q-learning')], 3)).toHaveLength(2);
  });
});
