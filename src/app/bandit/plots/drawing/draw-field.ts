/** The square of actions: ground, frame, axes, the data and the modes' rings. Pure: the same input, the same pixels. */
import type { Mode } from '../../../../datasets/bandit.ts';
import { drawDots } from './draw-dots.ts';
import { subsample, toX, toY, type FieldGeometry } from './geometry.ts';
import { bestMode, modeLetter } from '../modes.ts';
import type { Palette } from '../../../shared/plots/palette.ts';
import { formatFixed } from '../../../shared/plots/scales.ts';

const DATA_POINTS_DRAWN = 1500;
/** A mode's ring has a radius of this many σ; a sample within it counts as in the mode. */
const RING_SIGMAS = 3;
const TICKS: readonly (readonly [value: number, text: string])[] = [
  [-1, '−1'],
  [0, '0'],
  [1, '1'],
];

/** The box of a text: its middle and half sides. */
export interface LabelBox {
  x: number;
  y: number;
  halfWidth: number;
  halfHeight: number;
}

type Measure = (text: string) => number;

/** The tick labels of both axes, in the band between ±1 and the edge. */
export function tickLabels(geometry: FieldGeometry, measure: Measure): (LabelBox & { text: string })[] {
  const { left, top, size, fontSize, extent, scale } = geometry;
  const gap = fontSize * 0.28;
  const halfHeight = fontSize * 0.42;
  // In a narrow band the two −1 of the corner would touch: the ends of the x axis move inwards.
  const inwards = (extent - 1) * scale < fontSize * 2.2;
  return TICKS.flatMap(([value, text]) => {
    const halfWidth = measure(text) / 2;
    const x = toX(geometry, value) - (inwards ? value * (halfWidth + gap) : 0);
    return [
      { text, x, y: top + size - gap - halfHeight, halfWidth, halfHeight },
      { text, x: left + gap + halfWidth, y: toY(geometry, value), halfWidth, halfHeight },
    ];
  });
}

function widthOn(ctx: CanvasRenderingContext2D): Measure {
  return (text) => ctx.measureText(text).width;
}

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
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const { text, x, y } of tickLabels(geometry, widthOn(ctx))) ctx.fillText(text, x, y);

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
    ctx.font = `${fontSize}px ${palette.font}`;
    const ticks = tickLabels(geometry, widthOn(ctx));
    modes.forEach((mode, index) => {
      const text = ringLabel(mode, index, options);
      ctx.font = `${index === best ? 650 : 500} ${fontSize}px ${palette.font}`;
      const { x, y } = ringLabelBox(geometry, mode, ctx.measureText(text).width, ticks);
      const outside = y < toY(geometry, 1) || y > toY(geometry, -1);
      ctx.strokeStyle = outside ? palette.ground : palette.surface;
      ctx.strokeText(text, x, y);
      ctx.fillStyle = index === best ? palette.bestMode : palette.text;
      ctx.fillText(text, x, y);
    });
  }
  ctx.restore();
}

/**
 * Position of a ring's label: on the side away from the middle of the plot, where samples are fewer, or on the other
 * one if it would leave the plot there or run into a tick label.
 */
export function ringLabelBox(geometry: FieldGeometry, mode: Mode, width: number, ticks: readonly LabelBox[]): LabelBox {
  const { fontSize, top, size, scale } = geometry;
  const halfWidth = width / 2;
  // Within ±1, where the y axis has no tick label.
  const inside = Math.min(halfWidth + fontSize * 0.5, scale);
  const x = Math.min(Math.max(toX(geometry, mode.x), toX(geometry, -1) + inside), toX(geometry, 1) - inside);
  const away = mode.y >= 0 ? -1 : 1;
  const reach = RING_SIGMAS * mode.sigma * scale + fontSize * 0.85;
  const middle = toY(geometry, mode.y);
  // Beside the ±1 line rather than across it.
  const line = toY(geometry, -away);
  const place = middle + away * reach;
  const y = Math.abs(place - line) < fontSize * 0.75 ? line + away * fontSize * 0.75 : place;
  const box = { x, y, halfWidth, halfHeight: fontSize * 0.42 };
  const fits = y > top + fontSize * 0.6 && y < top + size - fontSize * 0.6;
  const clear = ticks.every((tick) => !near(box, tick, fontSize));
  return fits && clear ? box : { ...box, y: middle - away * reach };
}

/** Whether two labels would read as one. */
function near(a: LabelBox, b: LabelBox, fontSize: number): boolean {
  return (
    Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth + fontSize * 0.6 &&
    Math.abs(a.y - b.y) < a.halfHeight + b.halfHeight
  );
}

function ringLabel(mode: Mode, index: number, { showNames, showRewards }: RingOptions): string {
  const reward = formatFixed(mode.reward, 1);
  if (!showRewards) return modeLetter(index);
  return showNames ? `${modeLetter(index)} ${reward}` : reward;
}
