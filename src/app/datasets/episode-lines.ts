/** Downsampled lines of an episode: the minimum and maximum of each stretch. */

interface LinePoint {
  step: number;
  value: number;
}

/** Downsamples to at limit `limit` points, in order. All extremes are preserved. */
export function minMaxThinned(values: Float32Array, limit: number): LinePoint[] {
  if (values.length <= limit) return Array.from(values, (value, step) => ({ step, value }));
  const stretches = Math.floor(limit / 2);
  const points: LinePoint[] = [];
  for (let i = 0; i < stretches; i++) {
    const begin = Math.floor((i * values.length) / stretches);
    const end = Math.floor(((i + 1) * values.length) / stretches);
    let lowest = begin;
    let highest = begin;
    for (let step = begin; step < end; step++) {
      if (values[step]! < values[lowest]!) lowest = step;
      if (values[step]! > values[highest]!) highest = step;
    }
    for (const step of lowest === highest ? [lowest] : [Math.min(lowest, highest), Math.max(lowest, highest)]) {
      points.push({ step, value: values[step]! });
    }
  }
  return points;
}

/** An SVG path, one unit wide per step, between y = 1 (the minimum) and y = 0 (the maximum). */
export function episodePath(points: readonly LinePoint[], low: number, high: number): string {
  const span = high - low || 1;
  const y = (value: number) => (high > low ? 0.04 + 0.92 * (1 - (value - low) / span) : 0.5);
  const path = points.map(({ step, value }, i) => `${i === 0 ? 'M' : 'L'}${step},${y(value).toFixed(4)}`).join('');
  return points.length === 1 ? `${path}h1` : path;
}
