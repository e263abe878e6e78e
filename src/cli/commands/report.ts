/** `lab report`: writes the runs under a folder as tables (Markdown) and curves (SVG), grouped over seeds. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { MeanInterval } from '../../math/statistics.ts';
import { selectOffline } from '../../locomotion/evaluation.ts';
import { groupCurve, groupRows, groupRuns, type GroupRow, type RunGroup } from '../../locomotion/groups.ts';
import { scoreFormatOfTask } from '../../locomotion/score-format.ts';
import { PUBLISHED_TERMS, publishedScores } from '../../locomotion/published.ts';
import { LOCOMOTION_TASKS, type LocomotionTaskId } from '../../locomotion/tasks.ts';
import { printJson, UsageError, type Console } from '../console.ts';
import { jsonOption } from '../options.ts';
import { EXPERIMENT_FILE, readRun, writeWhole, type RunFolder } from '../run-folder.ts';
import { meanCell, returnCell } from '../score-cells.ts';
import { exists, isFolder } from '../shard-folder.ts';
import { COLOURS, fixed, picture, text } from '../svg.ts';

const REPORT_FILE = 'report.md';
/** Levels of folders searched: a run, its seeds, a folder of several. */
const DEPTH = 3;
const CHART = { width: 720, height: 300, margin: 52, top: 40 } as const;
const RING = 4;
const LINES = [COLOURS.qLearning, COLOURS.cloning, '#2f8f57', '#8a5ab8', '#b8791e', '#3a4250'] as const;

type Group = RunGroup<RunFolder>;

export function reportCommand(console: Console): Command {
  return new Command('report')
    .description('Tables and curves of the runs under a folder: report.md, and an SVG for each task.')
    .argument('<folder>', 'a folder of lab train, or one with several')
    .addOption(new Option('--out <folder>', 'where the report goes (into the folder unless given)'))
    .addOption(jsonOption())
    .action((folder: string, { out = folder, json }: { out?: string; json?: boolean }) =>
      report(folder, out, json ?? false, console),
    );
}

async function report(folder: string, out: string, json: boolean, console: Console): Promise<void> {
  if (!(await isFolder(folder))) throw new UsageError(`${folder} is a file; lab report takes a folder of runs.`);
  const runs = await findRuns(folder, DEPTH);
  if (runs.length === 0) throw new UsageError(`There is no run under ${folder}: no ${EXPERIMENT_FILE} in it.`);
  const tasks = [...new Set(runs.map(({ experiment }) => experiment.task))];
  const parts = [`# Runs under ${folder}\n`];
  const result: Record<string, GroupRow[]> = {};
  for (const task of tasks) {
    const groups = namedByData(groupRuns(runs.filter(({ experiment }) => experiment.task === task)));
    const rows = groups.flatMap(groupRows);
    result[task] = rows;
    const file = `${task}.svg`;
    await writeWhole(join(out, file), draw(task, groups));
    parts.push(taskPart(task, groups, rows, file));
  }
  const markdown = parts.join('\n');
  await writeWhole(join(out, REPORT_FILE), markdown);
  if (json) printJson(console, result);
  else console.out(markdown);
}

/** Adds the dataset to the names of groups if there are several datasets. */
function namedByData(groups: readonly Group[]): Group[] {
  const dataOf = ({ runs: [run] }: Group) => `${run!.dataset.id} (${run!.dataset.rows} rows)`;
  const several = new Set(groups.map(dataOf)).size > 1;
  return groups.map((group) => (several ? { ...group, name: `${group.name}, ${dataOf(group)}` } : group));
}

async function findRuns(folder: string, depth: number): Promise<RunFolder[]> {
  if (await exists(join(folder, EXPERIMENT_FILE))) return [await readRun(folder)];
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found: RunFolder[] = [];
  for (const name of folders.sort()) found.push(...(await findRuns(join(folder, name), depth - 1)));
  return found;
}

function taskPart(task: LocomotionTaskId, groups: readonly Group[], rows: readonly GroupRow[], file: string): string {
  const { d4rl, name } = LOCOMOTION_TASKS[task];
  const format = scoreFormatOfTask(task);
  const cell = (mean: Parameters<typeof meanCell>[0]) => meanCell(mean, format);
  const datasets = [
    ...new Map(
      groups.flatMap(({ runs }) => runs.map(({ dataset }) => [`${dataset.id} ${dataset.rows}`, dataset])),
    ).values(),
  ];
  const physics = [...new Set(groups.flatMap(({ runs }) => runs.map((run) => run.physics)))];
  const head = ['', 'candidates', 'seeds', 'steps', 'last', 'last ten', 'best', 'offline selection'];
  const table = [
    head,
    head.map(() => '---'),
    ...rows.map((row) => [
      row.group,
      String(row.candidates),
      row.seeds.join(', '),
      String(row.steps),
      cell(row.last),
      cell(row.lastTen),
      cell(row.best),
      cell(row.selected),
    ]),
  ];
  const published = publishedScores(task).map(({ method, score }) => `${method} ${score}`);
  return [
    `## ${name}\n`,
    `${format.name} (95 % interval)${format.normalised ? ', return' : ''}: interquartile means over seeds; ${physics.join('; ')}.\n`,
    ...(format.note ? [`${format.note}\n`] : []),
    ...table.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    ...datasets.map(({ id, meanReturn, provenance }) => {
      return `Dataset ${id}: mean return of an episode ${returnCell(meanReturn, format)}. ${provenance}\n`;
    }),
    ...(published.length > 0 ? [`Published for ${d4rl}: ${published.join(', ')}. ${PUBLISHED_TERMS}\n`] : []),
    `![Return by gradient step](${file})\n`,
  ].join('\n');
}

