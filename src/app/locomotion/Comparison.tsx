/** Compares runs in one plot, with statistics over the seeds of each group. */
import { memo, useMemo } from 'react';
import type { MeanInterval } from '../../math/statistics.ts';
import { groupCurve, groupRows, type RunGroup } from '../../locomotion/groups.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import { scoreFormatOfTask } from '../../locomotion/score-format.ts';
import type { LocomotionTaskId } from '../../locomotion/tasks.ts';
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import { formatCount, formatFixed } from '../shared/format.ts';
import { candidatesLabel, scorePoints, type ChartSeries } from './chart-rows.ts';
import { ChartLegend, RunChart } from './RunChart.tsx';

const LINES = [
  'var(--accent)',
  'var(--q-learning)',
  'var(--best-mode)',
  'var(--line-plum)',
  'var(--line-orange)',
  'var(--line-teal)',
] as const;
const DASHES = [undefined, '7 3', '2 3', '9 3 2 3'] as const;
const HEIGHT = 280;

function nameOf({ name, runs }: RunGroup<StoredRun>, several: boolean): string {
  const [{ experiment, dataset }] = runs as [StoredRun];
  return several ? `${LOCOMOTION_TASKS[experiment.task].name}, ${name}, ${dataset.id}` : name;
}

export const Comparison = memo(function Comparison({ groups }: { groups: readonly RunGroup<StoredRun>[] }) {
  const several = new Set(groups.map(({ runs: [run] }) => `${run!.experiment.task} ${run!.dataset.id}`)).size > 1;
  const series = useMemo(
    () => groups.flatMap((group, i) => seriesOf(group, nameOf(group, several), i)),
    [groups, several],
  );
  const formats = groups.map(({ runs: [run] }) => scoreFormatOfTask(run!.experiment.task));
  const names = [...new Set(formats.map(({ name }) => name))].join(' or ');
  const notes = [...new Set(formats.flatMap(({ note }) => note ?? []))].join(' ');
  const steps = Math.max(...groups.flatMap(({ runs }) => runs.map((run) => run.step)));
  return (
    <section className="run-card" aria-labelledby="compare-title" data-testid="comparison">
      <header>
        <h2 id="compare-title">Compared</h2>
        <ChartLegend series={series} />
      </header>
      <RunChart
        label={`${names} against gradient steps, with most candidates; of several seeds their interquartile mean with its 95 % interval, each of them faint`}
        series={series}
        height={HEIGHT}
        steps={steps}
        dots
        empty="None of these has been evaluated yet."
      />
      <GroupTable groups={groups} several={several} names={names} />
      <p className="hint">
        Over the seeds of a group, in plot and table: interquartile mean, and the 95 % interval of a bootstrap over them
        (Agarwal et al., 2021). With fewer than three seeds it says little.
        {several && ' These are of different tasks or data: their scores do not compare the methods.'}
        {notes && ` ${notes}`}
      </p>
    </section>
  );
});

function seriesOf({ runs }: RunGroup<StoredRun>, name: string, i: number): ChartSeries[] {
  const color = LINES[i % LINES.length]!;
  const dash = DASHES[Math.floor(i / LINES.length) % DASHES.length];
  const style = { color, ...(dash !== undefined && { dash }) };
  const curves = runs.map(({ points, experiment }) => {
    const candidates = points.at(-1)?.evaluations.at(-1)?.candidates ?? 1;
    return scorePoints(points, candidates, scoreFormatOfTask(experiment.task));
  });
  if (curves.length === 1) return [{ name: `${name}, seed ${runs[0]!.experiment.seed}`, ...style, points: curves[0]! }];
  const mean = groupCurve(curves.map((points) => points.map(({ x, y }) => [x, y] as const)));
  const seeds = runs.map(({ experiment }) => experiment.seed);
  // A seed may occur twice: trained here and imported.
  const ofSeed = (seed: number, k: number) =>
    seeds.indexOf(seed) === seeds.lastIndexOf(seed) ? `seed ${seed}` : `seed ${seed} (${k + 1})`;
  return [
    {
      name: `${name}, ${runs.length} seeds`,
      ...style,
      points: mean.map(({ step, value, low, high }) => ({ x: step, y: value, band: [low, high] as const })),
    },
    ...curves.map((points, k) => ({
      name: `${name}, ${ofSeed(seeds[k]!, k)}`,
      color,
      faint: true,
      points: points.map(({ x, y }) => ({ x, y })),
    })),
  ];
}

interface GroupTableProps {
  groups: readonly RunGroup<StoredRun>[];
  several: boolean;
  /** Names of the score formats, for the caption. */
  names: string;
}

function GroupTable({ groups, several, names }: GroupTableProps) {
  const rows = useMemo(
    () =>
      groups.flatMap((group) =>
        groupRows(group).map((row) => ({
          ...row,
          task: group.runs[0]!.experiment.task,
          group: nameOf(group, several),
        })),
      ),
    [groups, several],
  );
  return (
    <div className="table-scroll">
      <table className="run-table">
        <caption className="visually-hidden">{names} over the seeds of each group</caption>
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Acting with</th>
            <th scope="col">Seeds</th>
            <th scope="col">Steps</th>
            <th scope="col">Last</th>
            <th scope="col">Last ten</th>
            <th scope="col">Best</th>
            <th scope="col">Offline selection</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.group} ${row.candidates}`}>
              <th scope="row">{row.group}</th>
              <td>{candidatesLabel(row.candidates)}</td>
              <td>{row.seeds.join(', ')}</td>
              <td>{formatCount(row.steps)}</td>
              <Cell task={row.task} mean={row.last} />
              <Cell task={row.task} mean={row.lastTen} />
              <Cell task={row.task} mean={row.best} />
              <Cell task={row.task} mean={row.selected} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ task, mean }: { task: LocomotionTaskId; mean: MeanInterval | null }) {
  if (!mean) return <td>–</td>;
  const { of, digits } = scoreFormatOfTask(task);
  const score = (value: number) => formatFixed(of(value), digits);
  return (
    <td>
      {score(mean.value)}{' '}
      <span className="muted">
        ({score(mean.low)} to {score(mean.high)})
      </span>
    </td>
  );
}
