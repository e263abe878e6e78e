/** The square of actions: ground, frame, axes, the data and the modes' rings. Pure: the same input, the same pixels. */
import type { Mode } from '../../datasets/bandit.ts';
import { drawDots } from './draw-dots.ts';
import { subsample, toX, toY, type FieldGeometry } from './geometry.ts';
import { bestMode, modeLetter } from './modes.ts';
import type { Palette } from './palette.ts';
import { formatFixed } from './scales.ts';

export const DATA_POINTS_DRAWN = 1500;
/** A mode's ring stands at this many σ; a sample within it counts as in the mode. */
export const RING_SIGMAS = 3;
const TICKS: readonly (readonly [value: number, text: string])[] = [
  [-1, '−1'],
  [0, '0'],
  [1, '1'],
];

/** Half a device pixel off, so that a line of one CSS pixel is crisp. */
function crisp(geometry: FieldGeometry, value: number): number {
  return (Math.round(value * geometry.ratio - 0.5) + 0.5) / geometry.ratio;
}

/** Fills the square, and keeps what follows inside it until `ctx.restore()`. */
export function clipToField(ctx: CanvasRenderingContext2D, geometry: FieldGeometry) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(geometry.left, geometry.top, geometry.size, geometry.size);
  ctx.clip();
}

/**
 * A plate with the lighter ±1 square (actions are clipped to it) on it, tick labels in the band between, and the data
 * as faint dots.
 */
export function drawGround(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  data: Float32Array | null,
) {
  const { left, top, size, fontSize } = geometry;
  ctx.fillStyle = palette.ground;
  ctx.fillRect(left, top, size, size);
  const x0 = crisp(geometry, toX(geometry, -1));
  const y0 = crisp(geometry, toY(geometry, 1));
  const side = crisp(geometry, toX(geometry, 1)) - x0;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(x0, y0, side, side);
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(x0, y0, side, side);

  ctx.font = `${fontSize}px ${palette.font}`;
  ctx.fillStyle = palette.textMuted;
  ctx.textBaseline = 'middle';
  const gap = fontSize * 0.28;
  for (const [value, text] of TICKS) {
    ctx.textAlign = 'center';
    ctx.fillText(text, toX(geometry, value), top + size - gap - fontSize * 0.42);
    ctx.textAlign = 'left';
    ctx.fillText(text, left + gap, toY(geometry, value));
  }

  if (data) {
    clipToField(ctx, geometry);
    const points = subsample(data, DATA_POINTS_DRAWN);
    drawDots(ctx, geometry, points, { color: palette.data, radius: geometry.dotRadius * 0.8, alpha: 0.32 });
    ctx.restore();
  }
}

/** The outer edge, last of all, so that nothing eats it. */
export function drawFrame(ctx: CanvasRenderingContext2D, geometry: FieldGeometry, palette: Palette) {
  const { left, top, size } = geometry;
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  const x0 = crisp(geometry, left + 0.5);
  const y0 = crisp(geometry, top + 0.5);
  ctx.strokeRect(x0, y0, crisp(geometry, left + size - 0.5) - x0, crisp(geometry, top + size - 0.5) - y0);
}

export interface RingOptions {
  showNames?: boolean | undefined;
  showRewards?: boolean | undefined;
  /** A casing of the ground's colour, for rings over a heat map. */
  cased?: boolean | undefined;
}

/** A ring at 3σ around each mode; the best mode's is thicker and green. */
export function drawRings(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  modes: readonly Mode[],
  options: RingOptions = {},
) {
  const { size, fontSize } = geometry;
  const best = bestMode(modes);
  const width = Math.min(Math.max(size / 240, 1), 2.5);
  clipToField(ctx, geometry);
  modes.forEach((mode, index) => {
    const ring = new Path2D();
    ring.arc(toX(geometry, mode.x), toY(geometry, mode.y), RING_SIGMAS * mode.sigma * geometry.scale, 0, 2 * Math.PI);
    const lineWidth = index === best ? width * 2 : width;
    if (options.cased) {
      ctx.strokeStyle = palette.surface;
      ctx.globalAlpha = 0.75;
      ctx.lineWidth = lineWidth + 2 * width;
      ctx.stroke(ring);
    }
    ctx.globalAlpha = 1;
    ctx.strokeStyle = index === best ? palette.bestMode : palette.modeRing;
    ctx.lineWidth = lineWidth;
    ctx.stroke(ring);
  });
  if (options.showNames || options.showRewards) {
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    ctx.lineWidth = fontSize * 0.3;
    modes.forEach((mode, index) => {
      const text = ringLabel(mode, index, options);
      ctx.font = `${index === best ? 650 : 500} ${fontSize}px ${palette.font}`;
      const y = ringLabelY(geometry, mode);
      // Within ±1, clear of the tick labels there.
      const half = Math.min(ctx.measureText(text).width / 2 + fontSize * 0.5, geometry.scale);
      const x = Math.min(Math.max(toX(geometry, mode.x), toX(geometry, -1) + half), toX(geometry, 1) - half);
      const outside = y < toY(geometry, 1) || y > toY(geometry, -1);
      ctx.strokeStyle = outside ? palette.ground : palette.surface;
      ctx.strokeText(text, x, y);
      ctx.fillStyle = index === best ? palette.bestMode : palette.text;
      ctx.fillText(text, x, y);
    });
  }
  ctx.restore();
}

/** Middle of a ring's label: on the side away from the middle of the plot, where samples are fewer, if it fits there. */
function ringLabelY(geometry: FieldGeometry, mode: Mode): number {
  const { fontSize, top, size } = geometry;
  const away = mode.y >= 0 ? -1 : 1;
  const reach = RING_SIGMAS * mode.sigma * geometry.scale + fontSize * 0.85;
  const middle = toY(geometry, mode.y);
  // Beside the ±1 line rather than across it.
  const line = toY(geometry, -away);
  const outside = (place: number) => (Math.abs(place - line) < fontSize * 0.75 ? line + away * fontSize * 0.75 : place);
  const y = outside(middle + away * reach);
  return y > top + fontSize * 0.6 && y < top + size - fontSize * 0.6 ? y : middle - away * reach;
}

function ringLabel(mode: Mode, index: number, { showNames, showRewards }: RingOptions): string {
  const reward = formatFixed(mode.reward, 1);
  if (!showRewards) return modeLetter(index);
  return showNames ? `${modeLetter(index)} ${reward}` : reward;
}
