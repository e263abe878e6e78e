/** Output and errors of commands. */

export interface Console {
  /** Writes to standard output: the result, and nothing else. */
  out(text: string): void;
  /** Writes to standard error: error messages. */
  err(text: string): void;
  /** Writes to standard error too, but not under `--json`. */
  progress(text: string): void;
}

/** The command was called with wrong arguments: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command ran and its check failed: exit code 1. */
export class CheckFailed extends Error {
  override name = 'CheckFailed';
}

export function printJson(console: Console, value: unknown): void {
  console.out(`${JSON.stringify(value, (_key, item: unknown) => (typeof item === 'number' ? rounded(item) : item))}\n`);
}

/** Rounds to seven significant digits, the precision of a 32-bit float. Whole numbers stay as they are. */
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
