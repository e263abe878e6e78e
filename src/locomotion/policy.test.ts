import { concat, minimum, reshape, tensor1d, tensor2d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { Diffuser, networkActor, type DiffusionPolicy } from '../environments/rollouts/network-policy.ts';
import { RandomStream } from '../math/streams.ts';
import type { Denoiser } from '../networks/denoiser.ts';
import type { CriticEnsemble } from '../networks/critic-ensemble.ts';
import { DiffusionProcess } from '../diffusion/process.ts';
import { sampleActions } from '../diffusion/samplers.ts';
import type { Draws } from '../tensor/draws.ts';
import { describeOnBackends } from '../tensor/testing.ts';
import { decodeCheckpoint } from './checkpoint-file.ts';
import { encodeCheckpoint } from './checkpoint.ts';
import { policyOf } from './policy.ts';
import { smallDataset, smallExperiment } from './testing.ts';
import { LocomotionTrainer } from './trainer.ts';

const DATA = smallDataset();
const STATE = DATA.trajectories.observations.slice(0, 11);

describeOnBackends(
  'a policy in plain code',
  () => {
    it.each(['ancestral', 'ddim'] as const)(
      'a diffusion policy draws the same candidates and Q as the tensors, %s',
      async (sampler) => {
        const candidates = 6;
        const settings = { sampler, diffusionSteps: 5, ddimSteps: 3, hidden: 32, timeWidth: 16 } as const;
        const run = new LocomotionTrainer(smallExperiment('diffusion-ql', settings), DATA);
        await run.train(20);
        const policy = (await run.policy({ candidates })) as DiffusionPolicy;
        const steps = policy.plan.length;
        expect(steps).toBe(sampler === 'ddim' ? 3 : 5);
        const noise = new Float32Array((5 + 1) * candidates * 3);
        new RandomStream(8, 'noise').fillNormal(noise, 0);
        const { mean, deviation } = policy.normalisation!;
        const seen = STATE.map((value, i) => (value - mean[i]!) / deviation[i]!);

        const diffuser = new Diffuser(policy, 'hopper', 0);
        const actions = diffuser.draw(seen, noise);
        const q = diffuser.judge(seen, actions);

        const process = new DiffusionProcess('vp', 5);
        const given: Pick<Draws, 'normal'> = {
          normal: (_name, shape) => reshape(tensor1d(noise), [...shape]),
        };
        const { actor, critic_target: critic } = run.algorithm.networks as unknown as {
          actor: Denoiser;
          critic_target: CriticEnsemble;
        };
        const [expected, expectedQ] = tidy(() => {
          const states: Tensor2D = concat(Array.from({ length: candidates }, () => tensor2d(seen, [1, 11])));
          const options = { sampler, ddimSteps: 3 };
          const drawn = sampleActions(process, actor, states, given as Draws, 'noise', options);
          return [drawn, minimum(...critic.both(states, drawn))] as [Tensor, Tensor];
        });
        near(actions, (await expected.data()) as Float32Array);
        near(q, (await expectedQ.data()) as Float32Array);
        run.dispose();
      },
    );

    it.each([
      { criticNorm: 'layer' },
      { critics: 4, pessimism: 'lcb', lcbBeta: 2 },
      { critics: 3, criticNorm: 'layer' },
    ] as const)('a diffusion policy’s Q is that of its critics $critics $criticNorm $pessimism', async (options) => {
      const candidates = 5;
      const run = new LocomotionTrainer(smallExperiment('diffusion-ql', { hidden: 32, ...options }), DATA);
      await run.train(20);
      const policy = (await run.policy({ candidates })) as DiffusionPolicy;
      const actions = new Float32Array(candidates * 3);
      new RandomStream(9, 'actions').fillUniform(actions, 0);
      const q = new Diffuser(policy, 'hopper', 0).judge(STATE, actions);
      const critic = run.algorithm.networks['critic_target'] as CriticEnsemble;
      const { pessimism, lcbBeta } = run.settings;
      const expected = tidy(() => {
        const states: Tensor2D = concat(Array.from({ length: candidates }, () => tensor2d(STATE, [1, 11])));
        return critic.pessimistic(states, tensor2d(actions, [candidates, 3]), { kind: pessimism, beta: lcbBeta });
      });
      near(q, (await expected.data()) as Float32Array);
      expect(Math.max(...q) - Math.min(...q)).toBeGreaterThan(1e-4);
      run.dispose();
    });

    it.each(['bc', 'td3-bc', 'iql'] as const)('a policy of %s acts as its tensors do', async (method) => {
      const run = new LocomotionTrainer(smallExperiment(method, { normalizeStates: false }), DATA);
      await run.train(10);
      const act = networkActor(await run.policy({ candidates: 1 }), 'hopper', 0);
      const action = new Float64Array(3);
      act(Float64Array.from(STATE), 0, 0, action);
      const expected = run.algorithm.sample(tensor2d(STATE, [1, 11]), null as never);
      near(action, (await expected.data()) as Float32Array);
      run.dispose();
    });

    it('a policy read from its file acts as when written, with its live settings', async () => {
      const run = new LocomotionTrainer(smallExperiment('diffusion-ql', { diffusionSteps: 5 }), DATA);
      await run.train(10);
      const plain = await run.policy({ candidates: 4 });
      run.configure({ sampleWith: 'ema', sampler: 'ddim', ddimSteps: 2, candidateChoice: 'argmax' });
      const changed = await run.policy({ candidates: 4 });
      expect(changed).not.toEqual(plain);
      const file = decodeCheckpoint(await encodeCheckpoint(run, { policyOnly: true }));
      expect(policyOf(file, { candidates: 4 })).toEqual(changed);
      // A full checkpoint has the experiment it resumes.
      expect(decodeCheckpoint(await encodeCheckpoint(run)).experiment).toEqual(run.experiment);
      run.dispose();
    });

    it('a diffusion policy acts by argmax or softmax of Q', async () => {
      const run = new LocomotionTrainer(smallExperiment('diffusion-ql', { candidateChoice: 'argmax' }), DATA);
      await run.train(20);
      const policy = (await run.policy({ candidates: 9 })) as DiffusionPolicy;
      const action = new Float64Array(3);
      networkActor(policy, 'hopper', 4)(Float64Array.from(STATE), 2, 1, action);

      const noise = new Float32Array((policy.plan.length + 1) * 9 * 3);
      new RandomStream(4, 'policy/denoising').fillNormal(noise, 2, 1);
      const { mean, deviation } = policy.normalisation!;
      const seen = STATE.map((value, i) => (value - mean[i]!) / deviation[i]!);
      const diffuser = new Diffuser(policy, 'hopper', 4);
      const drawn = diffuser.draw(seen, noise);
      const q = diffuser.judge(seen, drawn);
      const best = q.indexOf(Math.max(...q));
      expect([...action]).toEqual([...drawn.subarray(3 * best, 3 * best + 3)]);

      // Critics whose Q is 100 times the first action: the softmax is as good as the best.
      const sizes = [14, 1];
      const params = new Float32Array(15);
      params[11] = 100;
      const steep = { sizes, activation: 'relu', params } as const;
      networkActor({ ...policy, choice: 'softmax', critics: [steep, steep] }, 'hopper', 4)(
        Float64Array.from(STATE),
        2,
        1,
        action,
      );
      const firsts = Array.from({ length: 9 }, (_, i) => drawn[3 * i]!);
      expect(action[0]).toBeGreaterThan(Math.max(...firsts) - 0.1);
      run.dispose();
    });

    it('a policy that does not fit the body is rejected', async () => {
      const run = new LocomotionTrainer(smallExperiment('diffusion-ql'), DATA);
      const policy = (await run.policy({ candidates: 1 })) as DiffusionPolicy;
      expect(() => networkActor(policy, 'walker2d', 0)).toThrow(
        'The denoiser of a policy of walker2d goes from 27 to 6 numbers; this one from 18 to 3.',
      );
      expect(() => networkActor({ ...policy, candidates: 2 }, 'hopper', 0)).toThrow('needs a policy with critics');
      run.dispose();
    });
  },
  ['cpu', 'wasm'],
);

function near(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(found[i]! - expected[i]!), String(i)).toBeLessThan(1e-5);
}
