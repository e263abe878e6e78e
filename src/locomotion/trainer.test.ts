import { dispose, memory } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { deviceArrays } from '../tensor/device-array.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { readVariables, writeVariable } from '../tensor/variables.ts';
import { decodeSafetensors, encodeSafetensors } from '../experiment/safetensors.ts';
import { decodeCheckpoint } from './checkpoint-file.ts';
import { encodeCheckpoint, resumeFrom } from './checkpoint.ts';
import { parseEnvironmentId } from '../environments/bodies/ids.ts';
import { checkDataset, TransitionData } from './data.ts';
import { LOCOMOTION_METHOD_IDS } from './methods.ts';
import type { LocomotionSettings } from './settings.ts';
import { smallDataset, smallExperiment } from './testing.ts';
import { LocomotionTrainer } from './trainer.ts';

const DATA = smallDataset();

/** Critics that are not the published ones. */
const CRITICS: readonly Partial<LocomotionSettings>[] = [
  { criticNorm: 'layer' },
  { critics: 3 },
  { critics: 4, pessimism: 'lcb', lcbBeta: 2 },
  { critics: 10, pessimism: 'lcb', criticNorm: 'layer' },
  { pessimism: 'lcb', maxQBackup: true, criticNorm: 'layer' },
];

function trainer(...given: Parameters<typeof smallExperiment>): LocomotionTrainer {
  return new LocomotionTrainer(smallExperiment(...given), DATA);
}

describeOnBackends(
  'a locomotion run',
  () => {
    it.each(LOCOMOTION_METHOD_IDS)(
      'a resumed %s run has the bits of an uninterrupted one, over 200 steps',
      async (method) => {
        const settings = { gradientClip: 5, decay: 'cosine', decaySteps: 400 } as const;
        const [whole, first, second] = [
          trainer(method, settings),
          trainer(method, settings),
          trainer(method, settings),
        ];
        await whole.train(200);
        await first.train(101);
        const file = await encodeCheckpoint(first);
        expect(decodeCheckpoint(file)).toMatchObject({ step: 101, experiment: first.experiment });
        resumeFrom(second, decodeCheckpoint(file));
        await second.train(99);
        expect(second.step).toBe(200);
        expect(await readVariables(second.algorithm.variables)).toEqual(await readVariables(whole.algorithm.variables));
        expect(second.losses).toEqual(whole.losses);
        expect(whole.losses['bcLoss']).toBeGreaterThan(-Infinity);
        for (const run of [whole, first, second]) run.dispose();
      },
    );

    it.each(CRITICS)('a resumed run with critics %j has the bits of an uninterrupted one', async (critics) => {
      const settings = { gradientClip: 5, ...critics };
      const [whole, first, second] = Array.from({ length: 3 }, () => trainer('diffusion-ql', settings)) as [
        LocomotionTrainer,
        LocomotionTrainer,
        LocomotionTrainer,
      ];
      await whole.train(20);
      await first.train(11);
      const file = decodeCheckpoint(await encodeCheckpoint(first));
      resumeFrom(second, file);
      await second.train(9);
      expect(await readVariables(second.algorithm.variables)).toEqual(await readVariables(whole.algorithm.variables));
      expect(whole.losses['criticLoss']).toBeGreaterThan(0);
      expect(() => resumeFrom(trainer('diffusion-ql'), file)).toThrow(/another experiment: .*critic|pessimism/);
      for (const run of [whole, first, second]) run.dispose();
    });

    it('a locomotion run of BC lowers its loss by far', async () => {
      const run = trainer('bc', { hidden: 32, batchSize: 32, learningRate: 3e-3, decay: 'none' });
      await run.train(10);
      const early = run.takeMeans()!;
      await run.train(400);
      run.takeMeans();
      await run.train(10);
      const late = run.takeMeans()!;
      expect(early).toMatchObject({ step: 10, steps: 10 });
      expect(late.means['bcLoss']).toBeLessThan(0.1 * early.means['bcLoss']!);
      expect(run.takeMeans()).toBeNull();
      run.dispose();
    });

    it('a locomotion run stops at a NaN loss and names it', async () => {
      const run = trainer('diffusion-ql');
      await run.train(3);
      const poisoned = run.algorithm.variables['critic.q1_model']!;
      writeVariable(poisoned, new Float32Array(poisoned.size).fill(Number.NaN));
      await run.train(5);
      expect(run.step).toBe(4);
      expect(run.divergence?.step).toBe(4);
      expect(['criticLoss', 'qLoss', 'actorLoss', 'meanQ']).toContain(run.divergence?.quantity);
      await run.train(5);
      expect(run.step).toBe(4);
      run.dispose();
    });

    it('a locomotion run raises an alarm when Q targets leave the range of returns', async () => {
      const run = trainer('diffusion-ql');
      await run.train(1);
      expect(run.alarm()).toBeNull();
      run.losses = { ...run.losses, targetQ: 1000 };
      // The largest reward is some 1.5, the discount 0.997.
      expect(run.alarm()).toMatch(
        /The critic diverges: its mean target is 1,000, and no policy can have more than 4\d\d with these rewards/,
      );
      run.dispose();
    });

    it('a locomotion run accepts live settings and no others', async () => {
      const run = trainer('diffusion-ql');
      run.configure({ eta: 3, hidden: 100 });
      expect(run.settings).toMatchObject({ eta: 3, hidden: 8 });
      run.dispose();
    });
  },
  ['cpu', 'wasm'],
);

