/** Points as dots that add up to density; thousands of them within a few milliseconds. */
import { parseHex } from '../../../shared/plots/color.ts';
import { toX, toY, type FieldGeometry } from './geometry.ts';
import { discMask, splat, splatPicture } from './splat.ts';

interface DotStyle {
  /** `#rrggbb`. */
  color: string;
  /** CSS pixels. */
  radius: number;
  alpha: number;
}

/** Opacity of one of `count` dots: single points stay visible, and thousands do not run together. */
export function dotAlpha(count: number): number {
  return Math.min(Math.max(0.76 - 0.11 * Math.log2(Math.max(count, 1) / 125), 0.3), 0.85);
}

/**
 * Draws [n, 2] points. Those past the edge of the view become short ticks on the frame, so that no sample is lost
 * silently.
 */
export function drawDots(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  points: Float32Array,
  style: DotStyle,
) {
  if (points.length === 0) return;
  const { extent, ratio, left, top, size } = geometry;
  const side = Math.round(size * ratio);
  const scale = geometry.scale * ratio;
  const mask = discMask(style.radius * ratio, style.alpha);
  let outside = false;
  const picture = splatPicture(side, side, parseHex(style.color), (buffer) => {
    for (let i = 0; i + 1 < points.length; i += 2) {
      const x = points[i]!;
      const y = points[i + 1]!;
      if (Math.abs(x) <= extent && Math.abs(y) <= extent) {
        splat(buffer, side, side, (x + extent) * scale, (extent - y) * scale, mask);
      } else outside = true;
    }
  });
  if (picture) ctx.drawImage(picture, left, top, side / ratio, side / ratio);
  if (outside) drawEdgeTicks(ctx, geometry, points, style);
}

function drawEdgeTicks(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  points: Float32Array,
  { color, radius, alpha }: DotStyle,
) {
  const { extent, left, top, size } = geometry;
  const tick = Math.max(3, size * 0.018);
  ctx.save();
  ctx.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i]!;
    const y = points[i + 1]!;
    // A number that is not finite on one side has no place on the edge.
    if (!(Math.abs(x) > extent || Math.abs(y) > extent) || x !== x || y !== y) continue;
    const px = Math.min(Math.max(toX(geometry, x), left), left + size);
    const py = Math.min(Math.max(toY(geometry, y), top), top + size);
    // Inwards from whichever edges the point is past.
    const dx = x > extent ? -tick : x < -extent ? tick : 0;
    const dy = y > extent ? tick : y < -extent ? -tick : 0;
    ctx.moveTo(px, py);
    ctx.lineTo(px + dx, py + dy);
  }
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.lineWidth = Math.max(1, radius * 0.6);
  ctx.stroke();
  ctx.restore();
}

/** Dots in a casing of another colour, for a busy ground: all casings first, so that close dots run together. */
export function drawCasedDots(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  points: Float32Array,
  style: DotStyle,
  casing: string,
) {
  const border = Math.max(1 / geometry.ratio, style.radius * 0.35);
  drawDots(ctx, geometry, points, { color: casing, radius: style.radius + border, alpha: 0.8 * style.alpha });
  drawDots(ctx, geometry, points, style);
}
