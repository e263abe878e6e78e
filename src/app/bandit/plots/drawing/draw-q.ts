/** A critic's Q over the square of actions, as a heat map with contours. Usable without React. */
import type { Mode } from '../../../../datasets/bandit.ts';
import { cssRgb, oklabToRgb, rampAt, type Oklab } from '../../../shared/plots/color.ts';
import { contours, type Contour } from './contours.ts';
import { dotAlpha, drawCasedDots } from './draw-dots.ts';
import { clipToField, drawFrame, drawGround, drawRings } from './draw-field.ts';
import { toX, toY, type FieldGeometry } from './geometry.ts';
import { toneColor, type Palette, type Tone } from '../../../shared/plots/palette.ts';
import { finiteRange, formatNumber, niceLevels } from '../../../shared/plots/scales.ts';

const CONTOURS = 7;
/** From this side on, there is room for numbers on the contours. */
const LABELLED_FROM = 300;

interface QContent {
  q: Float32Array | null;
  resolution: number;
  modes: readonly Mode[];
  overlay?: Float32Array | null | undefined;
  tone?: Tone | undefined;
  range?: readonly [number, number] | undefined;
}

/** Ends of the colour scale of a map. */
export function qRange({ q, range }: Pick<QContent, 'q' | 'range'>): readonly [number, number] | null {
  return range ?? (q ? finiteRange(q) : null);
}

function shade(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

export function drawQ(ctx: CanvasRenderingContext2D, geometry: FieldGeometry, palette: Palette, content: QContent) {
  drawQMap(ctx, geometry, palette, content);
  drawQMarks(ctx, geometry, palette, content);
}

/** The map and its contours, without what lies over it. */
export function drawQMap(ctx: CanvasRenderingContext2D, geometry: FieldGeometry, palette: Palette, content: QContent) {
  const { q, resolution } = content;
  drawGround(ctx, geometry, palette, null);
  const range = qRange(content);
  if (!q || !range || q.length !== resolution * resolution) return;
  drawHeat(ctx, geometry, palette, q, resolution, range);
  drawContours(ctx, geometry, palette, contours(q, resolution, niceLevels(range[0], range[1], CONTOURS)), content);
}

/** Samples, rings and the frame. */
export function drawQMarks(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  content: QContent,
) {
  const { modes, overlay, tone = 'q-learning' } = content;
  if (overlay) {
    clipToField(ctx, geometry);
    const radius = geometry.dotRadius;
    const alpha = dotAlpha(overlay.length / 2);
    drawCasedDots(ctx, geometry, overlay, { color: toneColor(palette, tone), radius, alpha }, palette.surface);
    ctx.restore();
  }
  drawRings(ctx, geometry, palette, modes, { cased: true });
  drawFrame(ctx, geometry, palette);
}

/** One pixel a cell, scaled up smoothly. */
function drawHeat(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  q: Float32Array,
  resolution: number,
  range: readonly [number, number],
) {
  const cells = document.createElement('canvas');
  cells.width = resolution;
  cells.height = resolution;
  const cellsCtx = cells.getContext('2d');
  if (!cellsCtx) return;
  const image = cellsCtx.createImageData(resolution, resolution);
  const shades = Array.from({ length: 256 }, (_, i) => oklabToRgb(rampAt(palette.ramp, i / 255)));
  for (let i = 0; i < q.length; i++) {
    const value = q[i]!;
    if (!Number.isFinite(value)) continue;
    const t = Math.min(Math.max(shade(value, range), 0), 1);
    const [red, green, blue] = shades[Math.round(t * 255)]!;
    image.data[4 * i] = red;
    image.data[4 * i + 1] = green;
    image.data[4 * i + 2] = blue;
    image.data[4 * i + 3] = 255;
  }
  cellsCtx.putImageData(image, 0, 0);
  ctx.save();
  ctx.imageSmoothingEnabled = true;
  ctx.imageSmoothingQuality = 'medium';
  ctx.drawImage(cells, toX(geometry, -1), toY(geometry, 1), 2 * geometry.scale, 2 * geometry.scale);
  ctx.restore();
}

/** Lines in the map's own colour, darker (in the dark: lighter), so that they show at every height. */
function lineColor(palette: Palette, t: number, by: number): string {
  const [lightness, a, b]: Oklab = rampAt(palette.ramp, t);
  return cssRgb(oklabToRgb([lightness + (palette.dark ? by : -by), a, b]));
}

function drawContours(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  levels: readonly Contour[],
  content: QContent,
) {
  const range = qRange(content);
  if (!range) return;
  const side = content.resolution;
  // Grid coordinates are those of a padded grid (see padGrid), with the padding on the edge of the square.
  const along = (c: number) => Math.min(Math.max(-1 + ((c - 0.5) * 2) / side, -1), 1);
  ctx.save();
  ctx.lineJoin = 'round';
  ctx.lineWidth = Math.min(Math.max(geometry.size / 320, 0.9), 1.8);
  for (const { level, lines } of levels) {
    ctx.strokeStyle = lineColor(palette, shade(level, range), 0.2);
    ctx.beginPath();
    for (const line of lines) {
      for (let i = 0; i < line.length; i += 2) {
        const x = toX(geometry, along(line[i]!));
        const y = toY(geometry, -along(line[i + 1]!));
        if (i === 0) ctx.moveTo(x, y);
        else ctx.lineTo(x, y);
      }
    }
    ctx.stroke();
  }
  if (geometry.size >= LABELLED_FROM) {
    ctx.font = `${geometry.fontSize * 0.85}px ${palette.font}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineWidth = geometry.fontSize * 0.3;
    const taken: [number, number][] = [];
    for (const { level, lines } of levels) {
      const longest = lines.reduce<Float32Array | null>((a, b) => (a && a.length >= b.length ? a : b), null);
      if (!longest || longest.length < 24) continue;
      const place = labelPlace(geometry, longest, along, taken);
      if (!place) continue;
      taken.push(place);
      const text = formatNumber(level);
      ctx.strokeStyle = cssRgb(oklabToRgb(rampAt(palette.ramp, shade(level, range))));
      ctx.strokeText(text, ...place);
      ctx.fillStyle = lineColor(palette, shade(level, range), 0.42);
      ctx.fillText(text, ...place);
    }
  }
  ctx.restore();
}

/** A point of the line, from its middle outwards, that keeps clear of the edge and of the labels before it. */
function labelPlace(
  geometry: FieldGeometry,
  line: Float32Array,
  along: (c: number) => number,
  taken: readonly [number, number][],
): [number, number] | null {
  const count = line.length >> 1;
  for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
    const i = Math.floor(share * (count - 1));
    const x = along(line[2 * i]!);
    const y = -along(line[2 * i + 1]!);
    if (Math.max(Math.abs(x), Math.abs(y)) > 0.92) continue;
    const place: [number, number] = [toX(geometry, x), toY(geometry, y)];
    const clear = geometry.fontSize * 2.6;
    if (taken.every(([u, v]) => Math.hypot(u - place[0], v - place[1]) > clear)) return place;
  }
  return null;
}
