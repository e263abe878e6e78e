import { describe, expect, it } from 'vitest';
import { meanOf } from '../math/statistics.ts';
import { defaultExperiment } from '../bandit/experiment.ts';
import { validateExperiment } from '../bandit/experiment-schema.ts';
import { SETTING_FIELDS } from '../bandit/settings.ts';
import {
  differences,
  locomotionSettings,
  presetLocomotion,
  validateLocomotion,
  type LocomotionExperiment,
} from './experiment.ts';
import { LOCOMOTION_METHOD_IDS, type LocomotionMethodId } from './methods.ts';
import { LOCOMOTION_PRESETS } from './presets.ts';
import { publishedScores } from './published.ts';
import { LOCOMOTION_FIELDS } from './settings.ts';
import { LOCOMOTION_TASK_IDS, LOCOMOTION_TASKS, type LocomotionTaskId } from './tasks.ts';

describe('a locomotion experiment', () => {
  it('every task, method and preset is a valid experiment with every setting', () => {
    for (const task of LOCOMOTION_TASK_IDS) {
      for (const method of LOCOMOTION_METHOD_IDS) {
        for (const preset of LOCOMOTION_PRESETS) {
          const experiment = presetLocomotion(task, method, preset);
          expect(validateLocomotion(JSON.parse(JSON.stringify(experiment)))).toEqual(experiment);
          const settings = locomotionSettings(experiment);
          for (const { key } of LOCOMOTION_FIELDS) expect(settings[key], key).toBeDefined();
          expect(validateLocomotion({ ...experiment, settings })).toEqual({ ...experiment, settings });
        }
      }
    }
  });

  it('paper presets have the published hyperparameters', () => {
    const experiment = presetLocomotion('hopper-medium-replay', 'diffusion-ql', 'paper');
    expect(experiment).toMatchObject({ budget: 2_000_000, evaluation: { every: 50_000, episodes: 10 } });
    expect(locomotionSettings(experiment)).toMatchObject({
      ...{
        hidden: 256,
        batchSize: 256,
        learningRate: 3e-4,
        criticLearningRate: 3e-4,
        diffusionSteps: 5,
        schedule: 'vp',
      },
      ...{ eta: 1, gradientClip: 4, discount: 0.99, tau: 0.005, emaDecay: 0.995, emaStart: 1000, emaEvery: 5 },
      ...{ normalizeStates: false, candidates: 50, candidateChoice: 'softmax', rewards: 'none', maxQBackup: false },
      ...{ critics: 2, criticNorm: 'none', pessimism: 'min' },
    });
    expect(LOCOMOTION_TASKS['hopper-medium-replay']).toMatchObject({
      environment: 'hopper',
      behaviour: 'medium-replay',
      d4rl: 'hopper-medium-replay-v2',
      published: { gradientClip: 4, topK: 2 },
    });
  });

  it.each([
    ['halfcheetah-medium', 9, 1],
    ['hopper-medium', 9, 2],
    ['walker2d-medium', 1, 1],
    ['halfcheetah-medium-replay', 2, 0],
    ['hopper-medium-replay', 4, 2],
    ['walker2d-medium-replay', 4, 1],
    ['halfcheetah-medium-expert', 7, 0],
    ['hopper-medium-expert', 5, 2],
    ['walker2d-medium-expert', 5, 1],
  ] as const)('the paper preset of %s has gn %d and top_k %d, and the common settings', (task, gradientClip, topK) => {
    const experiment = presetLocomotion(task, 'diffusion-ql', 'paper');
    expect(experiment.budget).toBe(2_000_000);
    expect(locomotionSettings(experiment)).toMatchObject({
      ...{ gradientClip, learningRate: 3e-4, eta: 1, maxQBackup: false, rewards: 'none', diffusionSteps: 5 },
      schedule: 'vp',
    });
    expect(LOCOMOTION_TASKS[task].published).toEqual({ gradientClip, topK });
    expect(LOCOMOTION_TASK_IDS).toHaveLength(9);
  });

  it('the small preset has tuned settings for its tasks, and none for other methods', () => {
    const small = (...[task, method]: [LocomotionTaskId, LocomotionMethodId]) => {
      const experiment = presetLocomotion(task, method, 'small');
      const { eta, discount, tau, criticNorm } = locomotionSettings(experiment);
      return { eta, discount, tau, criticNorm, budget: experiment.budget };
    };
    const shared = { eta: 0.1, discount: 0.997, tau: 0.05, criticNorm: 'none', budget: 12_000 };
    expect(small('hopper-medium-expert', 'diffusion-ql')).toEqual(shared);
    expect(small('halfcheetah-medium-replay', 'diffusion-ql')).toEqual(shared);
    const own = { eta: 1, discount: 0.99, criticNorm: 'layer' };
    expect(small('halfcheetah-medium-expert', 'diffusion-ql')).toEqual({ ...own, tau: 0.01, budget: 12_000 });
    expect(small('walker2d-medium-expert', 'diffusion-ql')).toEqual({ ...own, tau: 0.02, budget: 30_000 });
    expect(small('walker2d-medium-expert', 'iql')).toEqual({ ...shared, eta: 1, budget: 30_000 });
  });

  it('learning rates decay over the whole run by default', () => {
    const experiment = { ...presetLocomotion('hopper-medium', 'diffusion-ql', 'small'), budget: 123 };
    expect(locomotionSettings(experiment).decaySteps).toBe(123);
    expect(locomotionSettings({ ...experiment, settings: { decaySteps: 9 } }).decaySteps).toBe(9);
  });

  it('a wrong locomotion experiment is rejected field by field', () => {
    const right = presetLocomotion('hopper-medium', 'bc', 'small');
    const wrong = { ...right, task: 'ant-medium', seed: -1, settings: { hidden: 9999, colour: 'red' } };
    expect(() => validateLocomotion(wrong)).toThrow(
      /task: “ant-medium” is not halfcheetah-medium, .*settings.hidden: 9999 is not a whole number from 8 to 512.*settings.colour: there is no such field.*seed: -1 is not/,
    );
  });

  it('bandit and locomotion experiments reject each other', () => {
    expect(() => validateExperiment(presetLocomotion('hopper-medium', 'bc', 'small'))).toThrow('is not bandit');
    expect(() => validateLocomotion(defaultExperiment())).toThrow('task: “bandit” is not');
  });

  it('the fields in which two locomotion experiments differ are named', () => {
    const here = presetLocomotion('hopper-medium', 'diffusion-ql', 'paper');
    expect(differences(here, { ...here, budget: 7, evaluation: { every: 3, episodes: 1 } })).toEqual([]);
    const there: LocomotionExperiment = { ...here, seed: 4, settings: { eta: 2 } };
    expect(differences(there, here)).toEqual(['seed: 4 there, 0 here', 'eta: 2 there, 1 here']);
    // What a method does not read makes no difference.
    expect(differences({ ...here, settings: { expectile: 0.9 } }, here)).toEqual([]);
    const small = presetLocomotion('hopper-medium', 'diffusion-ql', 'small');
    expect(differences(small, { ...small, budget: 7 })).toEqual(['decay-steps: 12000 there, 7 here']);
    expect(differences({ ...here, task: 'hopper-medium-expert' }, here)).toEqual([
      'task: “hopper-medium-expert” there, “hopper-medium” here',
    ]);
  });
});

describe('the table of locomotion settings', () => {
  it('locomotion settings have unique names, and the bandit’s for common ones', () => {
    const names = LOCOMOTION_FIELDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const field of LOCOMOTION_FIELDS) {
      const same = SETTING_FIELDS.find(({ key }) => key === field.key);
      if (same) expect(field.name).toBe(same.name);
    }
  });
});

describe('the published scores', () => {
  it('published scores average to the published averages', () => {
    const quoted = [51.9, 75.3, 77.6, 77.0, 87.9, 76.3];
    const tasks = LOCOMOTION_TASK_IDS.map(publishedScores);
    quoted.forEach((average, i) => {
      expect(Math.abs(meanOf(tasks.map((scores) => scores[i]!.score)) - average)).toBeLessThan(0.12);
    });
    const scores = publishedScores('hopper-medium-expert');
    expect(scores).toContainEqual({ method: 'Diffusion-QL', score: 111.1, deviation: 1.3 });
    expect(scores).toContainEqual({ method: 'IQL', score: 91.5 });
  });
});
