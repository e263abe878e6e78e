/** Draws a state of the body from the side on a 2D canvas. Pure drawing. */
import { cssRgb } from '../plots/color.ts';
import { POSE_SIZE, type PlanarFigure } from '../../../environments/kinematics.ts';
import { mixed, partColor, type StagePalette } from './stage-palette.ts';

/** The visible part of the plane. */
export interface SideFrame {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** x at the centre of the picture, in metres. */
  readonly x: number;
  /** CSS pixels per metre. */
  readonly scale: number;
}

export interface SidePicture {
  readonly figure: PlanarFigure;
  /** [parts, 3] */
  readonly poses: Float64Array;
  /** The arrow of a pull, in metres; null while nothing is held. */
  readonly arrow: { readonly from: readonly [number, number]; readonly to: readonly [number, number] } | null;
}

/** Height of the picture in metres. */
const HEIGHT = 2.5;
/** Minimum width in metres, so that the body fits. */
const WIDTH = 2.4;
/** Position of the ground as a fraction of the height. */
const GROUND = 0.8;
/** Metres between ticks on the ground, and ticks per number. */
const TICK = 0.5;
const NUMBERED = 2;

/** A frame of the given size in CSS pixels, centred on x. @param zoom above 1 is nearer. */
export function frameAround({ width, height }: { width: number; height: number }, x: number, zoom = 1): SideFrame {
  return { width, height, x, scale: zoom * Math.min(height / HEIGHT, width / WIDTH) };
}

/** Maps a point of the plane to CSS pixels. */
export function toScreen({ width, height, x, scale }: SideFrame, px: number, pz: number): [number, number] {
  return [width / 2 + (px - x) * scale, height * GROUND - pz * scale];
}

/** Maps a pixel to the point of the plane under it. */
export function toPlane({ width, height, x, scale }: SideFrame, left: number, top: number): [number, number] {
  return [x + (left - width / 2) / scale, (height * GROUND - top) / scale];
}

export function drawSide(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { figure, poses, arrow }: SidePicture,
  palette: StagePalette,
): void {
  drawGround(ctx, frame, palette);
  drawShadow(ctx, frame, figure, poses, palette);
  ctx.lineCap = 'round';
  for (const index of farthestFirst(figure)) drawPart(ctx, frame, figure, poses, index, palette);
  if (arrow) drawArrow(ctx, frame, arrow, palette);
}

function farthestFirst({ parts }: PlanarFigure): number[] {
  const depth = (index: number) => {
    const { limb } = parts[index]!;
    return limb === 'trunk' ? 0.5 : limb;
  };
  return [...parts.keys()].sort((a, b) => depth(b) - depth(a));
}

