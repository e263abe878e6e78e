/** Points painted by hand, in the colours of Q by their reward, so that a good place looks good before any training. */
import type { Mode, PaintedPoint } from '../../../../datasets/bandit.ts';
import { hexRgb, oklabToRgb, rampAt } from '../../../shared/plots/color.ts';
import { drawDots } from './draw-dots.ts';
import { clipToField } from './draw-field.ts';
import type { FieldGeometry } from './geometry.ts';
import type { Palette } from '../../../shared/plots/palette.ts';

/** Low rewards still differ from the ground. */
const LOWEST_SHADE = 0.3;

export function drawPainted(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  painted: readonly PaintedPoint[],
  modes: readonly Mode[],
) {
  const rewards = [...painted, ...modes].map((one) => one.reward);
  const low = Math.min(...rewards);
  const high = Math.max(...rewards);
  const groups = new Map<number, number[]>();
  for (const { x, y, reward } of painted) {
    const points = groups.get(reward);
    if (points) points.push(x, y);
    else groups.set(reward, [x, y]);
  }
  clipToField(ctx, geometry);
  for (const [reward, points] of groups) {
    const t = high > low ? (reward - low) / (high - low) : 1;
    const color = hexRgb(oklabToRgb(rampAt(palette.ramp, LOWEST_SHADE + (1 - LOWEST_SHADE) * t)));
    drawDots(ctx, geometry, Float32Array.from(points), { color, radius: geometry.dotRadius, alpha: 0.9 });
  }
  ctx.restore();
}
