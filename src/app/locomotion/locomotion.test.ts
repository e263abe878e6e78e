import { describe, expect, it } from 'vitest';
import type { StoredDataset } from '../../datasets/library/protocol.ts';
import { presetLocomotion } from '../../locomotion/experiment.ts';
import { summary } from '../../locomotion/evaluation.ts';
import { BODIES } from '../../environments/bodies/index.ts';
import { scoreFormatOf } from '../../locomotion/score-format.ts';
import { LOCOMOTION_FIELDS } from '../../locomotion/settings.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import { changeMarks, chartRows, scorePoints, evenlySpaced } from './chart-rows.ts';
import { dataChoices } from './data-choices.ts';
import { changeExperiment, withSetting } from './form-store.ts';
import { lossesCsv, runJsonLines, scoresCsv } from './run-export.ts';

const EXPERIMENT = presetLocomotion('hopper-medium-expert', 'diffusion-ql', 'small');
const POINTS = [10, 20].map((step) => ({
  step,
  bcLoss: 0.5,
  evaluations: [1, 50].map((candidates) => ({
    candidates,
    returns: [step, step + 2],
    lengths: [1, 1],
    ...summary([step, step + 2], BODIES.hopper.referenceReturns),
  })),
}));
const RUN: StoredRun = {
  key: 'run-1',
  experiment: EXPERIMENT,
  dataset: { id: 'a, b', environment: 'hopper', rows: 3, meanReturn: 1, provenance: 'made for a test' },
  published: false,
  candidates: [1, 50],
  backend: 'wasm',
  engine: 'wasm',
  physics: 'none',
  begun: 0,
  step: 20,
  seconds: 2,
  version: 1,
  losses: [
    { step: 10, steps: 10, seconds: 1, means: { bcLoss: 0.5 } },
    { step: 20, steps: 10, seconds: 2, means: { bcLoss: 0.25, targetQ: 3 } },
  ],
  points: POINTS,
  live: [],
  best: null,
};

describe('the locomotion form', () => {
  it('follows the preset, and keeps the values that the visitor set', () => {
    const eta = LOCOMOTION_FIELDS.find(({ key }) => key === 'eta')!;
    const own = withSetting({ ...EXPERIMENT, budget: 500 }, eta, 0.7);
    expect(own.settings).toEqual({ eta: 0.7 });
    const paper = changeExperiment(own, { preset: 'paper' });
    expect(paper).toMatchObject({ budget: 500, settings: { eta: 0.7 }, evaluation: { every: 50_000, episodes: 10 } });
    expect(changeExperiment(EXPERIMENT, { preset: 'paper', method: 'iql' }).budget).toBe(1_000_000);
    expect(withSetting(own, eta, 0.1).settings).toEqual({});
    expect(withSetting(own, eta, null).settings).toEqual({});
  });

  it('offers only datasets of the task’s body, D4RL’s own first, and labels no other as D4RL’s', () => {
    const stored = (id: string, environment: string, published: string | null): StoredDataset => ({
      key: `k-${id}`,
      id,
      state: 'whole',
      bytes: 1,
      totalBytes: 1,
      share: 1,
      about: {
        environment,
        licence: '',
        published,
        counts: { rows: 2, episodes: 1, terminals: 1, timeouts: 0, transitions: 1 },
      },
      unfinished: null,
    });
    const datasets = [
      stored('own', 'hopper', null),
      stored('hopper_medium-v2', 'hopper-medium-v2', 'hopper-medium-v2'),
      stored('other', 'walker2d', null),
    ];
    const shipped = [
      { address: './datasets/hopper-x/', name: 'Hopper x', about: '', bytes: 5 },
      { address: './datasets/walker2d-x/', name: 'Walker x', about: '', bytes: 5 },
    ];
    const choices = dataChoices(datasets, shipped, 'hopper-medium');
    expect(choices.map(({ id, published }) => [id, published])).toEqual([
      ['k-hopper_medium-v2', true],
      ['k-own', false],
      ['./datasets/hopper-x/', false],
    ]);
    for (const { label, published } of choices) expect(label.includes('D4RL’s published file')).toBe(published);
    expect(dataChoices([stored('hopper-x', 'hopper', null)], shipped, 'hopper-medium')).toHaveLength(1);
  });
});

describe('run charts and exports', () => {
  it('chart rows merge series by step, and evenlySpaced keeps both ends', () => {
    const rows = chartRows([
      { name: 'a', color: '', points: scorePoints(POINTS, 1, scoreFormatOf('hopper')) },
      {
        name: 'b',
        color: '',
        points: [
          { x: 20, y: 7 },
          { x: 30, y: Number.NaN },
        ],
      },
    ]);
    expect(rows.map(({ x, y0, y1 }) => [x, y0 === undefined, y1])).toEqual([
      [10, false, undefined],
      [20, false, 7],
    ]);
    expect(rows[0]!.band0![0]).toBeLessThan(rows[0]!.y0!);
    const many = evenlySpaced(
      Array.from({ length: 1001 }, (_, i) => i),
      11,
    );
    expect(many).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });

  it('change marks name the changed settings and their step', () => {
    expect(changeMarks([{ step: 7, settings: { eta: 2, normalizeQ: false } }])).toEqual([
      { x: 7, text: 'Q weight η 2, Normalise Q off' },
    ]);
  });

  it('exports have a row per evaluation, a column per loss, and a JSON line per entry', () => {
    const scores = scoresCsv(RUN).trimEnd().split('\r\n');
    expect(scores).toHaveLength(5);
    expect(scores[1]).toMatch(/^10,1,0\.5,11,10,12,/);
    expect(lossesCsv(RUN)).toBe('step,steps,seconds,bcLoss,targetQ\r\n10,10,1,0.5,\r\n20,10,2,0.25,3\r\n');
    const lines = runJsonLines(RUN)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines.map(({ kind }) => kind)).toEqual(['run', 'losses', 'losses', 'evaluation', 'evaluation']);
    expect(lines[0]).toMatchObject({ experiment: EXPERIMENT, step: 20 });
  });
});
