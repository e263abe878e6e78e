/** Evenly spread rows of a run. */

/**
 * At most `limit` rows: those nearest to evenly spread steps, with the first and the last.
 *
 * @param rows by ascending steps
 * @param limit at least 2
 */
export function spreadSteps<Row extends { step: number }>(rows: readonly Row[], limit: number): Row[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (rows.length <= limit || !first || !last) return [...rows];
  const chosen = new Set<Row>();
  for (let i = 0, at = 0; i < limit; i++) {
    const wanted = first.step + ((last.step - first.step) * i) / (limit - 1);
    while (at + 1 < rows.length && rows[at + 1]!.step <= wanted) at++;
    const next = rows[at + 1];
    const near = next && next.step - wanted < wanted - rows[at]!.step ? next : rows[at]!;
    chosen.add(near);
  }
  return [...chosen];
}
