import { describe, expect, it } from 'vitest';
import { METHOD_IDS } from '../algorithms/catalogue.ts';
import { MODE_BOUNDS, placementModes, snapPainted } from '../datasets/bandit.ts';
import { RandomStream } from '../math/streams.ts';
import {
  decodeExperiment,
  encodeExperiment,
  experimentSchema,
  parseExperiment,
  settingSchema,
  validateExperiment,
} from './experiment-schema.ts';
import { defaultExperiment, type Experiment } from './experiment.ts';
import { PRESET_BUDGET, presetSettings } from './presets.ts';
import { SETTING_FIELDS } from './settings.ts';

/** A right experiment with every field drawn at random. */
function randomExperiment(seed: number): Experiment {
  const stream = new RandomStream(seed, 'experiment');
  let drawn = 0;
  const uniform = () => stream.uniform(drawn++);
  const below = (bound: number) => Math.floor(uniform() * bound);
  const coin = () => uniform() < 0.5;
  const within = ({ min, max }: { min: number; max: number }) => min + (max - min) * uniform();

  const settings: Record<string, unknown> = {};
  for (const field of SETTING_FIELDS) {
    if (coin()) continue;
    if (field.type === 'flag') settings[field.key] = coin();
    else if (field.type === 'choice') settings[field.key] = field.options[below(field.options.length)]!.value;
    else if (field.type === 'number') settings[field.key] = within(field);
    else {
      const unit = field.multipleOf ?? 1;
      settings[field.key] = field.min + unit * below((field.max - field.min) / unit + 1);
    }
  }
  const preset = coin() ? 'paper' : 'fast';
  const placement = (['corners', 'diamond', 'custom'] as const)[below(3)]!;
  return {
    version: 1,
    task: 'bandit',
    data: {
      placement,
      modes:
        placement === 'custom'
          ? Array.from({ length: 1 + below(12) }, () => ({
              x: within(MODE_BOUNDS.x),
              y: within(MODE_BOUNDS.y),
              sigma: within(MODE_BOUNDS.sigma),
              reward: within(MODE_BOUNDS.reward),
            }))
          : placementModes(placement),
      painted: coin()
        ? []
        : Array.from({ length: below(30) }, () =>
            snapPainted({ x: within(MODE_BOUNDS.x), y: within(MODE_BOUNDS.y), reward: within(MODE_BOUNDS.reward) }),
          ),
    },
    methods: METHOD_IDS.filter(coin),
    preset,
    settings: settings,
    seed: below(2 ** 32),
    budget: coin() ? PRESET_BUDGET[preset] : 1 + below(1_000_000),
    race: coin() ? 'steps' : 'seconds',
  };
}

const decoded = (query: string) => decodeExperiment(new URLSearchParams(query));
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

