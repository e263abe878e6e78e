/** A method's samples over the data: one panel of the paper's bandit figure. Usable without React. */
import type { Mode } from '../../../../datasets/bandit.ts';
import { dotAlpha, drawCasedDots, drawDots } from './draw-dots.ts';
import { clipToField, drawFrame, drawGround, drawRings, type RingOptions } from './draw-field.ts';
import { pathsAt, toX, toY, type FieldGeometry } from './geometry.ts';
import { toneColor, type Palette, type Tone } from '../../../shared/plots/palette.ts';
import type { PathsView } from '../types.ts';

interface SampleMarks {
  samples: Float32Array | null;
  tone: Tone;
  paths?: PathsView | undefined;
  trails?: number | undefined;
}

interface SampleContent extends SampleMarks, RingOptions {
  data: Float32Array | null;
  modes: readonly Mode[];
}

/** The whole panel. */
export function drawSamples(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  content: SampleContent,
) {
  drawGround(ctx, geometry, palette, content.data);
  drawSampleMarks(ctx, geometry, palette, content);
  drawRings(ctx, geometry, palette, content.modes, content);
  drawFrame(ctx, geometry, palette);
}

/** The dots, or the paths of a reverse process with their heads. */
export function drawSampleMarks(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  { samples, tone, paths, trails = 0 }: SampleMarks,
) {
  const points = paths ? pathsAt(paths.positions, paths.count, paths.reverseSteps, paths.at) : samples;
  if (!points) return;
  const color = toneColor(palette, tone);
  const radius = geometry.dotRadius;
  const followed = paths ? Math.min(trails, paths.count) : 0;
  clipToField(ctx, geometry);
  const alpha = dotAlpha(points.length / 2);
  // While a few are followed, the others step back.
  drawDots(ctx, geometry, points.subarray(2 * followed), { color, radius, alpha: followed > 0 ? alpha * 0.6 : alpha });
  if (paths && followed > 0) {
    drawTrails(ctx, geometry, palette, paths, points, followed);
    const heads = points.subarray(0, 2 * followed);
    drawCasedDots(ctx, geometry, heads, { color, radius: radius * 1.7, alpha: 1 }, palette.surface);
  }
  ctx.restore();
}

/** Thin lines from the noise to where the first paths are now; what lies further back fades. */
function drawTrails(
  ctx: CanvasRenderingContext2D,
  geometry: FieldGeometry,
  palette: Palette,
  paths: PathsView,
  heads: Float32Array,
  followed: number,
) {
  const last = Math.min(Math.max(paths.at, 0), paths.reverseSteps);
  const whole = Math.floor(last);
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = Math.max(1, geometry.dotRadius * 0.55);
  ctx.lineCap = 'round';
  const stride = 2 * paths.count;
  for (let segment = 0; segment < last; segment++) {
    const age = last - segment - 1;
    ctx.globalAlpha = 0.12 + 0.5 * 0.5 ** Math.max(0, age / Math.max(4, paths.reverseSteps * 0.15));
    ctx.beginPath();
    for (let i = 0; i < followed; i++) {
      const from = segment * stride + 2 * i;
      const to = segment < whole ? paths.positions : heads;
      const toAt = segment < whole ? from + stride : 2 * i;
      ctx.moveTo(toX(geometry, paths.positions[from]!), toY(geometry, paths.positions[from + 1]!));
      ctx.lineTo(toX(geometry, to[toAt]!), toY(geometry, to[toAt + 1]!));
    }
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}
