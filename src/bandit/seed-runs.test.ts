import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { MethodId } from './methods.ts';
import { meanInterval } from '../math/statistics.ts';
import { startBackend } from '../tensor/backend.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { writeVariables } from '../tensor/variables.ts';
import { tinyExperiment, openEngine } from './engine/engine-harness.ts';
import type { Experiment } from './experiment.ts';
import type { MethodFrame } from './engine/protocol.ts';
import { figuresOf } from './seed-means.ts';
import { SeedRuns } from './seed-runs.ts';
import type { SeedsEvent, SeedsJob, SeedsPoint } from './seeds-protocol.ts';
import { HeadlessRun } from './headless-run.ts';

// Some 5 s.
const made: SeedRuns[] = [];
const make = (...args: ConstructorParameters<typeof SeedRuns>) => {
  const runs = new SeedRuns(...args);
  made.push(runs);
  return runs;
};
afterEach(async () => {
  for (const runs of made.splice(0)) await runs.dispose();
});

const SHOWN = { inMode: 0.5, bcLoss: 1, seconds: 3 };
const rows = (...steps: number[]) => steps.map((step) => ({ step, values: SHOWN }));

function job(experiment: Experiment, method: MethodId, change: Partial<SeedsJob> = {}): SeedsJob {
  return { experiment, method, backend: 'cpu', seeds: [1, 2], shown: rows(4, 9), ...change };
}

class RecordedEvents {
  readonly events: SeedsEvent[] = [];
  readonly notify = (event: SeedsEvent) => void this.events.push(event);

  get points(): SeedsPoint[] {
    return this.events.flatMap((event) => (event.type === 'point' ? [event.point] : []));
  }

  get lost() {
    return this.events.flatMap((event) => (event.type === 'lost' ? [event.lost] : []));
  }
}

/** A frame of the page's own engine, at a step of a seed. */
async function frameAt(experiment: Experiment, seed: number, method: MethodId, step: number): Promise<MethodFrame> {
  const visitor = await openEngine({ ...experiment, seed });
  await visitor.engine.step(step);
  return visitor.last(method);
}

/** A trainee of whose seed nothing is a number once it has taken some steps. */
function poisoned(seed: number, after: number) {
  return (experiment: Experiment, method: MethodId) => {
    const trainee = new HeadlessRun(experiment, method);
    const trainTo = trainee.trainTo.bind(trainee);
    trainee.trainTo = async (target) => {
      await trainTo(target);
      if (experiment.seed !== seed || trainee.step < after) return;
      const { variables } = trainee.algorithm;
      const values = Object.entries(variables).map(([name, { size }]) => [name, new Float32Array(size).fill(NaN)]);
      writeVariables(variables, Object.fromEntries(values) as Record<string, Float32Array>);
    };
    return trainee;
  };
}

