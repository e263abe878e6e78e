/** Lines of an episode with no more points than are seen: of each stretch its least and its greatest value. */

export interface LinePoint {
  step: number;
  value: number;
}

/** A column of row-major values. */
export function columnOf(values: Float32Array, columns: number, column: number): Float32Array {
  return Float32Array.from({ length: values.length / columns }, (_, row) => values[row * columns + column]!);
}

/** At most `most` points, in order; all extremes stay where they are. */
export function thinned(values: Float32Array, most: number): LinePoint[] {
  if (values.length <= most) return Array.from(values, (value, step) => ({ step, value }));
  const stretches = Math.floor(most / 2);
  const points: LinePoint[] = [];
  for (let i = 0; i < stretches; i++) {
    const begin = Math.floor((i * values.length) / stretches);
    const end = Math.floor(((i + 1) * values.length) / stretches);
    let least = begin;
    let greatest = begin;
    for (let step = begin; step < end; step++) {
      if (values[step]! < values[least]!) least = step;
      if (values[step]! > values[greatest]!) greatest = step;
    }
    for (const step of least === greatest ? [least] : [Math.min(least, greatest), Math.max(least, greatest)]) {
      points.push({ step, value: values[step]! });
    }
  }
  return points;
}

/** As an SVG path in a box of a unit a step, and from 1 (the least value) up to 0. */
export function linePath(points: readonly LinePoint[], low: number, high: number): string {
  const span = high - low || 1;
  const y = (value: number) => (high > low ? 0.04 + 0.92 * (1 - (value - low) / span) : 0.5);
  const path = points.map(({ step, value }, i) => `${i === 0 ? 'M' : 'L'}${step},${y(value).toFixed(4)}`).join('');
  return points.length === 1 ? `${path}h1` : path;
}
