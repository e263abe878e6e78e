/** Comma-separated values by RFC 4180. */

function cell(value: string | number): string {
  const text = typeof value === 'number' ? (Number.isNaN(value) ? '' : String(Number(value.toPrecision(9)))) : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A header and rows, each ended by CRLF; NaN is an empty cell. A comment, if any, is a first line of its own. */
export function csv(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  comment: string | null = null,
): string {
  const lines = [header, ...rows].map((row) => row.map(cell).join(','));
  if (comment !== null) lines.unshift(cell(comment));
  return lines.map((line) => `${line}\r\n`).join('');
}
