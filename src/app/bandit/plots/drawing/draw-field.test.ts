import { describe, expect, it } from 'vitest';
import { placementModes } from '../../../../datasets/bandit.ts';
import { ringLabelBox, tickLabels, type LabelBox } from './draw-field.ts';
import { fieldGeometry } from './geometry.ts';
import { formatFixed } from '../../../shared/plots/scales.ts';

const SIZES = [140, 168, 200, 260, 340, 440, 620];

function overlap(a: LabelBox, b: LabelBox): boolean {
  return Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth && Math.abs(a.y - b.y) < a.halfHeight + b.halfHeight;
}

describe.each(SIZES)('labels of a field of %d pixels', (size) => {
  const geometry = fieldGeometry(size);
  // Inter's digits are 0.62 of its size wide; a minus is no wider.
  const measure = (text: string) => text.length * geometry.fontSize * 0.62;
  const ticks = tickLabels(geometry, measure);

  it('the −1 of one axis stays clear of the −1 of the other', () => {
    ticks.forEach((tick, i) => {
      for (const other of ticks.slice(i + 1)) expect(overlap(tick, other)).toBe(false);
    });
  });

  it.each(['corners', 'diamond'] as const)('rewards stay clear of the axes and inside the frame: %s', (placement) => {
    for (const mode of placementModes(placement)) {
      for (const reward of [mode.reward, -10]) {
        const box = ringLabelBox(geometry, mode, measure(formatFixed(reward, 1)), ticks);
        for (const tick of ticks) expect(overlap(box, tick)).toBe(false);
        expect(Math.abs(box.x - size / 2) + box.halfWidth).toBeLessThan(size / 2);
        expect(Math.abs(box.y - size / 2) + box.halfHeight).toBeLessThan(size / 2);
      }
    }
  });
});
