/** The whole figure as one picture, by the functions that draw the panels on the page. */
import { drawQ, qRange } from './draw-q.ts';
import { drawSamples } from './draw-samples.ts';
import { fieldGeometry, subsample } from './geometry.ts';
import { readPaletteOf, type Palette } from '../../../shared/plots/palette.ts';
import { cssRgb, oklabToRgb, rampAt } from '../../../shared/plots/color.ts';
import { formatOnScale } from '../../../shared/plots/scales.ts';
import type { FigureOptions, FigurePanel } from '../types.ts';

const MARGIN = 32;
const GAP = 20;
const ROW_GAP = 28;
const TITLE = 24;
const PANEL_TITLE = 15;
const SMALL = 13;
const SCALE_BAR = 26;
/** A panel may be given the data themselves; more dots than this only make a blot. */
const DOTS_DRAWN = 2000;
const RESOLUTION_OF = (q: Float32Array) => Math.round(Math.sqrt(q.length));

/** Panels by row: `columns` a row, and a new one where the tone changes. Panels without a title leave a gap. */
export function figureRows(panels: readonly FigurePanel[], columns: number): FigurePanel[][] {
  const rows: FigurePanel[][] = [];
  for (const panel of panels) {
    const row = rows.at(-1);
    const full = !row || row.length >= columns || (panel.title !== '' && row[0]!.tone !== panel.tone);
    if (full) rows.push([panel]);
    else row.push(panel);
  }
  return rows;
}

interface RowHeights {
  head: number;
  q: number;
  metrics: number;
}

function rowHeights(row: readonly FigurePanel[], side: number): RowHeights {
  const lines = Math.max(...row.map(({ metrics }) => metrics?.length ?? 0));
  return {
    head: PANEL_TITLE * 1.5 + (row.some(({ subtitle }) => subtitle) ? SMALL * 1.4 : 0) + 4,
    q: row.some(({ q }) => q) ? side + SCALE_BAR + 10 : 0,
    metrics: lines > 0 ? lines * SMALL * 1.5 + 6 : 0,
  };
}

/** Draws the figure; `width` and the height that follows are CSS pixels, of which the canvas holds `scale` each way. */
export function composeFigure({
  title,
  subtitle = '',
  panels,
  columns,
  theme,
  width,
  scale = 2,
}: FigureOptions): HTMLCanvasElement {
  const palette = readPaletteOf(theme);
  const rows = figureRows(panels, columns);
  const side = Math.floor((width - 2 * MARGIN - (columns - 1) * GAP) / columns);
  const heights = rows.map((row) => rowHeights(row, side));
  const top = MARGIN + TITLE * 1.3 + (subtitle ? SMALL * 1.7 : 0) + 16;
  const rowsHeight = heights.reduce((sum, { head, q, metrics }) => sum + head + side + q + metrics + ROW_GAP, 0);
  const height = Math.ceil(top + rowsHeight + SMALL * 1.5 + MARGIN - 8);

  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const ctx = canvas.getContext('2d');
  if (!ctx) return canvas;
  ctx.scale(scale, scale);
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, 0, width, height);
  ctx.textBaseline = 'alphabetic';
  write(ctx, palette, title, MARGIN, MARGIN + TITLE, { size: TITLE, weight: 650 });
  if (subtitle) write(ctx, palette, subtitle, MARGIN, MARGIN + TITLE * 1.3 + SMALL * 1.3, { muted: true });

  let y = top;
  rows.forEach((row, r) => {
    const { head, q, metrics } = heights[r]!;
    row.forEach((panel, column) => {
      if (panel.title !== '')
        drawPanel(ctx, palette, panel, MARGIN + column * (side + GAP), y, side, scale, heights[r]!);
    });
    y += head + side + q + metrics + ROW_GAP;
  });
  const legend = 'Rings: 3σ of each mode, the best one green. Grey: the data. Samples: blue clone, red climb Q.';
  write(ctx, palette, legend, MARGIN, y + SMALL, { muted: true });
  return canvas;
}

interface TextLook {
  size?: number;
  weight?: number;
  muted?: boolean;
  align?: 'left' | 'right';
  maxWidth?: number;
}

function write(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  text: string,
  x: number,
  y: number,
  { size = SMALL, weight = 400, muted = false, align = 'left', maxWidth }: TextLook = {},
) {
  ctx.font = `${weight} ${size}px ${palette.font}`;
  ctx.fillStyle = muted ? palette.textMuted : palette.text;
  ctx.textAlign = align;
  ctx.textBaseline = 'alphabetic';
  ctx.fillText(text, x, y, maxWidth);
}

function drawPanel(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  panel: FigurePanel,
  x: number,
  y: number,
  side: number,
  ratio: number,
  heights: RowHeights,
) {
  write(ctx, palette, panel.title, x, y + PANEL_TITLE, { size: PANEL_TITLE, weight: 600, maxWidth: side });
  if (panel.subtitle) {
    const under = y + PANEL_TITLE * 1.5 + SMALL * 0.95;
    write(ctx, palette, panel.subtitle, x, under, { muted: true, maxWidth: side });
  }
  let bottom = y + heights.head;
  const samples = panel.samples && subsample(panel.samples, DOTS_DRAWN);
  drawSamples(ctx, fieldGeometry(side, panel.extent, ratio, x, bottom), palette, { ...panel, samples });
  bottom += side;
  if (panel.q) {
    const resolution = RESOLUTION_OF(panel.q);
    const geometry = fieldGeometry(side, undefined, ratio, x, bottom + 10);
    drawQ(ctx, geometry, palette, { q: panel.q, resolution, modes: panel.modes });
    drawScale(ctx, palette, panel.q, x, bottom + 10 + side + 10, side);
  }
  bottom += heights.q + 6;
  panel.metrics?.forEach(([name, value], line) => {
    const at = bottom + (line + 1) * SMALL * 1.5 - 4;
    write(ctx, palette, name, x, at, { muted: true });
    write(ctx, palette, value, x + side, at, { align: 'right' });
  });
}

/** The colours of Q from its lowest to its highest value. */
function drawScale(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  q: Float32Array,
  x: number,
  y: number,
  side: number,
) {
  const range = qRange({ q });
  if (!range) return;
  const span = range[1] - range[0];
  const [low, high] = [formatOnScale(range[0], span), formatOnScale(range[1], span)];
  write(ctx, palette, low, x, y + 9, { size: 12, muted: true });
  const from = x + ctx.measureText(low).width + 6;
  write(ctx, palette, high, x + side, y + 9, { size: 12, muted: true, align: 'right' });
  const to = x + side - ctx.measureText(high).width - 6;
  const gradient = ctx.createLinearGradient(from, 0, to, 0);
  for (let i = 0; i <= 16; i++) gradient.addColorStop(i / 16, cssRgb(oklabToRgb(rampAt(palette.ramp, i / 16))));
  ctx.fillStyle = gradient;
  ctx.fillRect(from, y, to - from, 8);
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  ctx.strokeRect(from + 0.5, y + 0.5, to - from - 1, 7);
}
