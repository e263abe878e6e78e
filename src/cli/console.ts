/** Where a command writes, and how it fails. */

export interface Console {
  /** Standard output: the answer, and nothing else. */
  out(text: string): void;
  /** Standard error: complaints. */
  err(text: string): void;
  /** Standard error too, but nothing under `--json`. */
  progress(text: string): void;
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command ran and its answer is "no": exit code 1, with what was printed. */
export class CheckFailed extends Error {
  override name = 'CheckFailed';
}

export function printJson(console: Console, value: unknown): void {
  console.out(`${JSON.stringify(value, (_key, item: unknown) => (typeof item === 'number' ? rounded(item) : item))}\n`);
}

/** Whole numbers as they are; others with seven significant digits, all that a 32-bit float has. */
function rounded(value: number): number {
  return Number.isFinite(value) && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value;
}

/** Rows as aligned columns, numbers to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => /^[-+\d.,%–\s]*$/.test(row[column] ?? '')));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
