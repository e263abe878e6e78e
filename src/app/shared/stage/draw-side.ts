/** The body from the side, on a canvas of two dimensions: a drawing of a state, and of nothing else. */
import { cssRgb } from '../plots/color.ts';
import { POSE_SIZE, type PlanarFigure } from '../../../environments/kinematics.ts';
import { mixed, partColor, type StageLook } from './stage-palette.ts';

/** Which part of the plane is seen. */
export interface SideFrame {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** x in the middle of the picture, in metres. */
  readonly x: number;
  /** CSS pixels to a metre. */
  readonly scale: number;
}

export interface SidePicture {
  readonly figure: PlanarFigure;
  /** [parts, 3] */
  readonly poses: Float64Array;
  /** From where to where a held body is pulled, in metres. */
  readonly arrow: { readonly from: readonly [number, number]; readonly to: readonly [number, number] } | null;
}

/** Metres from the top of the picture to its bottom. */
const HEIGHT = 2.5;
/** No narrower than this, in metres, or the body would not fit. */
const WIDTH = 2.4;
/** The ground lies at this share of the height. */
const GROUND = 0.8;
/** Ticks on the ground, in metres; every so many-th has a number. */
const TICK = 0.5;
const NUMBERED = 2;

/** A picture of so many CSS pixels about x; above 1 it is nearer. */
export function frameAround({ width, height }: { width: number; height: number }, x: number, nearness = 1): SideFrame {
  return { width, height, x, scale: nearness * Math.min(height / HEIGHT, width / WIDTH) };
}

/** A point of the plane in CSS pixels. */
export function toScreen({ width, height, x, scale }: SideFrame, px: number, pz: number): [number, number] {
  return [width / 2 + (px - x) * scale, height * GROUND - pz * scale];
}

/** The point of the plane under a pixel. */
export function toPlane({ width, height, x, scale }: SideFrame, left: number, top: number): [number, number] {
  return [x + (left - width / 2) / scale, (height * GROUND - top) / scale];
}

export function drawSide(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { figure, poses, arrow }: SidePicture,
  look: StageLook,
): void {
  drawGround(ctx, frame, look);
  drawShadow(ctx, frame, figure, poses, look);
  ctx.lineCap = 'round';
  // What hangs last is farthest from the eye.
  for (const index of farthestFirst(figure)) drawPart(ctx, frame, figure, poses, index, look);
  if (arrow) drawArrow(ctx, frame, arrow, look);
}

function farthestFirst({ parts }: PlanarFigure): number[] {
  const depth = (index: number) => {
    const { limb } = parts[index]!;
    return limb === 'trunk' ? 0.5 : limb;
  };
  return [...parts.keys()].sort((a, b) => depth(b) - depth(a));
}

function drawGround(ctx: CanvasRenderingContext2D, frame: SideFrame, look: StageLook): void {
  const { width, height, x, scale } = frame;
  const ground = height * GROUND;
  const sky = ctx.createLinearGradient(0, 0, 0, ground);
  sky.addColorStop(0, cssRgb(look.sky));
  sky.addColorStop(1, cssRgb(look.horizon));
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, width, ground);
  ctx.fillStyle = cssRgb(look.ground[0]);
  ctx.fillRect(0, ground, width, height - ground);
  const left = x - width / 2 / scale;
  const right = x + width / 2 / scale;
  // Tiles of a metre, which move.
  ctx.fillStyle = cssRgb(look.ground[1]);
  for (let metre = Math.floor(left); metre < right; metre++) {
    if (metre % 2 !== 0) continue;
    const [from] = toScreen(frame, metre, 0);
    ctx.fillRect(from, ground, scale, height - ground);
  }
  ctx.strokeStyle = cssRgb(look.line);
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(0, ground);
  ctx.lineTo(width, ground);
  ctx.stroke();
  const size = Math.max(12, Math.min(18, 0.022 * width));
  ctx.font = `500 ${size}px ${look.font}`;
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
    ctx.fillStyle = cssRgb(look.words);
    if (numbered) ctx.fillText(`${String(tick * TICK).replace('-', '−')} m`, at, ground + 14);
  }
}

/** A soft shadow of each part, paler the higher it is. */
function drawShadow(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { parts }: PlanarFigure,
  poses: Float64Array,
  look: StageLook,
): void {
  parts.forEach(({ radius, halfLength }, i) => {
    const [x, z, angle] = poseAt(poses, i);
    const half = Math.abs(Math.sin(angle)) * halfLength + radius;
    const [middle, ground] = toScreen(frame, x, 0);
    ctx.fillStyle = cssRgb([0, 0, 0], (look.dark ? 0.22 : 0.09) / (1 + Math.max(0, z)));
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
  look: StageLook,
): void {
  const { limb, radius, halfLength } = parts[index]!;
  const [x, z, angle] = poseAt(poses, index);
  const dx = Math.sin(angle) * halfLength;
  const dz = Math.cos(angle) * halfLength;
  const [fromX, fromY] = toScreen(frame, x - dx, z - dz);
  const [toX, toY] = toScreen(frame, x + dx, z + dz);
  const color = partColor(look, limb);
  const width = 2 * radius * frame.scale;
  const line = (style: string, thick: number, lift: number) => {
    ctx.strokeStyle = style;
    ctx.lineWidth = thick;
    ctx.beginPath();
    ctx.moveTo(fromX, fromY - lift);
    ctx.lineTo(toX, toY - lift);
    ctx.stroke();
  };
  // An edge in the ground's colour tells a part from the one behind it; the light comes from above.
  line(cssRgb(look.horizon), width + 3, 0);
  line(cssRgb(mixed(color, [0, 0, 0], 0.12)), width, 0);
  line(cssRgb(color), 0.78 * width, 0.06 * width);
  line(cssRgb(mixed(color, [255, 255, 255], 0.28), 0.8), 0.26 * width, 0.2 * width);
}

function drawArrow(
  ctx: CanvasRenderingContext2D,
  frame: SideFrame,
  { from, to }: NonNullable<SidePicture['arrow']>,
  look: StageLook,
): void {
  const [x0, y0] = toScreen(frame, ...from);
  const [x1, y1] = toScreen(frame, ...to);
  const angle = Math.atan2(y1 - y0, x1 - x0);
  ctx.strokeStyle = cssRgb(look.push);
  ctx.fillStyle = cssRgb(look.push);
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

/** The part within so many metres of a point; the nearest to its middle line, or null. */
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
