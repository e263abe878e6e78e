/** Curves of runs as the rows of a chart. */
import type { EvaluationPoint } from '../../locomotion/evaluation.ts';
import type { LossLine } from '../../locomotion/loss-log.ts';
import type { Measure } from '../../locomotion/score-format.ts';
import { settingText, type LocomotionKey } from '../../locomotion/settings.ts';
import type { RunHistory } from '../../locomotion/stored-run.ts';

export interface ChartSeries {
  name: string;
  color: string;
  dash?: string;
  /** One of several that a thicker line sums up. */
  faint?: boolean;
  points: readonly ChartPoint[];
}

export interface ChartPoint {
  x: number;
  y: number;
  band?: readonly [low: number, high: number];
}

/** A place on the axis of steps: `y0`, `band0`, … are those of the series, where they have a point there. */
export type ChartRow = { x: number } & Partial<Record<`y${number}`, number>> &
  Partial<Record<`band${number}`, [number, number]>>;

/** More points than this are not seen. */
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

/** Those of a line that are drawn. */
export function shownPoints(points: readonly ChartPoint[]): readonly ChartPoint[] {
  return thinned(points, MOST_POINTS).filter(({ y }) => Number.isFinite(y));
}

/** At most so many, the first and the last among them. */
export function thinned<Entry>(entries: readonly Entry[], most: number): readonly Entry[] {
  if (entries.length <= most) return entries;
  return Array.from({ length: most }, (_, i) => entries[Math.round((i * (entries.length - 1)) / (most - 1))]!);
}

/** Numbers of candidates that points were evaluated with, in their order. */
export function candidatesOf(points: readonly EvaluationPoint[]): number[] {
  return [...new Set(points.flatMap(({ evaluations }) => evaluations.map(({ candidates }) => candidates)))];
}

/** Mean returns with their intervals, as they are shown, for one number of candidates. */
export function scorePoints(points: readonly EvaluationPoint[], candidates: number, { of }: Measure): ChartPoint[] {
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

/** Settings that were changed while the run went on, by the step from which they act. */
export function changeMarks(live: RunHistory['live']): { x: number; words: string }[] {
  return live.map(({ step, settings }) => {
    const names = Object.entries(settings).map(([key, value]) => settingText(key as LocomotionKey, value));
    return { x: step, words: names.join(', ') };
  });
}

/** "1 candidate", "50 candidates" */
export function candidatesWord(candidates: number): string {
  return `${candidates} candidate${candidates === 1 ? '' : 's'}`;
}
