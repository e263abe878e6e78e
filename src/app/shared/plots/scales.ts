/** Round numbers for axes, contours and labels. */

/** The step of 1, 2 or 5 times a power of ten that cuts a span into about `target` parts. */
export function niceStep(span: number, target: number): number {
  if (!(span > 0) || !Number.isFinite(span)) return 1;
  const raw = span / target;
  const power = 10 ** Math.floor(Math.log10(raw));
  const ratio = raw / power;
  return power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
}

/** Multiples of a nice step strictly between two ends. */
export function niceLevels(low: number, high: number, target: number): number[] {
  const span = high - low;
  if (!(span > 1e-9 * Math.max(1, Math.abs(low), Math.abs(high)))) return [];
  const step = niceStep(span, target);
  const levels: number[] = [];
  for (let k = Math.floor(low / step) + 1; k * step < high; k++) levels.push(Number((k * step).toPrecision(12)));
  return levels;
}

/** A nice step's multiples, those at the ends included, for an axis from low to high. */
export function niceTicks(low: number, high: number, target: number): number[] {
  const levels = niceLevels(low, high, target);
  const step = niceStep(high - low, target);
  const onStep = (end: number) => Math.abs(end / step - Math.round(end / step)) < 1e-9;
  return [...(onStep(low) ? [low] : []), ...levels, ...(high > low && onStep(high) ? [high] : [])];
}

/** A nice step's multiples around the values from low to high, for an axis that ends on its ticks: two at least. */
export function roundTicks(low: number, high: number, target: number): number[] {
  const step = niceStep(high - low || Math.abs(high) || 1, target);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The end of an axis from 0 that grows with its data: the next of some five nice steps, so that it seldom moves. */
export function axisEnd(end: number): number {
  const step = niceStep(end, 5);
  return Number((Math.ceil(end / step - 1e-9) * step).toPrecision(12));
}

/** Ends of a logarithmic axis around low to high, on tenths of a power of ten, so that they seldom move. */
export function logEnds(low: number, high: number): [low: number, high: number] {
  return [10 ** (Math.floor(10 * Math.log10(low)) / 10), 10 ** (Math.ceil(10 * Math.log10(high)) / 10)];
}

/**
 * 1, 2 and 5 times the powers of ten from low to high; only the powers where that is many, and the multiples of a nice
 * step, about `target` of them, where it is fewer than two, which would tell nothing of a scale.
 */
export function logTicks(low: number, high: number, target: number): number[] {
  const ticks: number[] = [];
  const many = Math.log10(high / low) > 3;
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of many ? [1] : [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks.length < 2 ? niceTicks(low, high, target) : ticks;
}

/** Least and greatest finite value, or null without any. */
export function finiteRange(values: ArrayLike<number>): [low: number, high: number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Cached: creating one is slower than a hundred uses. */
const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 8 });

/** A number for a label: `digits` significant digits, grouped thousands, a true minus sign. */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split('e') as [string, string];
    return `${Number(mantissa)}e${Number(exponent)}`.replaceAll('-', '−');
  }
  const decimals = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const rounded = Number(value.toFixed(Math.min(decimals, 8))) + 0;
  return GROUPED.format(rounded).replace('-', '−');
}

/**
 * How to write the ticks of an axis: exactly, so that no two read the same. All take the decimals of the finest one, but
 * for a logarithmic axis, whose ticks differ in size.
 */
export function tickFormat(ticks: readonly number[], log: boolean): (value: number) => string {
  const exact = (value: number) => formatNumber(value, 12);
  const texts = ticks.map(exact);
  if (log || texts.some((text) => text.includes('e'))) return exact;
  const decimals = Math.max(0, ...texts.map((text) => text.split('.')[1]?.length ?? 0));
  const grouped = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  // Adding 0 takes the sign off a negative zero.
  return (value) => grouped.format(value + 0).replace('-', '−');
}

/** A value of a scale, with as many decimals as a hundredth of its span needs. */
export function formatOnScale(value: number, span: number): string {
  if (!(span > 0) || !Number.isFinite(span) || span < 1e-6 || span >= 1e6) return formatNumber(value);
  return formatFixed(value, Math.min(Math.max(0, 2 - Math.floor(Math.log10(span))), 8));
}

/** 0.253 as '25 %'; shares that are not quite nothing or everything say so. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '–';
  if (share > 0 && share < 0.005) return '<1 %';
  if (share < 1 && share > 0.995) return '>99 %';
  return `${Math.round(share * 100)} %`;
}

/** A coordinate or a reward with a fixed number of decimals and a true minus sign (never '−0.00'). */
export function formatFixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}
