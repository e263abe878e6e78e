/** Joins the results of several runs on one machine, so that a long bench can be measured in parts. */
import type { BenchResult } from './bench.ts';
import type { RowSpec } from './messages.ts';
import { ratiosOf } from './ratios.ts';
import { TASK_NAMES } from './tasks.ts';

function keyOf({ name, path, backend, agents, threads }: RowSpec): string {
  return [name, path, backend, agents, threads].join(' ');
}

/** The last item of each key. */
function lastOf<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

function sorted<Item extends RowSpec>(rows: readonly Item[]): Item[] {
  return [...rows].sort((a, b) => TASK_NAMES.indexOf(a.name) - TASK_NAMES.indexOf(b.name));
}

/**
 * Joins results. The last run wins where a row was measured more than once. Ratios are computed again over all rows.
 * @throws Error If results with and without tiny networks, or of different processors, are mixed.
 */
export function joinResults(results: readonly [BenchResult, ...BenchResult[]]): BenchResult {
  const [first] = results;
  const last = results.at(-1) as BenchResult;
  if (results.some(({ tiny }) => tiny !== first.tiny)) throw new Error('Results with --tiny go with no others.');
  const other = results.find(({ machine }) => machine.cpu !== first.machine.cpu);
  if (other) throw new Error(`Results of ${first.machine.cpu} and of ${other.machine.cpu} do not go together.`);
  const rows = sorted(
    lastOf(
      results.flatMap((result) => result.rows),
      keyOf,
    ),
  );
  const measured = new Set(rows.map(keyOf));
  const missing = lastOf(
    results.flatMap((result) => result.missing),
    keyOf,
  );
  return {
    machine: {
      ...last.machine,
      adapter: results.map(({ machine }) => machine.adapter).find((adapter) => adapter !== null) ?? null,
      versions: Object.assign({}, ...results.map(({ machine }) => machine.versions)) as Record<string, string>,
    },
    tiny: first.tiny,
    rows,
    ratios: first.tiny ? [] : ratiosOf(rows),
    missing: sorted(missing.filter((row) => !measured.has(keyOf(row)))),
    memory: lastOf(
      results.flatMap((result) => result.memory),
      ({ path, backend }) => `${path} ${backend}`,
    ),
  };
}
