/** A body without reference returns: the page shows raw returns and says that there is no score. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import { summary } from '../../locomotion/evaluation.ts';
import { presetLocomotion } from '../../locomotion/experiment.ts';
import { groupRuns } from '../../locomotion/groups.ts';
import { scoreFormatOf } from '../../locomotion/score-format.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import { scorePoints } from './chart-rows.ts';
import { Comparison } from './Comparison.tsx';
import { scoresCsv } from './run-export.ts';
import { RunLiveRegion } from './RunControls.tsx';
import { RunList } from './RunList.tsx';
import { ScoreCurve, ScoreTable } from './Scores.tsx';

const NOTE = 'There are no reference returns of hopper: no score can be computed, and returns stand as they are.';
const shown = vi.hoisted(() => ({ run: null as StoredRun | null }));

vi.mock(import('../../environments/bodies/index.ts'), async (original) => ({
  ...(await original()),
  referenceReturnsOf: () => null,
}));
vi.mock(import('./training-store.ts'), async (original) => {
  const real = await original();
  const state = () => ({ ...real.trainingStore.getState(), status: 'stored' as const, run: shown.run });
  return { ...real, useTraining: (select) => select({ ...state(), runs: [shown.run!] }) };
});

const POINTS = [10, 20].map((step) => ({
  step,
  bcLoss: 0.5,
  evaluations: [
    {
      candidates: 1,
      returns: [1300 + step, 1400 + step],
      lengths: [9, 9],
      ...summary([1300 + step, 1400 + step], null),
    },
  ],
}));
const RUN: StoredRun = {
  key: 'run-1',
  experiment: presetLocomotion('hopper-medium-expert', 'diffusion-bc', 'small'),
  dataset: { id: 'small', environment: 'hopper', rows: 3, meanReturn: 1122.4, provenance: 'made for a test' },
  published: false,
  candidates: [1],
  backend: 'wasm',
  engine: 'wasm',
  physics: 'none',
  begun: 0,
  step: 20,
  seconds: 2,
  version: 1,
  losses: [],
  points: POINTS,
  live: [],
  best: null,
};
shown.run = RUN;

it('without reference returns the score curve shows returns, and is named so', () => {
  expect(scorePoints(POINTS, 1, scoreFormatOf('hopper')).map(({ x, y }) => [x, y])).toEqual([
    [10, 1360],
    [20, 1370],
  ]);
  const { experiment, dataset, points, live } = RUN;
  const html = renderToStaticMarkup(createElement(ScoreCurve, { experiment, dataset, points, live }));
  expect(html).toContain('<h2 id="score-title">Return</h2>');
  expect(html).toContain(NOTE);
  expect(html).not.toContain('score against');
});

it('without reference returns the tables show returns, and say why there is no score', () => {
  const table = renderToStaticMarkup(createElement(ScoreTable, { points: POINTS }));
  expect(table).toContain('Returns of this run');
  expect(table).toContain('<td>1370<');
  expect(table).toContain('its mean episode returns 1122.');
  expect(table).toContain(NOTE);
  const list = renderToStaticMarkup(createElement(RunList));
  expect(list).toContain('1370<span class="muted"> return, no score</span>');
  const groups = groupRuns([RUN, { ...RUN, experiment: { ...RUN.experiment, method: 'bc' } }]);
  const compared = renderToStaticMarkup(createElement(Comparison, { groups }));
  expect(compared).toContain('Return over the seeds of each group');
  expect(compared).toContain('1370 <span class="muted">(1370 to 1370)</span>');
  expect(compared).toContain(NOTE);
});

it('without reference returns the announcement and the export contain the return', () => {
  expect(renderToStaticMarkup(createElement(RunLiveRegion))).toContain('return 1370 at step 20.');
  expect(scoresCsv(RUN).split('\r\n')[1]).toMatch(/^10,1,0\.5,1360,\d+,\d+,,,$/);
});
