/** Exports a run as CSV and JSON lines. */
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import { csv } from '../shared/plots/csv.ts';

/** A row per evaluation and number of candidates. */
export function scoresCsv({ points }: StoredRun): string {
  const header = [
    'step',
    'candidates',
    'bcLoss',
    'return',
    'returnLow',
    'returnHigh',
    'score',
    'scoreLow',
    'scoreHigh',
  ];
  const rows = points.flatMap(({ step, bcLoss, evaluations }) =>
    evaluations.map(({ candidates, return: mean, score }) => [
      step,
      candidates,
      bcLoss ?? NaN,
      mean.value,
      mean.low,
      mean.high,
      score?.value ?? NaN,
      score?.low ?? NaN,
      score?.high ?? NaN,
    ]),
  );
  return csv(header, rows);
}

/** A row per line of losses, a column per loss. */
export function lossesCsv({ losses }: StoredRun): string {
  const names = [...new Set(losses.flatMap(({ means }) => Object.keys(means)))];
  const rows = losses.map(({ step, steps, seconds, means }) => [
    step,
    steps,
    seconds,
    ...names.map((name) => means[name] ?? NaN),
  ]);
  return csv(['step', 'steps', 'seconds', ...names], rows);
}

/** The run in the first line, then its losses, evaluations and changes, each with its `kind`. */
export function runJsonLines({ losses, points, live, ...about }: StoredRun): string {
  const lines: unknown[] = [
    { kind: 'run', ...about, d4rl: LOCOMOTION_TASKS[about.experiment.task].d4rl },
    ...losses.map((line) => ({ kind: 'losses', ...line })),
    ...points.map((point) => ({ kind: 'evaluation', ...point })),
    ...live.map((change) => ({ kind: 'change', ...change })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
