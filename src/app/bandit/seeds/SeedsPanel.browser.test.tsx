import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SeedsPoint } from '../../../bandit/seeds-protocol.ts';
import { SessionContext } from '../session-context.ts';
import type { Session } from '../session.ts';
import { runStore } from '../stores/run-store.ts';
import { viewStore } from '../../shared/view-store.ts';
import { DEFAULT_VIEW } from '../../shared/view.ts';
import { SeedsPanel } from './SeedsPanel.tsx';
import { NO_SEEDS, seedsStore, type Seeds } from './seeds-store.ts';

const METRICS = {
  inMode: 0.5,
  nearest: [1],
  inBest: 0.5,
  totalVariation: 0.1,
  mmd2: { value: 0.01, low: 0.005, high: 0.02 },
  meanReward: 2,
  regret: 3,
  effectiveModes: 1.5,
};
const POINT: SeedsPoint = {
  step: 1200,
  others: [1, 2].map((seed) => ({ seed, metrics: METRICS, losses: {} })),
  means: {
    inMode: { value: 0.972, low: 0.951, high: 0.98 },
    meanReward: { value: 3.9, low: 3.7, high: 4 },
    mmd2: { value: 0.0021, low: -0.0001, high: 0.003 },
  },
};
const GROUP = { seeds: [0, 1, 2], points: [POINT], lost: [] };

const calls: string[] = [];
const seeds = { stop: () => calls.push('stop'), resume: () => calls.push('resume') };
const session = { seeds } as unknown as Session;
let box: HTMLElement;
let root: Root;

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  viewStore.setState({ ...DEFAULT_VIEW, solo: 'bcq', seeds: 3 }, true);
  runStore.setState({ state: 'finished' });
  seedsStore.setState(NO_SEEDS, true);
  calls.length = 0;
  box = document.body.appendChild(document.createElement('div'));
  root = createRoot(box);
  await act(async () =>
    root.render(
      <SessionContext value={session}>
        <SeedsPanel method="bcq" />
      </SessionContext>,
    ),
  );
});

afterEach(async () => {
  await act(async () => root.unmount());
  box.remove();
  vi.unstubAllGlobals();
});

const now = (change: Partial<Seeds>) => act(async () => seedsStore.setState({ ...NO_SEEDS, ...change }));
const text = () => box.textContent.replaceAll('\u202f', ' ');
const clickButton = () => act(async () => box.querySelector('button')?.click());

describe('SeedsPanel', () => {
  it('says what the other seeds wait for', async () => {
    await act(async () => runStore.setState({ state: 'showing-pretrained' }));
    expect(text()).toBe('Press Play: seeds 1 and 2 follow when the run is paused or finished.');
    await act(async () => runStore.setState({ state: 'running' }));
    expect(text()).toBe('The run first: seeds 1 and 2 train when it is paused or finished.');
  });

  it('shows progress in one status element and stops the training', async () => {
    const status = box.querySelector('[role=status]');
    await now({ progress: { done: 30, total: 120 } });
    expect(status?.textContent).toBe('Training seeds 1 and 2.');
    expect(box.querySelector('progress')?.position).toBe(0.25);
    await clickButton();
    await now({ stopped: true });
    expect(status?.textContent).toBe('Training of seeds 1 and 2 is stopped.');
    await clickButton();
    await now({ problem: 'The GPU went away (reset).' });
    expect(status?.textContent).toBe('The other seeds could not continue: The GPU went away (reset).');
    await clickButton();
    expect(calls).toEqual(['stop', 'resume', 'resume']);
    expect(box.contains(status)).toBe(true);
  });

  it('shows the mean over seeds and a legend of the chart', async () => {
    await now({ groups: { bcq: GROUP } });
    expect(text()).toBe(
      'Trained: seeds 1 and 2.Mean of seeds 0 to 2 at step 1,200, with its 95 % interval:' +
        'in mode97.2 % (95.1 % to 98.0 %)reward3.90 (3.70 to 4.00)MMD²0.0021 (−0.0001 to 0.0030)' +
        'Mean of 3 seeds; the band holds 95 % of the means of resampled seedsThis run, seed 0',
    );
    await act(async () => viewStore.setState({ axis: 'seconds' }));
    expect(text()).toContain('Seeds are compared by steps');
  });

  it('names a lost seed and excludes it from the mean', async () => {
    const point = { ...POINT, others: POINT.others.slice(0, 1) };
    await now({
      groups: { bcq: { ...GROUP, points: [point], lost: [{ seed: 2, quantity: 'criticLoss', step: 412 }] } },
    });
    expect(text()).toContain('Mean of seeds 0 and 1 at step 1,200');
    expect(text()).toContain('Seed 2 is left out from step 412 on, where its critic loss was not finite.');
  });

  it('says why seeds cannot be compared', async () => {
    await now({ incomparable: { bcq: 'Q weight η was changed during this run' } });
    expect(text()).toBe(
      'Q weight η was changed during this run, which no other seed did. Reset and play, to compare seeds.',
    );
  });
});
