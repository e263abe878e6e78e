import { describe, expect, it } from 'vitest';
import type { EvaluationPoint } from './evaluation.ts';
import { presetLocomotion } from './experiment.ts';
import { groupCurve, groupRows, groupRuns, type GroupedRun } from './groups.ts';
import type { LocomotionTaskId } from './tasks.ts';

function point(step: number, bcLoss: number | null, returns: Readonly<Record<number, number>>): EvaluationPoint {
  const evaluations = Object.entries(returns).map(([candidates, value]) => ({
    candidates: Number(candidates),
    returns: [value],
    lengths: [1],
    return: { value, low: value, high: value },
    deviation: 0,
    score: null,
  }));
  return { step, bcLoss, evaluations };
}

function run(task: LocomotionTaskId, seed: number, points: readonly EvaluationPoint[] = []): GroupedRun {
  const experiment = { ...presetLocomotion(task, 'diffusion-ql', 'small'), seed };
  const dataset = { id: task, environment: null, rows: 10, meanReturn: 7, provenance: '' };
  return { experiment, dataset, physics: 'MuJoCo 3.14, native', points };
}

describe('runs in groups', () => {
  it('runs of a group may differ in seed and evaluation, not in task or dataset', () => {
    const [first, second] = [run('hopper-medium', 0), run('hopper-medium', 1)];
    const often = { ...second, experiment: { ...second.experiment, evaluation: { every: 5, episodes: 1 } } };
    const elsewhere = { ...first, dataset: { ...first.dataset, rows: 11 } };
    const other = run('walker2d-medium', 0);
    const groups = groupRuns([first, other, often, elsewhere]);
    expect(groups.map(({ runs }) => runs)).toEqual([[first, often], [other], [elsewhere]]);
  });

  it('runs evaluated in different physics are separate groups with their own names', () => {
    const first = run('hopper-medium', 0, [point(10, null, { 1: 100 })]);
    const old = { ...run('hopper-medium', 1, [point(10, null, { 1: 300 })]), physics: 'MuJoCo 3.14, v2-compatible' };
    const groups = groupRuns([first, old]);
    expect(groups.flatMap(groupRows).map(({ group, last }) => [group, last.value])).toEqual([
      ['Diffusion-QL, small, MuJoCo 3.14, native', 100],
      ['Diffusion-QL, small, MuJoCo 3.14, v2-compatible', 300],
    ]);
    expect(groupRuns([first]).map(({ name }) => name)).toEqual(['Diffusion-QL, small']);
  });

  it('a run with live settings is its own group, which names the changes', () => {
    const plain = { ...run('hopper-medium', 0), live: [] };
    const changed = { ...run('hopper-medium', 1), live: [{ step: 40, settings: { eta: 2 } }] };
    const groups = groupRuns([plain, changed, run('hopper-medium', 2)]);
    expect(groups.map(({ name, runs }) => [name, runs.length])).toEqual([
      ['Diffusion-QL, small', 2],
      ['Diffusion-QL, small, Q weight η 2 from step 40', 1],
    ]);
  });

  it('a group row has the interquartile mean with its bootstrap interval over seeds', () => {
    const values = [100, 0, 20, 10];
    const runs = values.map((value, seed) => run('hopper-medium', seed, [point(10, null, { 1: value })]));
    const [row, ...more] = groupRows(groupRuns(runs)[0]!);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ candidates: 1, seeds: [0, 1, 2, 3], steps: 10, selected: null, datasetReturn: 7 });
    expect(row!.last.value).toBe(15);
    expect(row!.last.low).toBeGreaterThanOrEqual(0);
    expect(row!.last.low).toBeLessThan(10);
    expect(row!.last.high).toBeGreaterThan(20);
    expect(row!.last.high).toBeLessThanOrEqual(100);
  });

  it('a group row names its seeds, without runs that lack points or its candidate count', () => {
    const runs = [
      run('hopper-medium', 3, [point(10, 1, { 1: 4, 50: 6 })]),
      run('hopper-medium', 4, [point(20, 1, { 1: 8 })]),
      run('hopper-medium', 5),
    ];
    const [one, fifty] = groupRows(groupRuns(runs)[0]!);
    expect(one).toMatchObject({ candidates: 1, seeds: [3, 4], steps: 20, last: { value: 6 } });
    expect(fifty).toMatchObject({ candidates: 50, seeds: [3], steps: 10, last: { value: 6, low: 6, high: 6 } });
    expect(groupRows({ name: '', runs: [runs[2]!] })).toEqual([]);
  });

  it('settings equal to the preset’s or unused by the method do not split a group', () => {
    const plain = run('hopper-medium', 0);
    const said = run('hopper-medium', 1);
    said.experiment = { ...said.experiment, settings: { eta: 0.1, expectile: 0.9 } };
    const other = run('hopper-medium', 2);
    other.experiment = { ...other.experiment, settings: { eta: 0.5, maxQBackup: true } };
    expect(groupRuns([said, plain, other]).map(({ name, runs }) => [name, runs.length])).toEqual([
      ['Diffusion-QL, small', 2],
      ['Diffusion-QL, small, Q weight η 0.5, Max-Q backup on', 1],
    ]);
  });

  it('a group’s curve has an interquartile mean and interval at the steps common to all runs', () => {
    const curves = [
      [
        [1, 2],
        [2, 4],
      ],
      [
        [2, 8],
        [3, 1],
      ],
    ] as const;
    expect(groupCurve(curves)).toEqual([{ step: 2, value: 6, low: 4, high: 8 }]);
    expect(groupCurve([])).toEqual([]);
    const four = [100, 0, 20, 10].map((value) => [[10, value]] as const);
    expect(groupCurve(four)[0]!.value).toBe(15);
  });
});