describeOnBackends(
  'a checkpoint',
  () => {
    it('a checkpoint of another experiment is rejected with the fields that differ', async () => {
      const run = trainer('diffusion-ql', { eta: 2 });
      const file = decodeCheckpoint(await encodeCheckpoint(run));
      const other = trainer('diffusion-ql', { eta: 3, tau: 0.01 });
      const before = await readVariables(other.algorithm.variables);
      expect(() => resumeFrom(other, file)).toThrow(
        'The checkpoint is of another experiment: eta: 2 there, 3 here; tau: 0.05 there, 0.01 here.',
      );
      const elsewhere = { ...file, dataset: { ...file.dataset, rows: 7 } };
      expect(() => resumeFrom(run, elsewhere)).toThrow(
        'The checkpoint learned from small (7 rows, mean return 20.0), not from small (200 rows, mean return 20.0).',
      );
      const otherSeed = { ...file, dataset: { ...file.dataset, meanReturn: 21 } };
      expect(() => resumeFrom(run, otherSeed)).toThrow(
        'learned from small (200 rows, mean return 21.0), not from small',
      );
      expect(await readVariables(other.algorithm.variables)).toEqual(before);
      for (const each of [run, other]) each.dispose();
    });

    it('a checkpoint has PyTorch’s names and layouts, the optimiser’s included', async () => {
      const run = trainer('diffusion-ql', { normalizeStates: true });
      const { tensors, metadata } = decodeSafetensors(await encodeCheckpoint(run, { notes: { score: 1 } }));
      const shape = (name: string) => tensors[name]?.shape;
      expect(shape('actor.mid_layer.0.weight')).toEqual([8, 3 + 4 + 11]);
      expect(shape('actor_optimiser.exp_avg.mid_layer.0.weight')).toEqual([8, 3 + 4 + 11]);
      expect(shape('critic_optimiser.exp_avg_sq.q2_model.6.bias')).toEqual([1]);
      expect(shape('critic_target.q1_model.0.weight')).toEqual([8, 14]);
      expect(shape('state_mean')).toEqual([11]);
      expect(JSON.parse(metadata['notes']!)).toEqual({ score: 1 });
      const acting = Object.keys(decodeSafetensors(await encodeCheckpoint(run, { policyOnly: true })).tensors);
      expect(acting.every((name) => /^(actor\.|critic_target\.|state_)/.test(name))).toBe(true);
      const averaged = trainer('diffusion-bc', { sampleWith: 'ema' });
      const roles = Object.keys(decodeSafetensors(await encodeCheckpoint(averaged, { policyOnly: true })).tensors);
      expect(new Set(roles.map((name) => name.split('.')[0]))).toEqual(
        new Set(['actor_ema', 'state_mean', 'state_deviation']),
      );
      averaged.dispose();
      const normed = trainer('diffusion-ql', { criticNorm: 'layer', critics: 3 });
      const { tensors: theirs } = decodeSafetensors(await encodeCheckpoint(normed));
      for (const [name, expected] of Object.entries({
        'critic.q3_model.1.weight': [8],
        'critic_target.q1_model.3.weight': [8, 8],
        'critic_target.q3_model.9.weight': [1, 8],
        'critic_optimiser.exp_avg.q2_model.7.bias': [8],
      })) {
        expect(theirs[name]?.shape, name).toEqual(expected);
      }
      normed.dispose();
      run.dispose();
    });

    it('a truncated, damaged or foreign checkpoint is rejected with the reason', async () => {
      const run = trainer('bc');
      const file = await encodeCheckpoint(run);
      expect(() => decodeCheckpoint(file.subarray(0, file.length - 9))).toThrow('is the file cut?');
      expect(() => decodeCheckpoint(encodeSafetensors({}))).toThrow('no checkpoint of a locomotion run');
      const { tensors, metadata: summed } = decodeSafetensors(file);
      // One bit of one weight, and one letter of the metadata.
      const flipped = file.slice();
      flipped[file.length - 3]! ^= 1;
      expect(() => decodeCheckpoint(flipped)).toThrow(
        /^The checkpoint is damaged: its contents have the CRC-32 [0-9a-f]{8}, and [0-9a-f]{8} was written with them\./,
      );
      const renamed = new TextDecoder('latin1').decode(file).replace('made for a test', 'made for a nest');
      expect(() => decodeCheckpoint(Uint8Array.from(renamed, (letter) => letter.charCodeAt(0)))).toThrow('damaged');
      // A file of before there was a checksum.
      const { crc32: _sum, ...metadata } = summed;
      const name = 'actor.policy.0.bias';
      const { [name]: bias, ...others } = tensors;
      const poisoned = { ...bias!, data: new Float32Array(8).fill(Number.NaN) };
      expect(() =>
        decodeCheckpoint(encodeSafetensors({ ...others, [name]: { shape: [8], data: poisoned.data } }, metadata)),
      ).toThrow(`Tensor "${name}" has a value that is not finite`);
      const plain = Object.fromEntries(Object.entries(others).map(([key, { shape, data }]) => [key, { shape, data }]));
      expect(() => resumeFrom(run, decodeCheckpoint(encodeSafetensors(plain, metadata)))).toThrow(
        'Tensor "policy.0.bias" is missing; expected shape [8].',
      );
      expect(() =>
        decodeCheckpoint(encodeSafetensors(plain, { ...metadata, experiment: '{"task":"bandit"}' })),
      ).toThrow('This is no right experiment');
      run.dispose();
    });
  },
  ['cpu'],
);

