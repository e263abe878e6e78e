import { describe, expect, it } from 'vitest';
import { placementModes } from '../datasets/bandit.ts';
import { RandomStream } from '../math/streams.ts';
import { parseExperiment } from './repair-experiment.ts';
import { validateExperiment } from './experiment-schema.ts';
import { defaultExperiment } from './experiment.ts';
import { PRESET_BUDGET } from './presets.ts';
import { randomExperiment, SEEDS } from './testing.ts';

describe('parseExperiment', () => {
  it('missing fields get defaults without notice', () => {
    expect(parseExperiment({})).toEqual({ experiment: defaultExperiment(), repairs: [] });
    expect(parseExperiment(undefined)).toEqual({ experiment: defaultExperiment(), repairs: [] });
    expect(parseExperiment({ preset: 'paper' }).experiment.budget).toBe(PRESET_BUDGET.paper);
  });

  it('invalid fields are repaired and named, and the rest is kept', () => {
    const { experiment, repairs } = parseExperiment({
      version: 7,
      seed: 5,
      preset: 'slow',
      budget: Infinity,
      race: 3,
      colour: 'red',
      methods: ['diffusion-ql', 'gail', 'bc-mle', 'bc-mle'],
      settings: {
        eta: -1,
        hidden: 64,
        diffusionSteps: 7.4,
        timeWidth: 7,
        batchSize: '9',
        schedule: 'x',
        normalizeQ: 0,
        foo: 1,
      },
    });
    expect(experiment).toEqual({
      ...defaultExperiment(),
      seed: 5,
      budget: 1_000_000,
      methods: ['bc-mle', 'diffusion-ql'],
      settings: { hidden: 64, diffusionSteps: 7, timeWidth: 8, eta: 0 },
    });
    expect(repairs).toEqual([
      'colour: there is no such field; it is left out.',
      'version: 7 is not 1; it is now read as 1.',
      'preset: “slow” is not paper or fast; it is now fast.',
      expect.stringMatching(/^methods: there is no “gail” \(there are .*\); the others are kept\.$/),
      'foo: there is no such field; it is left out.',
      "batch: “9” is not a whole number from 1 to 1024; it is now the preset's.",
      'T: 7.4 is not a whole number from 1 to 100; it is now 7.',
      "schedule: “x” is not vp, linear or cosine; it is now the preset's.",
      'time-width: 7 is not a multiple of 2 from 4 to 64; it is now 8.',
      'eta: -1 is not a number from 0 to 10; it is now 0.',
      "normalize-q: 0 is not on or off; it is now the preset's.",
      'steps: Infinity is not a whole number from 0 to 1000000; it is now 1000000.',
      'race: 3 is not steps or seconds; it is now steps.',
    ]);
  });

  it('invalid data are repaired', () => {
    const custom = (modes: unknown, painted: unknown = []) =>
      parseExperiment({ data: { placement: 'custom', modes, painted } });
    const clamped = custom([{ x: 3, y: 0.5, sigma: 0, reward: 1 }, 7, { x: 0, y: NaN, sigma: 0.1 }]);
    expect(clamped.experiment.data.modes).toEqual([
      { x: 1, y: 0.5, sigma: 0.01, reward: 1 },
      { x: 0, y: 0, sigma: 0.1, reward: 0 },
    ]);
    expect(clamped.repairs).toEqual([
      'modes, number 1, x: 3 is not a number from -1 to 1; it is now 1.',
      'modes, number 1, sigma: 0 is not a number from 0.01 to 0.5; it is now 0.01.',
      'modes: number 2, 7, is not x,y,sigma,reward; it is left out.',
      'modes, number 3, y: NaN is not a number from -1 to 1; it is now 0.',
      'modes, number 3, reward: null is not a number from -10 to 10; it is now 0.',
    ]);
    const mode = { x: 0, y: 0, sigma: 0.1, reward: 0 };
    expect(custom(Array.from({ length: 13 }, () => mode)).experiment.data.modes.length).toBe(12);
    expect(custom([]).experiment.data).toEqual(defaultExperiment().data);
    expect(custom([]).repairs.length).toBe(2);
    const painted = custom([mode], [{ x: 0.1, y: 0.00012, reward: 30 }, { x: 1 }, { x: 0.5, y: 0.5, reward: 1 }]);
    expect(painted.experiment.data.painted).toEqual([
      { x: 0.1, y: 0, reward: 10 },
      { x: 0.5, y: 0.5, reward: 1 },
    ]);
    expect(painted.repairs).toEqual([
      'painted: 1 points are not x, y and reward; they are left out.',
      'painted: 1 points lie off the grid that painting snaps to; they are moved onto it.',
    ]);
    const many = custom(
      [mode],
      Array.from({ length: 2001 }, () => ({ x: 0, y: 0, reward: 0 })),
    );
    expect(many.experiment.data.painted.length).toBe(2000);
    expect(many.repairs.length).toBe(1);
  });

  it('modes that differ from the placement make it custom', () => {
    const modes = placementModes('diamond').slice(0, 2);
    const { experiment, repairs } = parseExperiment({ data: { placement: 'diamond', modes } });
    expect(experiment.data).toEqual({ placement: 'custom', modes, painted: [] });
    expect(repairs).toEqual(['data: the modes are not those of diamond; it is now custom.']);
  });

  it.each([
    null,
    3,
    'x',
    [],
    { data: null },
    { data: 3 },
    { settings: [] },
    { methods: 'x' },
    { methods: ['x'] },
    { data: { modes: 'x' } },
  ])('%j is read as a valid experiment, with notice', (raw) => {
    const { experiment, repairs } = parseExperiment(raw);
    expect(validateExperiment(experiment)).toEqual(defaultExperiment());
    expect(repairs.length).toBe(1);
  });

  it('any value is read as a valid experiment', () => {
    const junk: unknown[] = [
      NaN,
      -1,
      1e9,
      0.5,
      '',
      'x',
      '7',
      true,
      null,
      [],
      {},
      [NaN],
      { x: 'y' },
      Infinity,
      () => 0,
      Symbol('s'),
      3n,
    ];
    for (const seed of SEEDS) {
      const stream = new RandomStream(seed, 'junk');
      let drawn = 0;
      const spoil = (value: unknown): unknown => {
        const draw = stream.uniform(drawn++);
        if (draw < 0.25) return junk[Math.floor(draw * 4 * junk.length)];
        if (Array.isArray(value)) return value.map(spoil);
        if (typeof value !== 'object' || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, spoil(field)]));
      };
      const { experiment } = parseExperiment(spoil(randomExperiment(seed)));
      expect(validateExperiment(experiment)).toEqual(experiment);
    }
  });
});
