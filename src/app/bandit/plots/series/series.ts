/**
 * The history of a run, outside React: every frame's numbers, thinned for the charts and at (nearly) full length for
 * the exported table.
 */
import { METHOD_IDS, type MethodId } from '../../../../bandit/methods.ts';
import type { BanditMetrics, MethodFrame } from '../../../../bandit/engine/protocol.ts';
import { figuresOf } from '../../../../bandit/seed-means.ts';
import { csv } from '../../../shared/plots/csv.ts';
import { modeLetter } from '../modes.ts';
import { ThinRows } from './thin-rows.ts';
import type { CurveSeries } from '../types.ts';

const MAX_POINTS = 500;
const ROWS_LOGGED = 20_000;
const NOTIFY_MS = 100;

/** Quantities of every method, in the order of the menu and of the table's columns. */
const METRIC_QUANTITIES = [
  'inMode',
  'inBest',
  'totalVariation',
  'mmd2',
  'meanReward',
  'regret',
  'effectiveModes',
  'stepsPerSecond',
] as const;

/** In the table only. */
const INTERVAL_COLUMNS = ['mmd2Low', 'mmd2High'];

function frameRow({ step, seconds, stepsPerSecond, metrics, losses }: MethodFrame): Record<string, number> {
  return { ...losses, step, seconds, ...figuresOf(metrics), stepsPerSecond };
}

/** Only in the table: the interval of MMD², and the shares nearest to each mode. */
function tableColumns({ mmd2, nearest }: BanditMetrics): Record<string, number> {
  const shares = nearest.map((share, i) => [`nearest${modeLetter(i)}`, share] as const);
  return { mmd2Low: mmd2.low, mmd2High: mmd2.high, ...Object.fromEntries(shares) };
}

/** A row of another seed's run. */
export interface OtherRow {
  method: MethodId;
  seed: number;
  step: number;
  metrics: BanditMetrics;
  losses: Readonly<Record<string, number>>;
}

interface MethodRows {
  chart: ThinRows;
  log: ThinRows;
}

export class SeriesStore {
  #methodRows = new Map<MethodId, MethodRows>();
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #notified = -Infinity;
  #changes = 0;

  readonly #maxPoints: number;
  readonly #rowsLogged: number;

  constructor(maxPoints = MAX_POINTS, rowsLogged = ROWS_LOGGED) {
    this.#maxPoints = maxPoints;
    this.#rowsLogged = rowsLogged;
  }

  /** Grows with every change: a key for whatever is computed from the store. */
  get version(): number {
    return this.#changes;
  }