describe('other seeds', () => {
  it('other seeds have the bits of the page at each requested step', async () => {
    const experiment = tinyExperiment(['diffusion-ql']);
    const events = new RecordedEvents();
    expect(await make().train(job(experiment, 'diffusion-ql'), events.notify)).toBe(true);
    expect(events.points.map(({ step }) => step)).toEqual([4, 9]);
    for (const { step, others } of events.points) {
      expect(others.map(({ seed }) => seed)).toEqual([1, 2]);
      for (const { seed, metrics, losses } of others) {
        const frame = await frameAt(experiment, seed, 'diffusion-ql', step);
        expect({ metrics, losses }).toEqual({ metrics: frame.metrics, losses: frame.losses });
      }
    }
    expect(events.events).toContainEqual({ type: 'progress', done: 0, total: 18 });
  });

  it('other seeds are averaged with the run of the page', async () => {
    const events = new RecordedEvents();
    await make().train(job(tinyExperiment(['bc-mle']), 'bc-mle'), events.notify);
    for (const { means, others } of events.points) {
      const inMode = [SHOWN.inMode, ...others.map(({ metrics }) => figuresOf(metrics).inMode)];
      expect(means['inMode']).toEqual(meanInterval(inMode));
      expect(means).not.toHaveProperty('seconds');
      expect(means).not.toHaveProperty('regret');
    }
  });

  it('other seeds do not change the run of the page, even in the same thread', async () => {
    const experiment = tinyExperiment(['bcq', 'diffusion-ql']);
    const quiet = await openEngine(experiment);
    await quiet.engine.step(20);
    const busy = await openEngine(experiment);
    await busy.engine.step(7);
    const beside = make().train(job(experiment, 'diffusion-ql', { shown: rows(30) }), () => undefined);
    await busy.engine.step(13);
    expect(await beside).toBe(true);
    for (const method of experiment.methods) {
      expect(await busy.weights(method)).toEqual(await quiet.weights(method));
      expect(busy.last(method).metrics).toEqual(quiet.last(method).metrics);
    }
  });

  it('other seeds pause and resume', async () => {
    const experiment = tinyExperiment(['bc-diffusion']);
    const through = new RecordedEvents();
    await make().train(job(experiment, 'bc-diffusion', { shown: rows(0, 5, 60) }), through.notify);

    const runs = make();
    const events = new RecordedEvents();
    const first = runs.train(job(experiment, 'bc-diffusion', { shown: rows(0, 5, 60) }), (event) => {
      events.notify(event);
      if (event.type === 'point' && event.point.step === 5) void runs.pause();
    });
    expect(await first).toBe(false);
    expect(events.points.map(({ step }) => step)).toEqual([0, 5]);
    expect(events.points[0]?.others[0]?.losses).toEqual({});
    // What they have passed is not gone back to.
    expect(await runs.train(job(experiment, 'bc-diffusion', { shown: rows(1, 60) }), events.notify)).toBe(true);
    expect(events.points).toEqual(through.points);
  });

  it('a new job replaces the last, and leaves no tensors behind', async () => {
    await startBackend('cpu');
    const before = memory().numTensors;
    const runs = make();
    const long = runs.train(job(tinyExperiment(['bc-mle']), 'bc-mle', { shown: rows(1_000_000) }), () => undefined);
    const events = new RecordedEvents();
    const other = runs.train(job(tinyExperiment(['bc-mle'], { seed: 7 }), 'bc-mle', { seeds: [8] }), events.notify);
    expect(await long).toBe(false);
    expect(await other).toBe(true);
    expect(events.points.at(-1)?.others.map(({ seed }) => seed)).toEqual([8]);
    await runs.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('a seed that diverges is named and left out', async () => {
    const events = new RecordedEvents();
    const shown = rows(4, 60, 120);
    const experiment = tinyExperiment(['bc-mle']);
    const runs = make({ create: poisoned(2, 60) });
    expect(await runs.train(job(experiment, 'bc-mle', { seeds: [1, 2, 3], shown }), events.notify)).toBe(true);
    expect(events.points.map(({ others }) => others.map(({ seed }) => seed))).toEqual([
      [1, 2, 3],
      [1, 3],
      [1, 3],
    ]);
    expect(events.lost).toEqual([{ seed: 2, quantity: 'samples', step: 60 }]);
  });

  it('a job ends once every seed has diverged', async () => {
    const experiment = tinyExperiment(['bc-diffusion'], { settings: { learningRate: 1e30 } });
    const events = new RecordedEvents();
    expect(await make().train(job(experiment, 'bc-diffusion'), events.notify)).toBe(true);
    expect(events.points).toEqual([]);
    expect(events.lost.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(events.lost[0]?.quantity).toBe('bcLoss');
  });

  it('a job rejects with the reason of its failure', async () => {
    const runs = make({ startBackend: () => Promise.reject(new Error('No GPU is left.')) });
    const failed = runs.train(job(tinyExperiment(['bc-mle']), 'bc-mle'), () => undefined);
    await expect(failed).rejects.toThrow('No GPU is left.');
  });
});

describeOnBackends(
  'seeds in turn',
  (backend) => {
    it('seeds in turn get the same numbers as alone', async () => {
      const experiment = tinyExperiment(['diffusion-ql']);
      const events = new RecordedEvents();
      await make().train(job(experiment, 'diffusion-ql', { backend: backend as 'wasm' }), events.notify);
      for (const seed of [1, 2]) {
        const alone = new HeadlessRun({ ...experiment, seed }, 'diffusion-ql');
        for (const { step, others } of events.points) {
          await alone.trainTo(step);
          const { metrics } = await alone.measure();
          expect(others.find((other) => other.seed === seed)).toEqual({ seed, metrics, losses: alone.losses });
        }
        alone.dispose();
      }
      expect(events.points.length).toBe(2);
    });
  },
  ['wasm'],
);
