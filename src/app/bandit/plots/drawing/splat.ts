/**
 * Discs of one colour, added up in a buffer of coverage: a disc costs some tens of bytes, whatever draws the canvas
 * below, and the same discs give the same bytes on every machine.
 */

/** Positions are resolved to a quarter of a pixel. */
const PHASES = 4;

/** Coverage (0 to 255) of a disc around a phase of its middle pixel, on a square of `side` pixels. */
interface DiscMask {
  side: number;
  /** PHASES² masks, one after another: x phase first. */
  coverage: Uint8Array;
}

const masks = new Map<string, DiscMask>();

/** Masks of a disc of `radius` pixels with an opacity of `alpha`. */
export function discMask(radius: number, alpha: number): DiscMask {
  const key = `${radius.toFixed(3)} ${alpha.toFixed(3)}`;
  const known = masks.get(key);
  if (known) return known;
  const reach = Math.ceil(radius + 1);
  const side = 2 * reach + 1;
  const coverage = new Uint8Array(PHASES * PHASES * side * side);
  let at = 0;
  for (let v = 0; v < PHASES; v++) {
    for (let u = 0; u < PHASES; u++) {
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < side; column++) {
          // From the middle of the pixel to the middle of the disc.
          const dx = column - reach + 0.5 - (u + 0.5) / PHASES;
          const dy = row - reach + 0.5 - (v + 0.5) / PHASES;
          const inside = Math.min(Math.max(radius + 0.5 - Math.hypot(dx, dy), 0), 1);
          coverage[at++] = Math.round(255 * alpha * inside);
        }
      }
    }
  }
  const mask = { side, coverage };
  if (masks.size > 64) masks.clear();
  masks.set(key, mask);
  return mask;
}

/** Lays one disc over what a [height, width] buffer holds: coverage c over b is b + c − bc. */
export function splat(buffer: Uint8Array, width: number, height: number, x: number, y: number, mask: DiscMask): void {
  const { side, coverage } = mask;
  const column = Math.floor(x);
  const row = Math.floor(y);
  const phase = Math.floor((y - row) * PHASES) * PHASES + Math.floor((x - column) * PHASES);
  const left = column - (side >> 1);
  const top = row - (side >> 1);
  const from = phase * side * side;
  const firstRow = Math.max(0, -top);
  const lastRow = Math.min(side, height - top);
  const firstColumn = Math.max(0, -left);
  const lastColumn = Math.min(side, width - left);
  for (let r = firstRow; r < lastRow; r++) {
    let source = from + r * side + firstColumn;
    let target = (top + r) * width + left + firstColumn;
    for (let c = firstColumn; c < lastColumn; c++, source++, target++) {
      const here = buffer[target]!;
      buffer[target] = (here + (coverage[source]! * (255 - here) + 127) / 255) | 0;
    }
  }
}

/** The scratch picture, of the size last asked for: all fields of a page are of one or two sizes. */
let scratch: {
  canvas: HTMLCanvasElement;
  ctx: CanvasRenderingContext2D;
  image: ImageData;
  coverage: Uint8Array;
} | null = null;

function scratchOf(width: number, height: number) {
  if (scratch && scratch.image.width === width && scratch.image.height === height) {
    scratch.coverage.fill(0);
    return scratch;
  }
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  if (!ctx) return null;
  scratch = { canvas, ctx, image: ctx.createImageData(width, height), coverage: new Uint8Array(width * height) };
  return scratch;
}

/** A picture of discs: `place` lays them (`splat`) into a buffer of width × height. It is good until the next call. */
export function splatPicture(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
  place: (buffer: Uint8Array) => void,
): HTMLCanvasElement | null {
  const made = scratchOf(width, height);
  if (!made) return null;
  place(made.coverage);
  const pixels = new Uint32Array(made.image.data.buffer);
  // Bytes are red, green, blue, alpha; every machine that runs a browser puts the first one lowest.
  const color = (blue << 16) | (green << 8) | red;
  for (let i = 0; i < pixels.length; i++) {
    const alpha = made.coverage[i]!;
    pixels[i] = alpha === 0 ? 0 : ((alpha << 24) | color) >>> 0;
  }
  made.ctx.putImageData(made.image, 0, 0);
  return made.canvas;
}