function drawGround(ctx: CanvasRenderingContext2D, frame: SideFrame, palette: StagePalette): void {
  const { width, height, x, scale } = frame;
  const ground = height * GROUND;
  const sky = ctx.createLinearGradient(0, 0, 0, ground);
  sky.addColorStop(0, cssRgb(palette.sky));
  sky.addColorStop(1, cssRgb(palette.horizon));
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, width, ground);
  ctx.fillStyle = cssRgb(palette.ground[0]);
  ctx.fillRect(0, ground, width, height - ground);
  const left = x - width / 2 / scale;
  const right = x + width / 2 / scale;
  // Tiles of one metre.
  ctx.fillStyle = cssRgb(palette.ground[1]);
  for (let metre = Math.floor(left); metre < right; metre++) {
    if (metre % 2 !== 0) continue;
    const [from] = toScreen(frame, metre, 0);
    ctx.fillRect(from, ground, scale, height - ground);
  }
  ctx.strokeStyle = cssRgb(palette.line);
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(0, ground);
  ctx.lineTo(width, ground);
  ctx.stroke();
  const size = Math.max(12, Math.min(18, 0.022 * width));
  ctx.font = `500 ${size}px ${palette.font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  ctx.lineWidth = 1;
  for (let tick = Math.ceil(left / TICK); tick * TICK <= right; tick++) {
    const [at] = toScreen(frame, tick * TICK, 0);
    const numbered = tick % NUMBERED === 0;
    ctx.beginPath();
    ctx.moveTo(at, ground);
    ctx.lineTo(at, ground + (numbered ? 10 : 5));
    ctx.stroke();
    ctx.fillStyle = cssRgb(palette.label);
    if (numbered) ctx.fillText(`${String(tick * TICK).replace('-', '−')} m`, at, ground + 14);
  }
}

/** A soft shadow of each part, fainter with height. */
function drawShadow(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { parts }: PlanarFigure,
  poses: Float64Array,
  palette: StagePalette,
): void {
  parts.forEach(({ radius, halfLength }, i) => {
    const [x, z, angle] = poseAt(poses, i);
    const half = Math.abs(Math.sin(angle)) * halfLength + radius;
    const [middle, ground] = toScreen(frame, x, 0);
    ctx.fillStyle = cssRgb([0, 0, 0], (palette.dark ? 0.22 : 0.09) / (1 + Math.max(0, z)));
    ctx.beginPath();
    ctx.ellipse(middle, ground + 4, half * frame.scale, Math.max(2, 0.03 * frame.scale), 0, 0, 2 * Math.PI);
    ctx.fill();
  });
}

function drawPart(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { parts }: PlanarFigure,
  poses: Float64Array,
  index: number,
  palette: StagePalette,
): void {
  const { limb, radius, halfLength } = parts[index]!;
  const [x, z, angle] = poseAt(poses, index);
  const dx = Math.sin(angle) * halfLength;
  const dz = Math.cos(angle) * halfLength;
  const [fromX, fromY] = toScreen(frame, x - dx, z - dz);
  const [toX, toY] = toScreen(frame, x + dx, z + dz);
  const color = partColor(palette, limb);
  const width = 2 * radius * frame.scale;
  const line = (style: string, thick: number, lift: number) => {
    ctx.strokeStyle = style;
    ctx.lineWidth = thick;
    ctx.beginPath();
    ctx.moveTo(fromX, fromY - lift);
    ctx.lineTo(toX, toY - lift);
    ctx.stroke();
  };
  // An outline in the colour of the ground separates a part from the one behind it; light comes from above.
  line(cssRgb(palette.horizon), width + 3, 0);
  line(cssRgb(mixed(color, [0, 0, 0], 0.12)), width, 0);
  line(cssRgb(color), 0.78 * width, 0.06 * width);
  line(cssRgb(mixed(color, [255, 255, 255], 0.28), 0.8), 0.26 * width, 0.2 * width);
}

function drawArrow(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { from, to }: NonNullable<SidePicture['arrow']>,
  palette: StagePalette,
): void {
  const [x0, y0] = toScreen(frame, ...from);
  const [x1, y1] = toScreen(frame, ...to);
  const angle = Math.atan2(y1 - y0, x1 - x0);
  ctx.strokeStyle = cssRgb(palette.push);
  ctx.fillStyle = cssRgb(palette.push);
  ctx.lineWidth = 4;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  if (Math.hypot(x1 - x0, y1 - y0) < 8) return;
  ctx.beginPath();
  for (const turn of [0, 2.5, -2.5]) ctx.lineTo(x1 + 13 * Math.cos(angle + turn), y1 + 13 * Math.sin(angle + turn));
  ctx.fill();
}

export function poseAt(poses: Float64Array, part: number): [x: number, z: number, angle: number] {
  const at = POSE_SIZE * part;
  return [poses[at]!, poses[at + 1]!, poses[at + 2]!];
}

/** The part nearest to a point, or null if none is within `slack` metres. */
export function partAt({ parts }: PlanarFigure, poses: Float64Array, px: number, pz: number, slack: number) {
  let best: number | null = null;
  let least = slack;
  parts.forEach(({ radius, halfLength }, i) => {
    const [x, z, angle] = poseAt(poses, i);
    const along = (px - x) * Math.sin(angle) + (pz - z) * Math.cos(angle);
    const nearest = Math.max(-halfLength, Math.min(halfLength, along));
    const distance = Math.hypot(px - x - nearest * Math.sin(angle), pz - z - nearest * Math.cos(angle)) - radius;
    if (distance < least) {
      least = distance;
      best = i;
    }
  });
  return best;
}
