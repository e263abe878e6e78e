/** Numbers as the page writes them: tabular, with thin separators, and a minus sign in place of a hyphen. */

const MINUS = '\u2212';
const NARROW_SPACE = '\u202f';
export const MISSING = '–';

/** Cached: creating one is slower than a hundred uses. */
const COUNT = new Intl.NumberFormat('en-US');

function signed(text: string): string {
  return text.startsWith('-') ? MINUS + text.slice(1) : text;
}

/** 12345 → "12,345".. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  return signed(COUNT.format(Math.round(value)));
}

/** 0.9723 → "97.2 %".. */
export function formatShare(value: number, digits = 1): string {
  if (!Number.isFinite(value)) return MISSING;
  return `${(value * 100).toFixed(digits)}${NARROW_SPACE}%`;
}

/** A number with a fixed count of decimals and a true minus. */
export function formatFixed(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return MISSING;
  const text = value.toFixed(digits);
  return signed(Number(text) === 0 ? (0).toFixed(digits) : text);
}

/** Three significant digits at any magnitude: "0.00123", "12.3", "4.2e-7".. */
export function formatSignificant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return signed(value.toExponential(digits - 1).replace('e+', 'e'));
  return signed(String(Number(value.toPrecision(digits))));
}

/** MMD² runs from 0.0005 for a good fit to 1: four decimals below 0.1, three above. */
export function formatMmd(value: number): string {
  return formatFixed(value, Math.abs(value) < 0.1 ? 4 : 3);
}

/** 75.3 → "1 min 15 s"; 7.25 → "7.3 s".. */
export function formatSeconds(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  if (value < 60) return `${value.toFixed(1)}${NARROW_SPACE}s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)}${NARROW_SPACE}min ${whole % 60}${NARROW_SPACE}s`;
}

/** 1234567 → "1.2 MB"; from a million bytes on in whole or tenth megabytes, below in kilobytes. */
export function formatBytes(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  const [size, unit] = value >= 1e9 ? [value / 1e9, 'GB'] : value >= 1e6 ? [value / 1e6, 'MB'] : [value / 1e3, 'kB'];
  return `${size >= 100 ? Math.round(size) : size.toFixed(1)}${NARROW_SPACE}${unit}`;
}

/** Steps a second: "412/s", "3.4/s".. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value) || value <= 0) return `${MISSING}/s`;
  return `${value >= 10 ? formatCount(value) : value.toFixed(1)}/s`;
}

/** "a", "a and b", "a, b and c".. */
export function formatList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