describe('the schema', () => {
  it('takes the default experiment and every preset', () => {
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

  it('knows every setting of the table, and no other', () => {
    const settings = presetSettings('paper', 'diffusion-ql');
    expect(Object.keys(experimentSchema.shape.settings.shape).sort()).toEqual(Object.keys(settings).sort());
    expect(validateExperiment({ ...defaultExperiment(), settings }).settings).toEqual(settings);
  });

  it('takes random right experiments, which nothing mends', () => {
    for (const seed of SEEDS) {
      const experiment = randomExperiment(seed);
      expect(validateExperiment(experiment)).toEqual(experiment);
      expect(parseExperiment(JSON.parse(JSON.stringify(experiment)))).toEqual({ experiment, mended: [] });
    }
  });
});

describe('validateExperiment', () => {
  it('lists every problem, with what would be right', () => {
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

  it('wants the modes of the placement', () => {
    const raw = defaultExperiment();
    raw.data.modes[0]!.reward = 4;
    expect(() => validateExperiment(raw)).toThrow(/data\.modes: a list is not the modes of the placement/);
    raw.data.placement = 'custom';
    expect(validateExperiment(raw)).toEqual(raw);
  });

  it.each([null, undefined, 3, 'x', []])('refuses %j', (raw) => {
    expect(() => validateExperiment(raw)).toThrow(/experiment: .* is not an object/);
  });
});

describe('parseExperiment', () => {
  it('takes defaults for what is missing, silently', () => {
    expect(parseExperiment({})).toEqual({ experiment: defaultExperiment(), mended: [] });
    expect(parseExperiment(undefined)).toEqual({ experiment: defaultExperiment(), mended: [] });
    expect(parseExperiment({ preset: 'paper' }).experiment.budget).toBe(PRESET_BUDGET.paper);
  });

  it('mends each wrong field, names it, and keeps the rest', () => {
    const { experiment, mended } = parseExperiment({
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
    expect(mended).toEqual([
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

  it('mends data', () => {
    const custom = (modes: unknown, painted: unknown = []) =>
      parseExperiment({ data: { placement: 'custom', modes, painted } });
    const clamped = custom([{ x: 3, y: 0.5, sigma: 0, reward: 1 }, 7, { x: 0, y: NaN, sigma: 0.1 }]);
    expect(clamped.experiment.data.modes).toEqual([
      { x: 1, y: 0.5, sigma: 0.01, reward: 1 },
      { x: 0, y: 0, sigma: 0.1, reward: 0 },
    ]);
    expect(clamped.mended).toEqual([
      'modes, number 1, x: 3 is not a number from -1 to 1; it is now 1.',
      'modes, number 1, sigma: 0 is not a number from 0.01 to 0.5; it is now 0.01.',
      'modes: number 2, 7, is not x,y,sigma,reward; it is left out.',
      'modes, number 3, y: NaN is not a number from -1 to 1; it is now 0.',
      'modes, number 3, reward: null is not a number from -10 to 10; it is now 0.',
    ]);
    const mode = { x: 0, y: 0, sigma: 0.1, reward: 0 };
    expect(custom(Array.from({ length: 13 }, () => mode)).experiment.data.modes.length).toBe(12);
    expect(custom([]).experiment.data).toEqual(defaultExperiment().data);
    expect(custom([]).mended.length).toBe(2);
    const painted = custom([mode], [{ x: 0.1, y: 0.00012, reward: 30 }, { x: 1 }, { x: 0.5, y: 0.5, reward: 1 }]);
    expect(painted.experiment.data.painted).toEqual([
      { x: 0.1, y: 0, reward: 10 },
      { x: 0.5, y: 0.5, reward: 1 },
    ]);
    expect(painted.mended).toEqual([
      'painted: 1 points are not x, y and reward; they are left out.',
      'painted: 1 points lie off the grid that painting snaps to; they are moved onto it.',
    ]);
    const many = custom(
      [mode],
      Array.from({ length: 2001 }, () => ({ x: 0, y: 0, reward: 0 })),
    );
    expect(many.experiment.data.painted.length).toBe(2000);
    expect(many.mended.length).toBe(1);
  });

  it('calls modes that are not those of the placement custom', () => {
    const modes = placementModes('diamond').slice(0, 2);
    const { experiment, mended } = parseExperiment({ data: { placement: 'diamond', modes } });
    expect(experiment.data).toEqual({ placement: 'custom', modes, painted: [] });
    expect(mended).toEqual(['data: the modes are not those of diamond; it is now custom.']);
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
  ])('makes a right experiment of %j, and says so', (raw) => {
    const { experiment, mended } = parseExperiment(raw);
    expect(validateExperiment(experiment)).toEqual(defaultExperiment());
    expect(mended.length).toBe(1);
  });

  it('makes a right experiment of anything', () => {
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

describe('an experiment in a link', () => {
  it('is empty for the default, and short and readable for others', () => {
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

  it('writes modes and methods as lists', () => {
    const experiment = defaultExperiment();
    experiment.data = { placement: 'custom', modes: [{ x: 0.5, y: -0.25, sigma: 0.1, reward: 2 }], painted: [] };
    experiment.methods = ['bc-mle', 'diffusion-ql'];
    expect(decodeURIComponent(encodeExperiment(experiment).toString())).toBe(
      'modes=0.5,-0.25,0.1,2&methods=bc-mle,diffusion-ql',
    );
  });

  it('comes back exactly, whatever it is', () => {
    for (const seed of SEEDS) {
      const experiment = randomExperiment(seed);
      const text = encodeExperiment(experiment).toString();
      expect(decoded(text), text).toEqual({ experiment, mended: [] });
    }
  });

  it('keeps modes that happen to be those of a placement custom', () => {
    const experiment = defaultExperiment();
    experiment.data.placement = 'custom';
    expect(decoded(encodeExperiment(experiment).toString()).experiment).toEqual(experiment);
  });

  it('reports unknown fields, except those of somebody else', () => {
    const params = new URLSearchParams('theme=dark&zeta=3&seed=4');
    expect(decodeExperiment(params, ['theme'])).toEqual({
      experiment: { ...defaultExperiment(), seed: 4 },
      mended: ['zeta: there is no such field; it is left out.'],
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
  ])('mends %s', (query, message) => {
    const { experiment, mended } = decoded(query);
    expect(mended).toEqual([message instanceof RegExp ? expect.stringMatching(message) : message]);
    expect(validateExperiment(experiment)).toEqual(experiment);
  });

  it('mends a list of modes', () => {
    const { experiment, mended } = decoded('modes=0,0,0.1,1;0,1;;0.5,0.5,0.1,high');
    expect(experiment.data.modes).toEqual([
      { x: 0, y: 0, sigma: 0.1, reward: 1 },
      { x: 0.5, y: 0.5, sigma: 0.1, reward: 0 },
    ]);
    expect(mended).toEqual([
      'modes: “0,1” is not x,y,sigma,reward; it is left out.',
      'modes, number 2, reward: “high” is not a number from -10 to 10; it is now 0.',
    ]);
  });

  it('takes other spellings of a flag', () => {
    for (const text of ['off', 'false', '0'])
      expect(decoded(`normalize-q=${text}`).experiment.settings.normalizeQ).toBe(false);
    for (const text of ['on', 'true', '1'])
      expect(decoded(`normalize-q=${text}`).experiment.settings.normalizeQ).toBe(true);
  });
});
