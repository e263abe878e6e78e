/** Draws the denoising plots: one per action dimension, and one of the choice by Q. */
import type { DenoisingTrace } from '../../../environments/rollouts/denoising-trace.ts';
import { cssRgb, oklabToRgb, rampAt } from '../plots/color.ts';
import type { Palette } from '../plots/palette.ts';
import type { Surface } from '../plots/plot-canvas.ts';
import { niceTicks, tickFormat } from '../plots/scales.ts';
import {
  ACTION_EXTENT,
  actionAt,
  actionBins,
  columnOf,
  qScale,
  ranked,
  niceCeil,
  shareOf,
  type QScale,
} from './denoising-scales.ts';

/** Start of the ramp: paler colours are too close to the background. */
const RAMP_FROM = 0.28;
const BINS = 40;
/** Fraction of the width for the histogram of the data. */
const DATA_SHARE = 0.15;

/** The colour of a Q. @param share its position on the scale, 0 to 1. */
function qColor(palette: Palette, share: number): string {
  return cssRgb(oklabToRgb(rampAt(palette.ramp, RAMP_FROM + (1 - RAMP_FROM) * share)));
}

interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  toX: (time: number) => number;
  toY: (action: number) => number;
  font: number;
}

function frameOf({ width, height }: Surface, times: readonly number[], withData: boolean): Frame {
  // Low plots use smaller figures.
  const font = Math.min(15, Math.max(12, Math.min(width / 32, height / 8)));
  const left = 2.1 * font;
  const right = width - 0.7 * font - (withData ? DATA_SHARE * width : 0);
  const top = 0.5 * font;
  const bottom = height - 1.6 * font;
  const first = times[0] ?? 1;
  return {
    left,
    right,
    top,
    bottom,
    font,
    toX: (time) => right - (time / first) * (right - left),
    toY: (action) => (top + bottom) / 2 - (action / ACTION_EXTENT) * ((bottom - top) / 2),
  };
}

/** One dimension: candidates from noise (left) to actions (right), with a histogram of the data's actions. */
export function drawDimension(
  surface: Surface,
  trace: DenoisingTrace,
  dimension: number,
  near: Float32Array | null,
): void {
  const frame = frameOf(surface, trace.times, near !== null);
  drawAxes(surface, frame, trace.times);
  const { ctx, palette } = surface;
  const { left, right, top, bottom } = frame;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left + 8, bottom - top);
  ctx.clip();
  const scale = trace.values && qScale(trace.values);
  // Draws the best last, and the chosen one on top.
  for (const candidate of ranked(trace).reverse()) {
    if (candidate !== trace.chosen)
      drawChain(ctx, frame, trace, candidate, dimension, colorOf(palette, trace, scale, candidate));
  }
  drawTaken(surface, frame, trace, dimension);
  ctx.restore();
  if (near) drawData(surface, frame, columnOf(near, trace.width, dimension));
}

function colorOf(palette: Palette, { values }: DenoisingTrace, scale: QScale | null, candidate: number): string {
  return scale && values ? qColor(palette, shareOf(scale, values[candidate]!)) : palette.cloning;
}

function pathOf(frame: Frame, trace: DenoisingTrace, candidate: number, dimension: number): Path2D {
  const path = new Path2D();
  trace.times.forEach((time, level) => {
    path.lineTo(frame.toX(time), frame.toY(actionAt(trace, level, candidate, dimension)));
  });
  return path;
}

function drawChain(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  trace: DenoisingTrace,
  candidate: number,
  dimension: number,
  color: string,
): void {
  ctx.globalAlpha = 0.6;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.25;
  ctx.lineJoin = 'round';
  ctx.stroke(pathOf(frame, trace, candidate, dimension));
  ctx.globalAlpha = 1;
  ctx.fillStyle = color;
  const last = trace.times.length - 1;
  // All dots of a chain in one path: a plot has hundreds.
  ctx.beginPath();
  trace.times.forEach((time, level) => {
    const [x, y] = [frame.toX(time), frame.toY(actionAt(trace, level, candidate, dimension))];
    const radius = level === last ? 3 : 1.75;
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  });
  ctx.fill();
}

function drawTaken({ ctx, palette }: Surface, frame: Frame, trace: DenoisingTrace, dimension: number): void {
  const path = pathOf(frame, trace, trace.chosen, dimension);
  ctx.lineJoin = 'round';
  ctx.strokeStyle = palette.surface;
  ctx.lineWidth = 6;
  ctx.stroke(path);
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 2.75;
  ctx.stroke(path);
  ctx.beginPath();
  const y = frame.toY(actionAt(trace, trace.times.length - 1, trace.chosen, dimension));
  ctx.arc(frame.toX(0), y, 5, 0, 2 * Math.PI);
  ctx.fillStyle = palette.surface;
  ctx.fill();
  ctx.stroke();
}