describeOnBackends(
  'the data of a run',
  () => {
    it('transition data give the same batch from the host and on the device', async () => {
      for (const normalizeStates of [false, true]) {
        const data = new TransitionData(DATA.trajectories, { seed: 5, rewards: 'normalize', normalizeStates });
        const host = data.batch(3, 16);
        const resident = data.drawBatch(new StreamDraws(5).at(3), 16);
        for (const key of ['states', 'actions', 'rewards', 'nextStates', 'notDone'] as const) {
          expect(await resident[key]!.data(), key).toEqual(await host[key]!.data());
          for (const batch of [host, resident]) batch[key]!.dispose();
        }
        data.dispose();
      }
    });

    it('transition data moved to the device are freed on the host and give the same batches', async () => {
      const options = { seed: 5, rewards: 'none', normalizeStates: true } as const;
      const [onHost, moved] = [
        new TransitionData(DATA.trajectories, options),
        new TransitionData(DATA.trajectories, options),
      ];
      moved.move();
      expect(() => moved.batch(3, 16)).toThrow('The rows have been moved to where the tensors are; the host has none.');
      const [host, resident] = [onHost.batch(3, 16), moved.drawBatch(new StreamDraws(5).at(3), 16)];
      expect(await resident.states.data()).toEqual(await host.states.data());
      expect(await resident.nextStates!.data()).toEqual(await host.nextStates!.data());
      dispose([{ ...host }, { ...resident }]);
      for (const data of [onHost, moved]) data.dispose();
    });

    it('transition data that take over rows are the same, normalised in place, and leak no tensor', async () => {
      const before = memory().numTensors;
      const { trajectories } = DATA;
      const [rows, width] = [
        trajectories.rewards.length,
        trajectories.observations.length / trajectories.rewards.length,
      ];
      const options = { seed: 5, rewards: 'none', normalizeStates: true } as const;
      const taken = () => {
        const room = deviceArrays([[rows, width]])[0]!;
        room.set(trajectories.observations);
        return new TransitionData({ ...trajectories, observations: room }, { ...options, takenOver: true });
      };
      const [copied, moved, unused] = [new TransitionData(trajectories, options), taken(), taken()];
      moved.move();
      const [left, right] = [copied, moved].map((data) => data.drawBatch(new StreamDraws(5).at(3), 16));
      expect(moved.normalisation).toEqual(copied.normalisation);
      for (const key of ['states', 'nextStates', 'actions'] as const) {
        expect(await right![key]!.data(), key).toEqual(await left![key]!.data());
      }
      dispose([{ ...left }, { ...right }]);
      for (const data of [copied, moved, unused]) data.dispose();
      expect(memory().numTensors).toBe(before);
    });
  },
  ['cpu', 'wasm', 'wasm without SIMD', 'webgpu'],
);

