import { describe, expect, it } from 'vitest';
import { placementModes } from '../datasets/bandit.ts';
import { decodeExperiment, encodeExperiment } from './link.ts';
import { validateExperiment } from './experiment-schema.ts';
import { defaultExperiment } from './experiment.ts';
import { PRESET_BUDGET } from './presets.ts';
import { randomExperiment, SEEDS } from './testing.ts';

const decoded = (query: string) => decodeExperiment(new URLSearchParams(query));

describe('an experiment in a link', () => {
  it('the link is empty for the default experiment, and short and readable for others', () => {
    const experiment = defaultExperiment();
    expect(encodeExperiment(experiment).toString()).toBe('');
    experiment.preset = 'paper';
    experiment.budget = PRESET_BUDGET.paper;
    experiment.seed = 3;
    experiment.settings = { eta: 1, normalizeQ: false, learningRate: 1e-7 };
    experiment.data = { placement: 'diamond', modes: placementModes('diamond'), painted: [] };
    expect(encodeExperiment(experiment).toString()).toBe(
      'preset=paper&seed=3&data=diamond&lr=1e-7&eta=1&normalize-q=off',
    );
  });

  it('the link writes modes and methods as lists', () => {
    const experiment = defaultExperiment();
    experiment.data = { placement: 'custom', modes: [{ x: 0.5, y: -0.25, sigma: 0.1, reward: 2 }], painted: [] };
    experiment.methods = ['bc-mle', 'diffusion-ql'];
    expect(decodeURIComponent(encodeExperiment(experiment).toString())).toBe(
      'modes=0.5,-0.25,0.1,2&methods=bc-mle,diffusion-ql',
    );
  });

  it('a link restores every experiment exactly', () => {
    for (const seed of SEEDS) {
      const experiment = randomExperiment(seed);
      const text = encodeExperiment(experiment).toString();
      expect(decoded(text), text).toEqual({ experiment, repairs: [] });
    }
  });

  it('a link keeps custom modes that equal those of a placement', () => {
    const experiment = defaultExperiment();
    experiment.data.placement = 'custom';
    expect(decoded(encodeExperiment(experiment).toString()).experiment).toEqual(experiment);
  });

  it('a link reports unknown fields, except ignored ones', () => {
    const params = new URLSearchParams('theme=dark&zeta=3&seed=4');
    expect(decodeExperiment(params, ['theme'])).toEqual({
      experiment: { ...defaultExperiment(), seed: 4 },
      repairs: ['zeta: there is no such field; it is left out.'],
    });
  });

  it.each([
    ['eta=NaN', "eta: “NaN” is not a number from 0 to 10; it is now the preset's."],
    ['eta=1e999', 'eta: Infinity is not a number from 0 to 10; it is now 10.'],
    ['eta=', "eta: “” is not a number from 0 to 10; it is now the preset's."],
    ['T=0x10', "T: “0x10” is not a whole number from 1 to 100; it is now the preset's."],
    ['normalize-q=maybe', "normalize-q: “maybe” is not on or off; it is now the preset's."],
    ['seed=-1', 'seed: -1 is not a whole number from 0 to 4294967295; it is now 0.'],
    ['v=0', 'version: 0 is not 1; it is now read as 1.'],
    ['data=custom', 'data: custom comes with modes, and there are none; it is now corners.'],
    ['painted=1abc', /^painted: The painted points can't be read: .*characters.* There are now none\.$/],
    ['preset=fast&preset=paper', 'preset: it is given more than once; the first is taken.'],
    ['__proto__=1', '__proto__: there is no such field; it is left out.'],
  ])('the field %s of a link is repaired', (query, message) => {
    const { experiment, repairs } = decoded(query);
    expect(repairs).toEqual([message instanceof RegExp ? expect.stringMatching(message) : message]);
    expect(validateExperiment(experiment)).toEqual(experiment);
  });

  it('a list of modes in a link is repaired', () => {
    const { experiment, repairs } = decoded('modes=0,0,0.1,1;0,1;;0.5,0.5,0.1,high');
    expect(experiment.data.modes).toEqual([
      { x: 0, y: 0, sigma: 0.1, reward: 1 },
      { x: 0.5, y: 0.5, sigma: 0.1, reward: 0 },
    ]);
    expect(repairs).toEqual([
      'modes: “0,1” is not x,y,sigma,reward; it is left out.',
      'modes, number 2, reward: “high” is not a number from -10 to 10; it is now 0.',
    ]);
  });

  it('a link accepts other spellings of a flag', () => {
    for (const text of ['off', 'false', '0'])
      expect(decoded(`normalize-q=${text}`).experiment.settings.normalizeQ).toBe(false);
    for (const text of ['on', 'true', '1'])
      expect(decoded(`normalize-q=${text}`).experiment.settings.normalizeQ).toBe(true);
  });
});