function drawAxes({ ctx, palette }: Surface, frame: Frame, times: readonly number[]): void {
  const { left, right, top, bottom, font, toX, toY } = frame;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(left, top, right - left, bottom - top);
  ctx.lineWidth = 1;
  for (const action of [-1, 0, 1]) {
    const y = Math.round(toY(action)) + 0.5;
    ctx.strokeStyle = action === 0 ? palette.line : palette.lineStrong;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
  }
  ctx.fillStyle = palette.textMuted;
  ctx.font = `${font}px ${palette.font}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (const action of [-1, 0, 1]) ctx.fillText(tickFormat([-1, 0, 1], false)(action), left - 0.5 * font, toY(action));
  ctx.textBaseline = 'alphabetic';
  ctx.textAlign = 'center';
  const first = times[0] ?? 0;
  const ticks = first <= 10 ? times : niceTicks(0, first, 5);
  for (const time of ticks) {
    const text = time === first ? `t = ${time}` : String(time);
    const half = ctx.measureText(text).width / 2;
    ctx.fillText(text, Math.max(toX(time), left - 1.9 * font + half), bottom + 1.3 * font);
  }
}

/** A histogram of horizontal bars at the right of the actions. */
function drawData({ ctx, width, palette }: Surface, { right, toY, font }: Frame, actions: Float32Array): void {
  const counts = actionBins(actions, BINS);
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const from = right + 0.8 * font;
  const room = width - from - 1;
  ctx.strokeStyle = palette.lineStrong;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(Math.round(from) - 0.5, toY(1));
  ctx.lineTo(Math.round(from) - 0.5, toY(-1));
  ctx.stroke();
  ctx.fillStyle = palette.data;
  counts.forEach((count, bin) => {
    if (count === 0) return;
    const low = toY(-1 + (2 * bin) / BINS);
    const high = toY(-1 + (2 * (bin + 1)) / BINS);
    ctx.fillRect(from, high, Math.max(2, (count / most) * room), Math.max(1, low - high - 0.5));
  });
}

/** The candidates on the scale of Q: each a stick, as high as it is probable. */
export function drawChoice(surface: Surface, trace: DenoisingTrace): void {
  const { values, probabilities } = trace;
  if (!values) return;
  const { ctx, width, height, palette } = surface;
  const scale = qScale(values);
  const font = Math.min(15, Math.max(12, width / 32));
  const left = probabilities ? 3.2 * font : 1.2 * font;
  const right = width - 1.2 * font;
  const band = 0.55 * font;
  const ground = height - 1.5 * font - band;
  const top = 0.9 * font;
  const toX = (value: number) => left + shareOf(scale, value) * (right - left);
  const most = probabilities ? niceCeil(probabilities.reduce((a, b) => Math.max(a, b), 0)) : 1;
  const stickOf = (candidate: number) => {
    const share = probabilities ? probabilities[candidate]! / most : 0.5;
    return ground - 3 - share * (ground - top - 3);
  };

  for (let x = Math.floor(left); x < right; x++) {
    ctx.fillStyle = qColor(palette, (x - left) / (right - left));
    ctx.fillRect(x, ground, Math.min(1.5, right - x), band);
  }
  ctx.font = `${font}px ${palette.font}`;
  ctx.fillStyle = palette.textMuted;
  ctx.textBaseline = 'alphabetic';
  ctx.textAlign = 'center';
  const ticks = niceTicks(-scale.span, 0, 4);
  const write = tickFormat(ticks, false);
  for (const tick of ticks)
    ctx.fillText(tick === 0 ? 'best' : write(tick), toX(scale.best + tick), height - 0.3 * font);
  if (probabilities) drawShareAxis(surface, { left, right, top, ground, most, font });

  for (const candidate of ranked(trace).reverse()) {
    const x = toX(values[candidate]!);
    const y = stickOf(candidate);
    const taken = candidate === trace.chosen;
    ctx.strokeStyle = taken ? palette.text : qColor(palette, shareOf(scale, values[candidate]!));
    ctx.fillStyle = taken ? palette.surface : ctx.strokeStyle;
    ctx.lineWidth = taken ? 2.75 : 2;
    ctx.beginPath();
    ctx.moveTo(x, ground - 1);
    ctx.lineTo(x, y);
    ctx.stroke();
    if (!taken) dot(ctx, x, y, 2.75);
  }
  // Over all others.
  ctx.strokeStyle = palette.text;
  ctx.fillStyle = palette.surface;
  ctx.lineWidth = 2.75;
  dot(ctx, toX(values[trace.chosen]!), stickOf(trace.chosen), 5);
  ctx.stroke();
}

function dot(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

interface ShareAxis {
  left: number;
  right: number;
  top: number;
  ground: number;
  most: number;
  font: number;
}

function drawShareAxis({ ctx, palette }: Surface, { left, right, top, ground, most, font }: ShareAxis): void {
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (const share of [0, most]) {
    const y = Math.round(share === 0 ? ground - 3 : top) + 0.5;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
    ctx.fillText(`${Number((100 * share).toPrecision(2))} %`, left - 0.5 * font, y);
  }
}
