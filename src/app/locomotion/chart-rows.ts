/** Series of run charts, and their rows. */
import type { EvaluationPoint } from '../../locomotion/evaluation.ts';
import type { LossLine } from '../../locomotion/loss-log.ts';
import type { ScoreFormat } from '../../locomotion/score-format.ts';
import { settingLabel, type LocomotionKey } from '../../locomotion/settings.ts';
import type { RunHistory } from '../../locomotion/stored-run.ts';

export interface ChartSeries {
  name: string;
  color: string;
  dash?: string;
  /** One of several runs behind a thicker mean. */
  faint?: boolean;
  points: readonly ChartPoint[];
}

interface ChartPoint {
  x: number;
  y: number;
  band?: readonly [low: number, high: number];
}

/** A ring around a point. */
export interface ChartMark {
  x: number;
  y: number;
  /** Its meaning. */
  name: string;
}

/** A change of settings at step x. The text is empty where there is no room for it. */
export interface ChartChange {
  x: number;
  text: string;
}

/** A row of a chart: `y0`, `band0`, … belong to the series with that index, where it has a point at x. */
export type ChartRow = { x: number } & Partial<Record<`y${number}`, number>> &
  Partial<Record<`band${number}`, [number, number]>>;

/** Maximum points of a line. */
const MOST_POINTS = 240;

export function chartRows(series: readonly ChartSeries[]): ChartRow[] {
  const rows = new Map<number, ChartRow>();
  series.forEach(({ points }, i) => {
    for (const { x, y, band } of shownPoints(points)) {
      const row = rows.get(x) ?? { x };
      row[`y${i}`] = y;
      if (band) row[`band${i}`] = [band[0], band[1]];
      rows.set(x, row);
    }
  });
  return [...rows.values()].sort((a, b) => a.x - b.x);
}

/** The points of a line that are drawn. */
export function shownPoints(points: readonly ChartPoint[]): readonly ChartPoint[] {
  return evenlySpaced(points, MOST_POINTS).filter(({ y }) => Number.isFinite(y));
}

/** At limit `limit` entries, including the first and the last. */
export function evenlySpaced<Entry>(entries: readonly Entry[], limit: number): readonly Entry[] {
  if (entries.length <= limit) return entries;
  return Array.from({ length: limit }, (_, i) => entries[Math.round((i * (entries.length - 1)) / (limit - 1))]!);
}

/** The numbers of candidates in the evaluations, in their order. */
export function evaluatedCandidates(points: readonly EvaluationPoint[]): number[] {
  return [...new Set(points.flatMap(({ evaluations }) => evaluations.map(({ candidates }) => candidates)))];
}

/** Mean scores (or returns) with intervals, for one number of candidates. */
export function scorePoints(points: readonly EvaluationPoint[], candidates: number, { of }: ScoreFormat): ChartPoint[] {
  return points.flatMap(({ step, evaluations }) => {
    const mean = evaluations.find((one) => one.candidates === candidates)?.return;
    return mean ? [{ x: step, y: of(mean.value), band: [of(mean.low), of(mean.high)] as const }] : [];
  });
}

export function lossPoints(lines: readonly LossLine[], name: string): ChartPoint[] {
  return lines.flatMap(({ step, means }) => {
    const y = means[name];
    return y === undefined ? [] : [{ x: step, y }];
  });
}

/** Settings changed during the run, by the step from which they apply. */
export function changeMarks(live: RunHistory['live']): ChartChange[] {
  return live.map(({ step, settings }) => {
    const names = Object.entries(settings).map(([key, value]) => settingLabel(key as LocomotionKey, value));
    return { x: step, text: names.join(', ') };
  });
}

/** "1 candidate", "50 candidates" */
export function candidatesLabel(candidates: number): string {
  return `${candidates} candidate${candidates === 1 ? '' : 's'}`;
}