describeOnBackends(
  'a locomotion run on a GPU',
  () => {
    it('a resumed Diffusion-QL run has the bits of an uninterrupted one, over 200 steps', async () => {
      const settings = { gradientClip: 5, decay: 'cosine', decaySteps: 400, diffusionSteps: 2 } as const;
      const [whole, resumed] = [trainer('diffusion-ql', settings), trainer('diffusion-ql', settings)];
      // Its shaders are compiled ahead, with progress reports.
      const reports: [done: number, total: number][] = [];
      await whole.compileAhead((...progress) => reports.push(progress));
      expect(whole.step).toBe(0);
      expect(reports.length).toBeGreaterThan(20);
      expect(reports.at(-1)).toEqual([reports.length - 1, reports.length - 1]);
      await whole.train(101);
      resumeFrom(resumed, decodeCheckpoint(await encodeCheckpoint(whole)));
      await whole.train(99);
      await resumed.train(99);
      expect(resumed.step).toBe(200);
      expect(await readVariables(resumed.algorithm.variables)).toEqual(await readVariables(whole.algorithm.variables));
      expect(resumed.losses).toEqual(whole.losses);
      for (const run of [whole, resumed]) run.dispose();
    }, 120_000);
  },
  ['webgpu'],
);

describeOnBackends(
  'a recorded locomotion run',
  () => {
    it.each([
      ...(['diffusion-ql', 'td3-bc', 'iql'] as const).map((method) => ({ method, settings: {} })),
      { method: 'diffusion-ql', settings: { critics: 10, pessimism: 'lcb' } },
      { method: 'diffusion-ql', settings: { critics: 3, pessimism: 'lcb', criticNorm: 'layer' } },
    ] as const)(
      'batched steps of $method $settings have the bits of single steps',
      async ({ method, settings }) => {
        const recorded = trainer(method, settings);
        await recorded.train(6);
        const plain = trainer(method, settings);
        const draws = new StreamDraws(plain.experiment.seed);
        for (let step = 0; step < 6; step++) {
          draws.at(step);
          const batch = plain.data.drawBatch(draws, plain.settings.batchSize);
          const metrics = plain.algorithm.trainStep(batch, draws);
          dispose([metrics, { ...batch }]);
        }
        expect(await readVariables(recorded.algorithm.variables)).toEqual(
          await readVariables(plain.algorithm.variables),
        );
        for (const run of [recorded, plain]) run.dispose();
      },
      120_000,
    );
  },
  ['wasm', 'webgpu'],
);

describeOnBackends(
  'a dataset',
  () => {
    it('a dataset of another body or width is rejected by name', () => {
      const walker = smallDataset('walker2d');
      expect(() => checkDataset(walker, 'hopper-medium')).toThrow(
        'small is data of walker2d; hopper-medium learns from data of hopper.',
      );
      expect(() => checkDataset({ ...walker, environment: null }, 'hopper-medium')).toThrow(
        'small has rows of 17 observations and 6 actions; hopper-medium has 11 and 3.',
      );
      const { trajectories } = smallDataset();
      const timeouts = trajectories.timeouts.slice().fill(1);
      expect(() => checkDataset({ ...DATA, trajectories: { ...trajectories, timeouts } }, 'hopper-medium')).toThrow(
        'small has no transition to learn from.',
      );
    });

    it('a dataset’s body is recognised from many names', () => {
      expect(
        ['hopper', 'Hopper-v2', 'hopper-medium-v2', 'Walker2d-v5', 'door-v1', null].map(parseEnvironmentId),
      ).toEqual([...['hopper', 'hopper', 'hopper', 'walker2d', null, null]]);
    });
  },
  ['cpu'],
);
