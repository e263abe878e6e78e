import { engine } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { METHOD_IDS, type MethodId } from './methods.ts';
import { createAlgorithm } from './registry.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { readVariables } from '../tensor/variables.ts';
import { BANDIT_WIDTHS, BanditTask } from './task.ts';
import { BatchedSteps, type BatchedAgent } from '../experiment/batched-steps.ts';
import { defaultExperiment, methodSettings, type Experiment } from './experiment.ts';
import { SeedRuns } from './seed-runs.ts';
import type { LostSeed, SeedsPoint } from './seeds-protocol.ts';
import { trainBatched } from './batched-trainer.ts';
import { HeadlessRun } from './headless-run.ts';

const BATCH = 12;
const STEPS = 12;
/** A seed, and what differs from the preset. */
const AGENTS = [
  [3, {}],
  [3, { eta: 0.5, learningRate: 1e-3, criticLearningRate: 2e-3 }],
  [5, { eta: 4 }],
] as const;

// Some 50 s on two busy cores, most of them for compiling shaders.
describeOnBackends(
  'a batch of agents',
  () => {
    const tasks = new Map<number, BanditTask>();
    const agent = (seed: number, settings: object, hidden = 12, method: MethodId = 'diffusion-ql'): BatchedAgent => {
      const experiment: Experiment = {
        ...defaultExperiment(),
        settings: { hidden, diffusionSteps: 3, emaStart: 2, emaEvery: 3 },
      };
      const task = tasks.get(seed) ?? new BanditTask(experiment.data, seed);
      tasks.set(seed, task);
      const config = { ...methodSettings(experiment, method), ...settings };
      return {
        algorithm: createAlgorithm(method, config, BANDIT_WIDTHS, seed),
        draws: new StreamDraws(seed),
        batch: (from) => task.drawBatch(from, BATCH),
      };
    };

    it(`agents with different seeds, η and rates get the same bits in a batch as alone, over ${STEPS} steps`, async () => {
      const agents = AGENTS.map(([seed, settings]) => agent(seed, settings));
      const steps = new BatchedSteps(agents);
      const last: Record<string, number>[] = [];
      const first = agents[0] as BatchedAgent;
      while (first.algorithm.step < STEPS) {
        const reports = await steps.run(Math.min(5, STEPS - first.algorithm.step));
        expect(reports.map((own) => own.at(-1)?.step)).toEqual(AGENTS.map(() => first.algorithm.step));
        reports.forEach((own, index) => (last[index] = own.at(-1)?.losses ?? {}));
      }
      // Taken plainly, one agent's step is some 50.
      expect(steps.dispatches).toBeLessThan(40);
      const losses = new Set(last.map((own) => JSON.stringify(own)));
      expect(losses.size).toBe(AGENTS.length);
      for (const [index, [seed, settings]] of AGENTS.entries()) {
        const alone = agent(seed, settings);
        const found: Record<string, number> = {};
        for (let step = 0; step < STEPS; step++) {
          const metrics = alone.algorithm.trainStep(alone.batch(alone.draws.at(step)), alone.draws.at(step));
          for (const [name, scalar] of Object.entries(metrics)) {
            if (step === STEPS - 1) found[name] = (await scalar.data())[0] as number;
            scalar.dispose();
          }
        }
        expect(last[index]).toEqual(found);
        const mine = agents[index] as BatchedAgent;
        expect(await readVariables(mine.algorithm.variables)).toEqual(await readVariables(alone.algorithm.variables));
      }
      steps.clear();
    }, 240_000);

    it.each(METHOD_IDS.filter((method) => method !== 'diffusion-ql'))(
      'seeds of %s get the same bits in a batch as alone',
      async (method) => {
        const agents = [3, 5].map((seed) => agent(seed, {}, 8, method));
        const steps = new BatchedSteps(agents);
        const [first] = agents as [BatchedAgent];
        while (first.algorithm.step < 4) await steps.run(4 - first.algorithm.step);
        for (const [index, seed] of [3, 5].entries()) {
          const alone = agent(seed, {}, 8, method);
          for (let step = 0; step < 4; step++) {
            const metrics = alone.algorithm.trainStep(alone.batch(alone.draws.at(step)), alone.draws.at(step));
            for (const scalar of Object.values(metrics)) scalar.dispose();
          }
          const mine = agents[index] as BatchedAgent;
          expect(await readVariables(mine.algorithm.variables)).toEqual(await readVariables(alone.algorithm.variables));
        }
        steps.clear();
      },
      120_000,
    );

    it('values of η get the same bits in a batch as alone', async () => {
      const settings = { hidden: 12, diffusionSteps: 3, batchSize: BATCH, emaStart: 2, emaEvery: 3 };
      const headlessRun = (eta: number) =>
        new HeadlessRun({ ...defaultExperiment(), seed: 3, settings: { ...settings, eta } }, 'diffusion-ql', 8);
      // As many as above, so that nothing is compiled anew.
      const etas = [0, 0.5, 2.5];
      const agents = etas.map(headlessRun);
      const reported: number[] = [];
      const dispatches = await trainBatched(agents, STEPS, (step) => reported.push(step));
      expect(reported.at(-1)).toBe(STEPS);
      expect(dispatches).toBeLessThan(45);
      for (const [index, eta] of etas.entries()) {
        const [alone, mine] = [headlessRun(eta), agents[index] as HeadlessRun];
        await alone.trainTo(STEPS);
        expect(mine.losses).toEqual(alone.losses);
        expect(mine.seconds).toBeGreaterThan(0);
        expect(await readVariables(mine.algorithm.variables)).toEqual(await readVariables(alone.algorithm.variables));
        alone.dispose();
      }
      for (const one of agents) one.dispose();
    }, 240_000);

    it('of TD3+BC, whose steps are of two kinds, trains on while the last submission is read', async () => {
      const settings = { hidden: 12, batchSize: BATCH };
      const run = (seed: number) => new HeadlessRun({ ...defaultExperiment(), seed, settings }, 'td3-bc', 8);
      const seeds = [3, 5];
      const batch = seeds.map(run);
      await trainBatched(batch, STEPS);
      for (const [index, seed] of seeds.entries()) {
        const [alone, mine] = [run(seed), batch[index] as HeadlessRun];
        await alone.trainTo(STEPS);
        expect(mine.losses).toEqual(alone.losses);
        expect(await readVariables(mine.algorithm.variables)).toEqual(await readVariables(alone.algorithm.variables));
        alone.dispose();
      }
      for (const one of batch) one.dispose();
    }, 240_000);

    it('a batch refuses agents of different sizes or at different steps', async () => {
      const unequal = new BatchedSteps([agent(3, {}), agent(3, {}, 16)]);
      await expect(unequal.run(1)).rejects.toThrow('The agents of a batch take different steps');
      const ahead = agent(3, {});
      ahead.algorithm.step = 7;
      await expect(new BatchedSteps([agent(3, {}), ahead]).run(1)).rejects.toThrow('must be at one step, not at 0, 7');
    }, 120_000);

    it('a batch that exceeds one buffer says how many agents would fit', async () => {
      const settings = { hidden: 12, diffusionSteps: 3, batchSize: BATCH, emaStart: 2, emaEvery: 3 };
      const agents = [1, 2, 3].map(
        (seed) => new HeadlessRun({ ...defaultExperiment(), seed, settings }, 'diffusion-ql', 8),
      );
      const { device } = engine().backend as unknown as { device: GPUDevice };
      const names = ['maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupsPerDimension'] as const;
      const { limits } = device;
      const own = { maxComputeWorkgroupStorageSize: 16384, maxStorageBufferBindingSize: 2048, maxBufferSize: 2048 };
      const value = { ...own, ...Object.fromEntries(names.map((name) => [name, limits[name]])) };
      Object.defineProperty(device, 'limits', { configurable: true, value });
      const failed = trainBatched(agents, 1).finally(() => {
        Object.defineProperty(device, 'limits', { configurable: true, value: limits });
      });
      await expect(failed).rejects.toThrow(/^A step of 3 agents at once asks for .* where one may have .*: .*\.$/);
      for (const one of agents) one.dispose();
    }, 120_000);

    it('a batch of seeds continues without a seed that diverges, and names it', async () => {
      const settings = { hidden: 12, diffusionSteps: 3, batchSize: BATCH, emaStart: 2, emaEvery: 3 };
      const experiment = { ...defaultExperiment(), settings };
      const [good, bad, fine] = [3, 4, 5];
      const create = (own: Experiment) =>
        new HeadlessRun(
          own.seed === bad ? { ...own, settings: { ...settings, learningRate: 1e30 } } : own,
          'diffusion-ql',
        );
      const runs = new SeedRuns({ create, startBackend: () => Promise.resolve() });
      const points: SeedsPoint[] = [];
      const lost: LostSeed[] = [];
      const shown = [0, STEPS].map((step) => ({ step, values: {} }));
      const job = { experiment, method: 'diffusion-ql', backend: 'webgpu', seeds: [good, bad, fine], shown } as const;
      await runs.train(job, (event) => {
        if (event.type === 'point') points.push(event.point);
        if (event.type === 'lost') lost.push(event.lost);
      });
      expect(points.map(({ others }) => others.map(({ seed }) => seed))).toEqual([
        [good, bad, fine],
        [good, fine],
      ]);
      expect(lost).toEqual([{ seed: bad, quantity: expect.any(String) as string, step: expect.any(Number) as number }]);
      for (const { seed, losses } of points.at(-1)?.others ?? []) {
        const alone = create({ ...experiment, seed });
        await alone.trainTo(STEPS);
        expect(losses).toEqual(alone.losses);
        alone.dispose();
      }
      await runs.dispose();
    }, 240_000);
  },
  ['webgpu'],
);
