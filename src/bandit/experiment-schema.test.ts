import { describe, expect, it } from 'vitest';
import { METHOD_IDS } from './methods.ts';
import { parseExperiment } from './repair-experiment.ts';
import { settingSchema } from '../experiment/field-rules.ts';
import { experimentSchema, validateExperiment } from './experiment-schema.ts';
import { defaultExperiment } from './experiment.ts';
import { presetSettings } from './presets.ts';
import { SETTING_FIELDS } from './settings.ts';
import { randomExperiment, SEEDS } from './testing.ts';

describe('the schema', () => {
  it('the schema accepts the default experiment and every preset', () => {
    expect(validateExperiment(defaultExperiment())).toEqual(defaultExperiment());
    for (const preset of ['paper', 'fast'] as const) {
      for (const method of METHOD_IDS) {
        for (const field of SETTING_FIELDS) {
          expect(settingSchema(field).safeParse(presetSettings(preset, method)[field.key]).success, field.key).toBe(
            true,
          );
        }
      }
    }
  });

  it('the schema has every setting of the table, and no other', () => {
    const settings = presetSettings('paper', 'diffusion-ql');
    expect(Object.keys(experimentSchema.shape.settings.shape).sort()).toEqual(Object.keys(settings).sort());
    expect(validateExperiment({ ...defaultExperiment(), settings }).settings).toEqual(settings);
  });

  it('the schema accepts random valid experiments, and nothing repairs them', () => {
    for (const seed of SEEDS) {
      const experiment = randomExperiment(seed);
      expect(validateExperiment(experiment)).toEqual(experiment);
      expect(parseExperiment(JSON.parse(JSON.stringify(experiment)))).toEqual({ experiment, repairs: [] });
    }
  });
});

describe('validateExperiment', () => {
  it('lists every problem of an experiment, with what would be valid', () => {
    const { race: _, ...rest } = defaultExperiment();
    const raw = {
      ...rest,
      version: 0,
      settings: { eta: 99, diffusionSteps: 2.5, timeWidth: 5, schedule: 'sqrt', normalizeQ: 1, zeta: 3 },
      methods: ['bcq', 'bc-mle'],
      seed: NaN,
      data: {
        placement: 'custom',
        modes: [{ x: 2, y: 0, sigma: 0.05, reward: 0 }],
        painted: [{ x: 0.00001, y: 0, reward: 0 }],
      },
    };
    expect(() => validateExperiment(raw)).toThrow(/^This is no right experiment\. /);
    const { message } = (() => {
      try {
        validateExperiment(raw);
      } catch (error) {
        return error as Error;
      }
      throw new Error('nothing was thrown');
    })();
    for (const problem of [
      'version: 0 is not 1',
      'settings.eta: 99 is not a number from 0 to 10',
      'settings.diffusionSteps: 2.5 is not a whole number from 1 to 100',
      'settings.timeWidth: 5 is not a multiple of 2 from 4 to 64',
      'settings.schedule: “sqrt” is not vp, linear or cosine',
      'settings.normalizeQ: 1 is not on or off',
      'settings.zeta: there is no such field',
      'methods: a list is not methods in this order',
      'seed: NaN is not a whole number from 0 to 4294967295',
      'race: nothing is not steps or seconds',
      'data.modes.0.x: 2 is not a number from -1 to 1',
      'data.painted.0: an object is not a point of the grid',
    ]) {
      expect(message).toContain(problem);
    }
  });

  it('a placement requires its own modes', () => {
    const raw = defaultExperiment();
    raw.data.modes[0]!.reward = 4;
    expect(() => validateExperiment(raw)).toThrow(/data\.modes: a list is not the modes of the placement/);
    raw.data.placement = 'custom';
    expect(validateExperiment(raw)).toEqual(raw);
  });

  it.each([null, undefined, 3, 'x', []])('%j is not an experiment', (raw) => {
    expect(() => validateExperiment(raw)).toThrow(/experiment: .* is not an object/);
  });
});