  /** A frame at or before the last step replaces all later rows. */
  append(frame: MethodFrame): void {
    let rows = this.#methodRows.get(frame.method);
    if (!rows) {
      rows = { chart: new ThinRows(this.#maxPoints, 'step'), log: new ThinRows(this.#rowsLogged, 'step') };
      this.#methodRows.set(frame.method, rows);
    }
    const row = frameRow(frame);
    if (row.step! <= rows.log.lastKey()) {
      rows.chart.truncate(row.step!);
      rows.log.truncate(row.step!);
    }
    rows.chart.append(row);
    rows.log.append({ ...row, ...tableColumns(frame.metrics) });
    this.#changed();
  }

  /** The rows that charts draw, at most 500, by ascending steps: what a row has not is not in it. */
  rows(method: MethodId): Record<string, number>[] {
    const chart = this.#methodRows.get(method)?.chart;
    const names = chart?.names() ?? [];
    return Array.from({ length: chart?.length ?? 0 }, (_, i) => {
      const values = names.map((name) => [name, chart!.value(name, i)] as const);
      return Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value)));
    });
  }

  /** Marks a change in what is drawn with the rows. */
  touch(): void {
    this.#changed();
  }

  /** At most 500 points of a quantity; none where the method has no such quantity. */
  get(method: MethodId, quantity: string, x: 'steps' | 'seconds'): CurveSeries {
    const chart = this.#methodRows.get(method)?.chart;
    const xs: number[] = [];
    const ys: number[] = [];
    const axis = x === 'steps' ? 'step' : 'seconds';
    for (let i = 0; chart && i < chart.length; i++) {
      const value = chart.value(quantity, i);
      if (Number.isNaN(value)) continue;
      xs.push(chart.value(axis, i));
      ys.push(value);
    }
    return { method, x: Float64Array.from(xs), y: Float64Array.from(ys) };
  }

  /** Methods that have rows, in the catalogue's order. */
  methods(): MethodId[] {
    return METHOD_IDS.filter((method) => (this.#methodRows.get(method)?.chart.length ?? 0) > 0);
  }

  /** Losses and logged quantities that the method's frames brought, in their order. */
  terms(method: MethodId): string[] {
    const others: readonly string[] = ['step', 'seconds', ...METRIC_QUANTITIES];
    const names = this.#methodRows.get(method)?.chart.names() ?? [];
    return names.filter((name) => !others.includes(name));
  }

  /** Forgets one method, or all. */
  clear(method?: MethodId): void {
    if (method === undefined) this.#methodRows.clear();
    else this.#methodRows.delete(method);
    this.#changed();
  }

  /**
   * Every row as RFC 4180 text: CRLF, a header row, empty cells for what a method has not. A method with more rows than
   * are kept is thinned; a comment before the header says so, and there is none otherwise.
   *
   * @param seed of the run; with rows of other seeds, a column says whose a row is
   */
  toCsv(seed: number, others: readonly OtherRow[] = []): string {
    const methods = this.methods();
    const names = new Set<string>();
    for (const method of methods) for (const name of this.#methodRows.get(method)!.log.names()) names.add(name);
    const besides = others.map(({ step, metrics, losses, ...whose }) => {
      const row: Record<string, number> = { ...losses, step, ...figuresOf(metrics), ...tableColumns(metrics) };
      for (const name of Object.keys(row)) names.add(name);
      return { ...whose, row };
    });
    const whose = (method: MethodId, of: number) => (others.length > 0 ? [method, of] : [method]);
    const first = [
      'step',
      'seconds',
      ...METRIC_QUANTITIES.flatMap((q) => (q === 'mmd2' ? [q, ...INTERVAL_COLUMNS] : [q])),
    ];
    const rest = [...names].filter((name) => !first.includes(name)).sort();
    const columns = [...first, ...rest];
    const rows: (string | number)[][] = [];
    const thinned: string[] = [];
    for (const method of methods) {
      const { log } = this.#methodRows.get(method)!;
      if (log.stride > 1) thinned.push(`${method} has 1 of every ${log.stride} frames`);
      for (let i = 0; i < log.length; i++)
        rows.push([...whose(method, seed), ...columns.map((name) => log.value(name, i))]);
    }
    for (const { row, ...of } of besides) {
      rows.push([...whose(of.method, of.seed), ...columns.map((name) => row[name] ?? NaN)]);
    }
    const comment = thinned.length > 0 ? `# Thinned: ${thinned.join('; ')}` : null;
    return csv([...(others.length > 0 ? ['method', 'seed'] : ['method']), ...columns], rows, comment);
  }

  /** Notifies at most 10 times a second, including the last change; returns the unsubscribe function. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0 && this.#timer !== null) {
        clearTimeout(this.#timer);
        this.#timer = null;
      }
    };
  }

  #changed(): void {
    this.#changes++;
    if (this.#timer !== null || this.#listeners.size === 0) return;
    const wait = this.#notified + NOTIFY_MS - performance.now();
    if (wait <= 0) this.#notify();
    else this.#timer = setTimeout(() => this.#notify(), wait);
  }

  #notify(): void {
    this.#timer = null;
    this.#notified = performance.now();
    for (const listener of this.#listeners) listener();
  }
}
