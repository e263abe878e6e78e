/** Draws samples as SVG text: a square with rings of the modes, faint dots of the data, and the samples on top. */
import { MODE_RADIUS } from '../math/bandit-metrics.ts';
import type { Mode } from '../datasets/bandit.ts';

export const COLOURS = {
  paper: '#ffffff',
  ink: '#1c2330',
  faint: '#6a7280',
  line: '#d5dae1',
  data: '#c3c9d2',
  ring: '#3a4250',
  cloning: '#1769b5',
  qLearning: '#c93a2b',
} as const;

/** Half-width of a field's range; samples beyond it are drawn on its border. */
const EXTENT = 1.25;
const MAX_DATA_DOTS = 400;

export interface Field {
  title: string;
  /** Lines below the square. */
  captions: readonly string[];
  colour: string;
  modes: readonly Mode[];
  /** [n, 2] */
  data: Float32Array;
  /** [m, 2] */
  samples: Float32Array;
}

/** Height of a field of this width, with its title and captions. */
export function fieldHeight(width: number, captions: number): number {
  return width + 22 + 15 * captions + 4;
}

/** One field with its top left corner at (x, y). */
export function field(
  x: number,
  y: number,
  width: number,
  { title, captions, colour, modes, data, samples }: Field,
): string {
  const top = y + 22;
  const place = (px: number, py: number): [number, number] => [
    x + ((clamp(px) + EXTENT) / (2 * EXTENT)) * width,
    top + ((EXTENT - clamp(py)) / (2 * EXTENT)) * width,
  ];
  const scale = width / (2 * EXTENT);
  const every = Math.max(1, Math.floor(data.length / 2 / MAX_DATA_DOTS));
  const rings = modes.map(({ x: cx, y: cy, sigma }) => {
    const [px, py] = place(cx, cy);
    return `<circle cx="${fixed(px)}" cy="${fixed(py)}" r="${fixed(MODE_RADIUS * sigma * scale)}"/>`;
  });
  const [left, upper] = place(-1, 1);
  return [
    text(x, y + 14, title, { size: 14, weight: 600 }),
    `<rect x="${fixed(x)}" y="${fixed(top)}" width="${fixed(width)}" height="${fixed(width)}" fill="none" stroke="${COLOURS.line}"/>`,
    `<rect x="${fixed(left)}" y="${fixed(upper)}" width="${fixed(2 * scale)}" height="${fixed(2 * scale)}" fill="none" stroke="${COLOURS.line}" stroke-dasharray="2 3"/>`,
    dots(data, every, 0.9, COLOURS.data, 1, place),
    dots(samples, 1, 1.1, colour, 0.7, place),
    `<g fill="none" stroke="${COLOURS.ring}" stroke-width="0.8">${rings.join('')}</g>`,
    ...captions.map((caption, i) =>
      text(x, top + width + 15 * (i + 1), caption, { size: 11.5, colour: COLOURS.faint }),
    ),
  ].join('\n');
}

interface TextStyle {
  size: number;
  weight?: number;
  colour?: string;
  anchor?: 'start' | 'middle' | 'end';
}

export function text(x: number, y: number, content: string, style: TextStyle): string {
  const { size, weight = 400, colour = COLOURS.ink, anchor = 'start' } = style;
  const attributes = `font-size="${size}" font-weight="${weight}" fill="${colour}" text-anchor="${anchor}"`;
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escape(content)}</text>`;
}

/** A complete SVG document on a white background. */
export function picture(width: number, height: number, label: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${fixed(height)}" width="${width}" height="${fixed(height)}" role="img" aria-label="${escape(label)}" font-family="Inter, system-ui, sans-serif">`,
    `<rect width="100%" height="100%" fill="${COLOURS.paper}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

export function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** All dots in one path: round caps turn a line of zero length into a dot. */
function dots(
  points: Float32Array,
  every: number,
  radius: number,
  colour: string,
  opacity: number,
  place: (x: number, y: number) => [number, number],
): string {
  let path = '';
  for (let i = 0; i < points.length / 2; i += every) {
    const x = points[2 * i] as number;
    const y = points[2 * i + 1] as number;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const [px, py] = place(x, y);
    path += `M${fixed(px)} ${fixed(py)}h0`;
  }
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-opacity="${opacity}" stroke-width="${2 * radius}" stroke-linecap="round"/>`;
}

function clamp(value: number): number {
  return Math.min(EXTENT, Math.max(-EXTENT, value));
}

function escape(content: string): string {
  return content.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
