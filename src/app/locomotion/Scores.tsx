/** The score curve of the run, its table, and published scores. */
import { memo, useMemo } from 'react';
import type { DatasetIdentity } from '../../locomotion/dataset-identity.ts';
import { AVERAGED, selectOffline, summarise, type EvaluationPoint } from '../../locomotion/evaluation.ts';
import type { LocomotionExperiment } from '../../locomotion/experiment.ts';
import { scoreFormatOfTask } from '../../locomotion/score-format.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { PUBLISHED_TERMS, publishedScores } from '../../locomotion/published.ts';
import type { RunHistory } from '../../locomotion/stored-run.ts';
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import { formatCount, formatFixed } from '../shared/format.ts';
import { evaluatedCandidates, candidatesLabel, changeMarks, scorePoints, type ChartSeries } from './chart-rows.ts';
import { CellDetail } from './ChartTable.tsx';
import { ChartLegend, RunChart } from './RunChart.tsx';
import { useTraining } from './training-store.ts';

const LINES = ['var(--accent)', 'var(--q-learning)', 'var(--best-mode)'] as const;
const HEIGHT = 300;
/** More dots would hide the line. */
const MAX_DOTS = 40;

interface ScoreCurveProps {
  /** Of the shown run, or null. */
  experiment: LocomotionExperiment | null;
  dataset: DatasetIdentity | null;
  points: readonly EvaluationPoint[];
  live: RunHistory['live'];
}

export const ScoreCurve = memo(function ScoreCurve({ experiment, dataset, points, live }: ScoreCurveProps) {
  const changes = useMemo(() => changeMarks(live), [live]);
  const task = experiment?.task ?? null;
  const format = useMemo(() => (task ? scoreFormatOfTask(task) : null), [task]);
  const series = useMemo(
    () =>
      evaluatedCandidates(points).map((candidates, i): ChartSeries => ({
        name: candidatesLabel(candidates),
        color: LINES[i % LINES.length]!,
        ...(i > 0 && { dash: '7 3' }),
        points: format ? scorePoints(points, candidates, format) : [],
      })),
    [points, format],
  );
  const marks = useMemo(() => {
    if (!task || !format) return [];
    const selected = selectOffline(points, LOCOMOTION_TASKS[task].published.topK);
    const mean = selected?.evaluations.at(-1)?.return;
    return selected && mean ? [{ x: selected.step, y: format.of(mean.value), name: 'offline selection' }] : [];
  }, [points, task, format]);
  const level = format && dataset ? { y: format.of(dataset.meanReturn), label: 'mean episode of the data' } : null;
  const name = format?.name ?? 'Normalised score';
  return (
    <section className="run-card score-card" aria-labelledby="score-title" data-testid="score-curve">
      <header>
        <h2 id="score-title">{name}</h2>
        <ChartLegend series={series} ring={marks[0]?.name} />
      </header>
      <RunChart
        label={`${name} against gradient steps, ${series.map(({ name }) => name).join(' and ')}, with 95 % intervals`}
        series={series}
        height={HEIGHT}
        steps={experiment?.budget ?? 0}
        marks={marks}
        changes={changes}
        dots={points.length <= MAX_DOTS}
        {...(level && Number.isFinite(level.y) ? { level } : {})}
        empty={
          experiment
            ? `The first evaluation comes at step ${formatCount(Math.min(experiment.evaluation.every, experiment.budget))}, once its episodes are played.`
            : 'Press Train: each evaluation in the body adds a point.'
        }
      />
      {format?.note && <p className="hint">{format.note}</p>}
    </section>
  );
});

/** The scores of the shown run. */
export function ScoreTable({ points }: { points: readonly EvaluationPoint[] }) {
  const task = useTraining((state) => state.run?.experiment.task ?? null);
  const dataset = useTraining((state) => state.run?.dataset ?? null);
  const published = useTraining((state) => state.run?.published ?? false);
  const physics = useTraining((state) => state.run?.physics);
  const engine = useTraining((state) => state.run?.engine);
  const topK = task ? LOCOMOTION_TASKS[task].published.topK : 0;
  const rows = useMemo(() => summarise(points, topK), [points, topK]);
  if (rows.length === 0 || !task || !dataset) return null;
  const format = scoreFormatOfTask(task);
  const cell = (value: number | null) => (value === null ? '–' : formatFixed(format.of(value), format.digits));
  return (
    <section className="run-card" aria-labelledby="table-title" data-testid="score-table">
      <h2 id="table-title">This run</h2>
      <div className="table-scroll">
        <table className="run-table">
          <caption className="visually-hidden">{format.name}s of this run</caption>
          <thead>
            <tr>
              <th scope="col">Acting with</th>
              <th scope="col">Last</th>
              <th scope="col">Mean of last ten</th>
              <th scope="col">Best</th>
              <th scope="col">Offline selection</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ candidates, last, lastInterval, lastTen, best, bestStep, selected, selectedStep, points }) => (
              <tr key={candidates}>
                <th scope="row">{candidatesLabel(candidates)}</th>
                <td>
                  {cell(last)}
                  <CellDetail>
                    {cell(lastInterval.low)} to {cell(lastInterval.high)}
                  </CellDetail>
                </td>
                <td>
                  {cell(lastTen)}
                  <CellDetail>of {Math.min(AVERAGED, points)}</CellDetail>
                </td>
                <td>
                  {cell(best)}
                  <CellDetail>at {formatCount(bestStep)}</CellDetail>
                </td>
                <td>
                  {cell(selected)}
                  <CellDetail>
                    {selectedStep === null ? `from ${topK + 1} evaluations on` : `at ${formatCount(selectedStep)}`}
                  </CellDetail>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">
        {dataset.id}
        {published ? ', D4RL’s published file' : ', not D4RL’s data'}: its mean episode{' '}
        {format.normalised ? 'scores' : 'returns'} {cell(dataset.meanReturn)}. Below the last its 95 % interval over
        episodes. {physics}. {engine}.{format.note && ` ${format.note}`}
      </p>
    </section>
  );
}

/** Published scores of the task; none was measured here. */
export const PublishedTable = memo(function PublishedTable({
  experiment: { task, method },
}: {
  experiment: LocomotionExperiment;
}) {
  const { d4rl } = LOCOMOTION_TASKS[task];
  const own = LOCOMOTION_METHODS[method].name;
  const published = publishedScores(task);
  if (published.length === 0) return null;
  return (
    <section className="run-card" aria-labelledby="published-title" data-testid="published">
      <h2 id="published-title">Published, on {d4rl}</h2>
      <div className="table-scroll">
        <table className="run-table">
          <caption className="visually-hidden">Published normalised scores on {d4rl}</caption>
          <thead>
            <tr>
              {published.map((score) => (
                <th key={score.method} scope="col">
                  {score.method}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              {published.map(({ method: name, score, deviation }) => (
                <td key={name} data-own={name === own || undefined}>
                  {formatFixed(score, 1)}
                  <CellDetail>{deviation !== undefined && `± ${formatFixed(deviation, 1)}`}</CellDetail>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <p className="hint">{PUBLISHED_TERMS}</p>
    </section>
  );
});