/**
 * Draws the interquartile mean of the return over seeds by step, with its 95 % interval. Each group is a line, with its
 * largest number of candidates and its seeds as faint lines. Rings mark the offline selections.
 */
function draw(task: LocomotionTaskId, groups: readonly Group[]): string {
  const { width, height, margin, top } = CHART;
  const curves = groups.map(({ runs }) =>
    runs.map(({ points }) => points.map(({ step, evaluations }) => [step, evaluations.at(-1)!.return.value] as const)),
  );
  const all = curves.flat(2);
  const mostStep = Math.max(1, ...all.map(([step]) => step));
  const dataset = groups[0]!.runs[0]!.dataset.meanReturn;
  const most = 1.05 * Math.max(1, dataset, ...all.map(([, value]) => value));
  const place = (step: number, value: number) => [
    fixed(margin + ((width - 2 * margin) * step) / mostStep),
    fixed(top + height * (1 - Math.max(0, value) / most)),
  ];
  const line = (points: readonly (readonly [number, number])[], colour: string, strong: boolean) => {
    const path = points.map(([step, value], i) => `${i === 0 ? 'M' : 'L'}${place(step, value).join(' ')}`).join('');
    const [thick, opacity] = strong ? [2.2, 1] : [1, 0.35];
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${thick}" stroke-opacity="${opacity}"/>`;
  };
  const band = (curve: readonly (MeanInterval & { step: number })[], colour: string) => {
    const edge = [
      ...curve.map(({ step, high }) => place(step, high)),
      ...curve.toReversed().map(({ step, low }) => place(step, low)),
    ];
    return `<path d="M${edge.map((at) => at.join(' ')).join('L')}Z" fill="${colour}" fill-opacity="0.14"/>`;
  };
  const { topK } = LOCOMOTION_TASKS[task].published;
  /** Rings at the offline selection of each run. */
  const rings = ({ runs }: Group, colour: string) =>
    runs.flatMap(({ points }) => {
      const chosen = selectOffline(points, topK);
      if (!chosen) return [];
      const [x, y] = place(chosen.step, chosen.evaluations.at(-1)!.return.value);
      return [
        `<circle cx="${x}" cy="${y}" r="${RING}" fill="${COLOURS.paper}" stroke="${colour}" stroke-width="1.5"/>`,
      ];
    });
  const parts = [
    text(margin, 22, `${LOCOMOTION_TASKS[task].name}: return by gradient step`, { size: 15, weight: 600 }),
  ];
  const [left, level] = place(0, dataset);
  parts.push(
    `<path d="M${margin} ${top}V${top + height}H${width - margin}" fill="none" stroke="${COLOURS.line}"/>`,
    `<path d="M${left} ${level}H${width - margin}" fill="none" stroke="${COLOURS.faint}" stroke-dasharray="4 4"/>`,
    text(width - margin, Number(level) - 5, 'mean episode of the data', {
      size: 11,
      colour: COLOURS.faint,
      anchor: 'end',
    }),
  );
  parts.push(
    text(width - margin, 22, '○ offline selection of a seed', { size: 11, colour: COLOURS.faint, anchor: 'end' }),
  );
  for (const share of [0, 0.5, 1]) {
    const value = share * most;
    const [x, y] = place(share * mostStep, value);
    const label = { size: 11, colour: COLOURS.faint } as const;
    parts.push(text(margin - 6, Number(y) + 4, value.toFixed(0), { ...label, anchor: 'end' }));
    parts.push(
      text(Number(x), top + height + 16, String(Math.round(share * mostStep)), { ...label, anchor: 'middle' }),
    );
  }
  groups.forEach(({ name }, i) => {
    const colour = LINES[i % LINES.length]!;
    const own = curves[i]!;
    const mean = groupCurve(own);
    if (own.length > 1) {
      if (mean.length > 0) parts.push(band(mean, colour));
      for (const points of own) parts.push(line(points, colour, false));
    }
    const middle = mean.map(({ step, value }) => [step, value] as const);
    parts.push(line(middle, colour, true), ...rings(groups[i]!, colour));
    parts.push(text(margin, top + height + 38 + 17 * i, name, { size: 12.5, weight: 600, colour }));
  });
  return picture(
    width,
    top + height + 44 + 17 * groups.length,
    `Return of the runs on ${task} by gradient step`,
    parts,
  );
}
