import { describe, expect, it } from 'vitest';
import { defaultExperiment, type Experiment } from '../bandit/experiment.ts';
import { SETTING_FIELDS } from '../bandit/settings.ts';
import { presetLocomotion } from '../locomotion/experiment.ts';
import { LOCOMOTION_FIELDS } from '../locomotion/settings.ts';
import { DEFAULT_LOCOMOTION } from './locomotion/locomotion-store.ts';
import { linkAddress, linkParams, readLink, writeLink } from './link.ts';
import { DEFAULT_VIEW, VIEW_FIELDS, VIEW_KEYS, VIEW_NAMES, type View } from './shared/view.ts';

const OTHER_VIEW: View = {
  seeds: 5,
  page: 'datasets',
  body: 'walker2d',
  policy: 'expert-3',
  bodyCandidates: 'argmax',
  physics: 'native',
  bodySeed: 4_294_967_295,
  stage: '2d',
  dataset: 'fetched-0123abc',
  run: 'run-0123abc',
  solo: 'diffusion-ql',
  theme: 'dark',
  axis: 'seconds',
  quantity: 'mmd2',
  snapshotStep: 1200,
  denoise: 0.25,
  speed: 20,
  engine: 'wasm',
  hide: ['setup', 'export'],
  tables: true,
  test: true,
};

function read(fragment: string) {
  return readLink(linkParams('', `#${fragment}`));
}

describe('the link', () => {
  it('is empty for the experiment and the view of a first visit', () => {
    expect(writeLink(defaultExperiment(), DEFAULT_VIEW)).toBe('');
    expect(read('')).toEqual({ experiment: defaultExperiment(), locomotion: null, view: DEFAULT_VIEW, repairs: [] });
  });

  it('brings back every field of the view', () => {
    for (const key of VIEW_KEYS) expect(OTHER_VIEW[key]).not.toEqual(DEFAULT_VIEW[key]);
    const link = read(writeLink(defaultExperiment(), OTHER_VIEW));
    expect(link.view).toEqual(OTHER_VIEW);
    expect(link.repairs).toEqual([]);
  });

  it('brings back the experiment beside it', () => {
    const experiment: Experiment = {
      ...defaultExperiment(),
      seed: 7,
      race: 'seconds',
      methods: ['bc-diffusion', 'diffusion-ql'],
      settings: { eta: 0.5, diffusionSteps: 7, sampler: 'ddim', normalizeQ: false },
    };
    const link = read(writeLink(experiment, OTHER_VIEW));
    expect(link.experiment).toEqual(experiment);
    expect(link.repairs).toEqual([]);
  });

  it('holds the experiment of locomotion on its page, and the bandit’s on the others', () => {
    const view: View = { ...OTHER_VIEW, page: 'locomotion' };
    const locomotion = {
      ...presetLocomotion('walker2d-medium', 'iql', 'paper'),
      seed: 3,
      settings: { expectile: 0.9, hidden: 32 },
    };
    const link = read(writeLink(defaultExperiment(), view, locomotion));
    expect(link).toEqual({ experiment: defaultExperiment(), locomotion, view, repairs: [] });
    expect(read('page=locomotion').locomotion).toEqual(DEFAULT_LOCOMOTION);
    expect(read('task=hopper-medium&algorithm=bc')).toMatchObject({
      view: { page: 'locomotion' },
      locomotion: { task: 'hopper-medium', method: 'bc', preset: 'small' },
      repairs: [],
    });
    expect(read('page=locomotion&seed=-1&race=steps').repairs).toHaveLength(2);
  });

  it('names no view field as a setting is named', () => {
    const settings = [...SETTING_FIELDS, ...LOCOMOTION_FIELDS].map((field) => field.name);
    expect(VIEW_NAMES.filter((name) => settings.includes(name))).toEqual([]);
    expect(new Set(VIEW_NAMES).size).toBe(VIEW_NAMES.length);
  });

  it('mends what is wrong, and says which field and what would be right', () => {
    const link = read('theme=pink&speed=-3&denoise=NaN&moment=1.5&hide=eta,walls&engine=abacus&show=sarsa&test=yes');
    expect(link.view).toEqual(DEFAULT_VIEW);
    expect(link.repairs).toHaveLength(8);
    for (const key of ['theme', 'speed', 'denoise', 'snapshotStep', 'hide', 'engine', 'solo', 'test'] as const) {
      const line = link.repairs.find((text) => text.startsWith(`${VIEW_FIELDS[key].name}:`));
      expect(line).toContain(VIEW_FIELDS[key].expected);
    }
  });

  it('cuts a long wrong value short', () => {
    expect(read(`theme=${'x'.repeat(5000)}`).repairs[0]!.length).toBeLessThan(140);
  });

  it('takes fields from the query, where the fragment wins', () => {
    const { view } = readLink(linkParams('?theme=dark&axis=seconds', '#theme=light'));
    expect(view.theme).toBe('light');
    expect(view.axis).toBe('seconds');
  });

  it('makes an address without an empty fragment', () => {
    const place = { origin: 'https://example.org', pathname: '/play/' };
    expect(linkAddress(place, '')).toBe('https://example.org/play/');
    expect(linkAddress(place, 'seed=7')).toBe('https://example.org/play/#seed=7');
  });
});
