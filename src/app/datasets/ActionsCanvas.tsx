import { useCallback, useRef } from 'react';
import type { Histogram } from '../../datasets/library/histogram.ts';
import type { Neighbours } from '../../datasets/library/nearest.ts';
import { usePlotCanvas, type Surface } from '../shared/plots/plot-canvas.ts';
import { niceTicks, tickFormat } from '../shared/plots/scales.ts';

interface ActionsCanvasProps {
  found: Neighbours | null;
  /** [m, A] actions of the whole dataset. */
  all: Float32Array;
  /** The histogram of each action dimension, for its range. */
  ranges: readonly Histogram[];
  /** The dimensions on the horizontal and vertical axis. */
  x: number;
  y: number;
  label: string;
}

const LEFT = 44;
const BOTTOM = 34;
const EDGE = 8;
/** Padding around the extremes, as a fraction of the range. */
const PADDING = 0.05;

export function ActionsCanvas({ found, all, ranges, x, y, label }: ActionsCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const paint = useCallback(
    (surface: Surface) => drawActions(surface, { found, all, across: axisOf(ranges, x), up: axisOf(ranges, y) }),
    [found, all, ranges, x, y],
  );
  usePlotCanvas(canvas, paint);
  return <canvas ref={canvas} className="actions-canvas" role="img" aria-label={label} data-testid="actions-canvas" />;
}

interface Axis {
  dimension: number;
  low: number;
  high: number;
  width: number;
}

function axisOf(ranges: readonly Histogram[], dimension: number): Axis {
  const { low, high } = ranges[dimension]!;
  const padding = PADDING * (high - low);
  return { dimension, low: low - padding, high: high + padding, width: ranges.length };
}

interface Actions {
  found: Neighbours | null;
  all: Float32Array;
  across: Axis;
  up: Axis;
}

function drawActions(surface: Surface, { found, all, across, up }: Actions): void {
  const { ctx, width, height, palette } = surface;
  const right = width - EDGE;
  const bottom = height - BOTTOM;
  const toX = (value: number) => LEFT + ((value - across.low) / (across.high - across.low)) * (right - LEFT);
  const toY = (value: number) => bottom - ((value - up.low) / (up.high - up.low)) * (bottom - EDGE);
  drawAxes(surface, { across, up, toX, toY, right, bottom });
  const dots = (actions: Float32Array, color: string, alpha: number, radius: number) => {
    ctx.fillStyle = color;
    ctx.globalAlpha = alpha;
    for (let at = 0; at < actions.length; at += across.width) {
      ctx.beginPath();
      ctx.arc(toX(actions[at + across.dimension]!), toY(actions[at + up.dimension]!), radius, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.globalAlpha = 1;
  };
  dots(all, palette.data, 0.28, 1.5);
  if (!found) return;
  dots(found.actions, palette.cloning, found.rows.length > 300 ? 0.4 : 0.65, 2.5);
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(toX(found.actions[across.dimension]!), toY(found.actions[up.dimension]!), 6, 0, 2 * Math.PI);
  ctx.stroke();
}

interface Frame {
  across: Axis;
  up: Axis;
  toX: (value: number) => number;
  toY: (value: number) => number;
  right: number;
  bottom: number;
}

function drawAxes({ ctx, palette }: Surface, { across, up, toX, toY, right, bottom }: Frame): void {
  ctx.fillStyle = palette.surface;
  ctx.fillRect(LEFT, EDGE, right - LEFT, bottom - EDGE);
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(LEFT + 0.5, EDGE + 0.5, right - LEFT - 1, bottom - EDGE - 1);
  ctx.fillStyle = palette.textMuted;
  ctx.font = `12px ${palette.font}`;
  const ticksAcross = niceTicks(across.low, across.high, 5);
  const ticksUp = niceTicks(up.low, up.high, 5);
  const writeAcross = tickFormat(ticksAcross, false);
  const writeUp = tickFormat(ticksUp, false);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  for (const tick of ticksAcross) ctx.fillText(writeAcross(tick), toX(tick), bottom + 4);
  ctx.fillText(`action ${across.dimension}`, (LEFT + right) / 2, bottom + 19);
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (const tick of ticksUp) ctx.fillText(writeUp(tick), LEFT - 5, toY(tick));
  ctx.save();
  ctx.translate(9, (EDGE + bottom) / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = 'center';
  ctx.fillText(`action ${up.dimension}`, 0, 0);
  ctx.restore();
}
