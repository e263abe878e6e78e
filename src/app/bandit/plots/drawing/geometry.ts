/**
 * Where the square of actions lies on a canvas. All lengths are CSS pixels; the canvas' own scale (`ratio`) only
 * matters to sprites. The frame is flush with the canvas: actions are clipped to [-1, 1]², so the band between ±1
 * and the edge is free for the tick labels, and panels line up with the text above and below them.
 */

export const DEFAULT_EXTENT = 1.25;

export interface FieldGeometry {
  /** Upper left corner and side of the square. */
  left: number;
  top: number;
  size: number;
  /** Half-width of the view in action units. */
  extent: number;
  /** Device pixels to a CSS pixel. */
  ratio: number;
  /** CSS pixels to an action unit. */
  scale: number;
  /** Size of the tick and ring labels. */
  fontSize: number;
  /** Radius of a sample's dot. */
  dotRadius: number;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

export function fieldGeometry(size: number, extent = DEFAULT_EXTENT, ratio = 1, left = 0, top = 0): FieldGeometry {
  return {
    left,
    top,
    size,
    extent,
    ratio,
    scale: size / (2 * extent),
    fontSize: Math.round(clamp(7.5 + size * 0.016, 10, 26) * 2) / 2,
    dotRadius: clamp(0.55 + size / 240, 1.1, 4.2),
  };
}

export function toX(geometry: FieldGeometry, x: number): number {
  return geometry.left + (x + geometry.extent) * geometry.scale;
}

export function toY(geometry: FieldGeometry, y: number): number {
  return geometry.top + (geometry.extent - y) * geometry.scale;
}

/** Action at a point of the canvas. */
export function toAction(geometry: FieldGeometry, px: number, py: number): [x: number, y: number] {
  return [
    (px - geometry.left) / geometry.scale - geometry.extent,
    geometry.extent - (py - geometry.top) / geometry.scale,
  ];
}

/** Number of points of [n, 2] past the edge of the view (or not finite). */
export function countOutside(points: Float32Array, extent: number): number {
  let outside = 0;
  for (let i = 0; i + 1 < points.length; i += 2) {
    if (!(Math.abs(points[i]!) <= extent && Math.abs(points[i + 1]!) <= extent)) outside++;
  }
  return outside;
}

/**
 * Every k-th point of [n, 2], so that at most `limit` stay: the data's modes alternate or form blocks, and an
 * even stride with a fractional part keeps their shares in both cases. The same points come back as long as few do.
 */
export function subsample(points: Float32Array, limit: number): Float32Array {
  const count = points.length >> 1;
  if (count <= limit) return points;
  const subset = new Float32Array(limit * 2);
  // The golden ratio's fractional part jitters within each stretch of the stride, so no period of the data aliases.
  const stride = count / limit;
  for (let i = 0; i < limit; i++) {
    const source = Math.min(count - 1, Math.floor((i + ((i * 0.6180339887498949) % 1)) * stride));
    subset[2 * i] = points[2 * source]!;
    subset[2 * i + 1] = points[2 * source + 1]!;
  }
  return subset;
}

/** Positions [n, 2] of a reverse process at a fractional step: linear between the steps beside it. */
export function pathsAt(positions: Float32Array, count: number, reverseSteps: number, at: number): Float32Array {
  const clamped = clamp(Number.isFinite(at) ? at : reverseSteps, 0, reverseSteps);
  const index = Math.min(Math.floor(clamped), reverseSteps - 1);
  const width = 2 * count;
  if (reverseSteps === 0) return positions.subarray(0, width);
  const weight = clamped - index;
  if (weight === 0) return positions.subarray(index * width, (index + 1) * width);
  const between = new Float32Array(width);
  for (let i = 0; i < width; i++) {
    const from = positions[index * width + i]!;
    between[i] = from + (positions[(index + 1) * width + i]! - from) * weight;
  }
  return between;
}
