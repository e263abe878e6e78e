/** Thousands of dots, quickly: one sprite a look, stamped at every place. Overlapping stamps add up to density. */
import type { FieldGeometry } from './geometry.ts';
import { toX, toY } from './geometry.ts';

const SPRITES_KEPT = 64;
const sprites = new Map<string, HTMLCanvasElement>();

/** A disc of `radius` device pixels, perhaps in a casing of another colour. */
function sprite(color: string, radius: number, casing: string | null): HTMLCanvasElement {
  const key = `${color} ${radius} ${casing}`;
  const known = sprites.get(key);
  if (known) return known;
  const border = casing === null ? 0 : Math.max(1, radius * 0.35);
  const side = 2 * Math.ceil(radius + border + 1);
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const ctx = canvas.getContext('2d');
  if (ctx) {
    const disc = (r: number, style: string) => {
      ctx.fillStyle = style;
      ctx.beginPath();
      ctx.arc(side / 2, side / 2, r, 0, 2 * Math.PI);
      ctx.fill();
    };
    if (casing !== null) disc(radius + border, casing);
    disc(radius, color);
  }
  if (sprites.size >= SPRITES_KEPT) sprites.clear();
  sprites.set(key, canvas);
  return canvas;
}

export interface DotLook {
  color: string;
  /** CSS pixels. */
  radius: number;
  alpha: number;
  /** Colour of a thin casing, for dots on a busy ground. */
  casing?: string;
}

/** Opacity of one of `count` dots: single points stay visible, and thousands do not run together. */
export function dotAlpha(count: number): number {
  return Math.min(Math.max(0.82 - 0.11 * Math.log2(Math.max(count, 1) / 125), 0.34), 0.85);
}

/**
 * Stamps [n, 2] points. Those past the edge of the view become short ticks on the frame, so that no sample is lost
 * silently.
 */
export function drawDots(ctx: CanvasRenderingContext2D, geometry: FieldGeometry, points: Float32Array, look: DotLook) {
  const { extent, ratio, left, top, size } = geometry;
  const image = sprite(look.color, look.radius * ratio, look.casing ?? null);
  const side = image.width / ratio;
  const tick = Math.max(3, size * 0.018);
  let outside = false;
  ctx.save();
  ctx.globalAlpha = look.alpha;
  ctx.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i]!;
    const y = points[i + 1]!;
    if (Math.abs(x) <= extent && Math.abs(y) <= extent) {
      ctx.drawImage(image, toX(geometry, x) - side / 2, toY(geometry, y) - side / 2, side, side);
    } else if (x === x && y === y) {
      outside = true;
      const px = Math.min(Math.max(toX(geometry, x), left), left + size);
      const py = Math.min(Math.max(toY(geometry, y), top), top + size);
      // Inwards from whichever edges the point is past.
      const dx = x > extent ? -tick : x < -extent ? tick : 0;
      const dy = y > extent ? tick : y < -extent ? -tick : 0;
      ctx.moveTo(px, py);
      ctx.lineTo(px + dx, py + dy);
    }
  }
  if (outside) {
    ctx.strokeStyle = look.color;
    ctx.lineWidth = Math.max(1, look.radius * 0.6);
    ctx.stroke();
  }
  ctx.restore();
}
