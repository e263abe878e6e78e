import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultExperiment } from '../../../bandit/experiment.ts';
import type { SeedsJob } from '../../../bandit/seeds-protocol.ts';
import { FakeEngine } from '../fake-engine.ts';
import { SeriesStore } from '../plots/series/series.ts';
import { Session } from '../session.ts';
import { experimentStore } from '../stores/experiment-store.ts';
import { frameStore } from '../stores/frame-store.ts';
import { INITIAL_RUN, runStore } from '../stores/run-store.ts';
import { viewStore } from '../../shared/view-store.ts';
import { DEFAULT_VIEW, type View } from '../../shared/view.ts';
import { FakeSeeds } from './fake-seeds.ts';
import { SeedComparison } from './seed-comparison.ts';
import { NO_SEEDS, seedsStore } from './seeds-store.ts';

let engine: FakeEngine;
let session: Session;
let workers: FakeSeeds[];
let leave: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  experimentStore.setState({ ...defaultExperiment(), seed: 7, budget: 2000 }, true);
  viewStore.setState({ ...DEFAULT_VIEW, solo: 'diffusion-ql' }, true);
  runStore.setState(INITIAL_RUN, true);
  seedsStore.setState(NO_SEEDS, true);
  frameStore.clear();
  workers = [];
  engine = new FakeEngine(100);
  const series = new SeriesStore();
  const others = new SeedComparison(series, () => {
    const worker = new FakeSeeds(50);
    workers.push(worker);
    return { engine: worker, end: () => (worker.ended = true) };
  });
  session = new Session(engine, series, others, () => Promise.resolve());
  leave = others.start();
  await session.start(session.listen);
});

afterEach(() => {
  leave();
  vi.useRealTimers();
});

const seeds = () => seedsStore.getState();
const points = () => seeds().groups['diffusion-ql']?.points ?? [];
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const choose = (count: View['seeds']) => viewStore.setState({ seeds: count });
const jobs = (): SeedsJob[] => workers.flatMap((worker) => worker.jobs);

/** Runs for some frames, then pauses. */
async function runFor(ms: number): Promise<void> {
  session.play();
  await settle(ms);
  session.pause();
  await settle();
}

describe('SeedComparison', () => {
  it('trains no seeds before a run exists and is paused', async () => {
    choose(3);
    await settle(2000);
    expect(workers).toEqual([]);
    session.play();
    await settle(1000);
    expect(workers).toEqual([]);
    session.pause();
    await settle(500);
    expect(jobs()).toHaveLength(1);
  });

  it('trains the next seeds of the experiment, measured at the steps of the run', async () => {
    await runFor(1050);
    choose(5);
    await settle(5000);
    const [job] = jobs() as [SeedsJob];
    expect(job).toMatchObject({ method: 'diffusion-ql', backend: 'cpu', seeds: [8, 9, 10, 11] });
    expect(job.experiment).toMatchObject({ seed: 7 });
    const { x, y } = session.series.get('diffusion-ql', 'inMode', 'steps');
    expect(job.shown.map(({ step }) => step)).toEqual(Array.from(x));
    expect(job.shown.map(({ values }) => values['inMode'])).toEqual(Array.from(y));
    expect(seeds().groups['diffusion-ql']).toMatchObject({ seeds: [7, 8, 9, 10, 11], lost: [] });
    expect(points().map(({ step }) => step)).toEqual(Array.from(x));
    expect(seeds().progress).toBeNull();
    // Once is enough.
    await settle(5000);
    expect(jobs()).toHaveLength(1);
  });

  it('measures at forty steps of a long run, including its last', async () => {
    await runFor(5000);
    choose(3);
    await settle(500);
    const steps = jobs()[0]?.shown.map(({ step }) => step) ?? [];
    expect(steps).toHaveLength(40);
    expect(steps.at(-1)).toBe(frameStore.latest('diffusion-ql')?.step);
    expect(new Set(steps).size).toBe(40);
  });

  it('pauses while the run continues, then follows it', async () => {
    await runFor(1050);
    choose(3);
    await settle(650);
    const before = points().length;
    expect(before).toBeGreaterThan(1);
    session.play();
    await settle(1000);
    expect(workers[0]?.pauses).toBeGreaterThan(0);
    expect(points()).toHaveLength(before);
    expect(seeds().progress).toBeNull();
    session.pause();
    await settle(5000);
    const { x } = session.series.get('diffusion-ql', 'inMode', 'steps');
    expect(points().map(({ step }) => step)).toEqual(Array.from(x));
    expect(workers).toHaveLength(1);
  });

  it('trains no seeds if the link hides the curves', async () => {
    viewStore.setState({ hide: ['curves'] });
    await runFor(1050);
    choose(3);
    await settle(2000);
    expect(workers).toEqual([]);
  });

  it('pauses in a hidden tab', async () => {
    await runFor(1050);
    choose(3);
    await settle(550);
    session.visibility(true);
    await settle(3000);
    const hidden = points().length;
    expect(hidden).toBeLessThan(10);
    session.visibility(false);
    await settle(3000);
    expect(points().length).toBeGreaterThan(hidden);
    expect(seeds().progress).toBeNull();
  });

  it('stops on request without losing results, and resumes', async () => {
    await runFor(1050);
    choose(3);
    await settle(550);
    session.seeds.stop();
    await settle(3000);
    const before = points().length;
    expect(before).toBeGreaterThan(0);
    expect(seeds()).toMatchObject({ stopped: true, progress: null });
    session.seeds.resume();
    await settle(3000);
    expect(points().length).toBeGreaterThan(before);
  });

  it('drops results with another count, a reset, or a changed experiment', async () => {
    await runFor(1050);
    choose(3);
    await settle(3000);
    expect(points().length).toBeGreaterThan(0);
    choose(1);
    expect(seeds()).toEqual(NO_SEEDS);
    expect(workers[0]?.ended).toBe(true);
    choose(5);
    await settle(3000);
    expect(points()[0]?.others).toHaveLength(4);
    session.setSetting('hidden', 64);
    await settle(1000);
    expect(seeds()).toEqual(NO_SEEDS);
    expect(workers[1]?.ended).toBe(true);
    await runFor(300);
    await settle(1000);
    expect(points().length).toBeGreaterThan(0);
    session.reset();
    await settle(1000);
    expect(seeds()).toEqual(NO_SEEDS);
  });

  it('drops the results of methods whose run no other seed can repeat', async () => {
    await runFor(1050);
    choose(3);
    await settle(3000);
    session.setSetting('eta', 0.5);
    expect(seeds().groups).toEqual({});
    expect(seeds().incomparable['diffusion-ql']).toBe('Q weight η was changed during this run');
    expect(seeds().incomparable['bc-diffusion']).toBeUndefined();
    await settle(3000);
    expect(jobs()).toHaveLength(1);
    viewStore.setState({ solo: 'bc-diffusion' });
    await settle(3000);
    expect(jobs().at(-1)?.method).toBe('bc-diffusion');
    session.reset();
    expect(seeds().incomparable).toEqual({});
  });

  it('stores results of a closed method and drops those of a removed one', async () => {
    await runFor(1050);
    choose(3);
    await settle(3000);
    const [before] = points();
    viewStore.setState({ solo: 'bcq' });
    expect(workers[0]?.ended).toBe(true);
    await settle(3000);
    expect(points()[0]).toBe(before);
    expect(seeds().groups.bcq?.points.length).toBe(points().length);
    session.toggleMethod('bcq');
    expect(Object.keys(seeds().groups)).toEqual(['diffusion-ql']);
    expect(workers[1]?.ended).toBe(true);
  });

  it('reports a failure and retries on request', async () => {
    await runFor(1050);
    const train = vi.spyOn(FakeSeeds.prototype, 'train').mockRejectedValueOnce(new Error('No memory is left.'));
    choose(3);
    await settle(2000);
    expect(seeds()).toMatchObject({ problem: 'No memory is left.', progress: null });
    expect(train).toHaveBeenCalledTimes(1);
    expect(workers[0]?.ended).toBe(true);
    session.seeds.resume();
    await settle(3000);
    expect(points().length).toBeGreaterThan(0);
    expect(seeds().problem).toBeNull();
    train.mockRestore();
  });

  it('requests no more training once all seeds are lost', async () => {
    await runFor(1050);
    const train = vi.spyOn(FakeSeeds.prototype, 'train').mockImplementation(async (job, notify) => {
      for (const seed of job.seeds) {
        notify({ type: 'lost', lost: { seed, quantity: 'bcLoss', step: 3 } });
      }
      return true;
    });
    choose(3);
    await settle(5000);
    expect(train).toHaveBeenCalledTimes(1);
    expect(seeds().groups['diffusion-ql']?.lost.map(({ seed }) => seed)).toEqual([8, 9]);
    train.mockRestore();
  });
});
