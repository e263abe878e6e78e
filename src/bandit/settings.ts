/**
 * The table of settings. Form, link, command line and schema are made from it: a setting added here appears in each of
 * them. Which methods read a setting is said by the methods (methods.ts).
 */
import { fieldsOf, type PublishedSpec, type SettingField, type SettingsOf } from '../experiment/setting-field.ts';
import { SHARED_SETTINGS as shared } from '../experiment/shared-settings.ts';

/** `paper` is the published value (Wang et al., 2023, §4 and the authors' code). */
export const SETTINGS = {
  hidden: { ...shared.hidden, paper: 128 },
  batchSize: { ...shared.batchSize, paper: 100 },
  learningRate: { ...shared.learningRate, paper: 3e-4 },
  criticLearningRate: { ...shared.criticLearningRate, paper: 3e-4 },
  decay: { ...shared.decay, paper: 'none' },
  decaySteps: { ...shared.decaySteps, paper: 100_000 },
  criticDecaySteps: {
    name: 'critic-decay-steps',
    label: 'Critic decay over',
    help: "Gradient steps after which the critic's decayed rate reaches 0: a landscape at rest before the policy settles.",
    group: 'optimisation',
    live: false,
    type: 'integer',
    min: 1,
    max: 1_000_000,
    step: 500,
    paper: 100_000,
  },
  gradientClip: { ...shared.gradientClip, paper: 0 },
  diffusionSteps: { ...shared.diffusionSteps, paper: 50 },
  schedule: { ...shared.schedule, paper: 'vp' },
  timeWidth: { ...shared.timeWidth, paper: 4 },
  sampler: { ...shared.sampler, paper: 'ancestral' },
  ddimSteps: { ...shared.ddimSteps, paper: 10 },
  emaDecay: { ...shared.emaDecay, paper: 0.995 },
  emaStart: { ...shared.emaStart, paper: 1000 },
  emaEvery: { ...shared.emaEvery, paper: 5 },
  sampleWith: { ...shared.sampleWith, paper: 'raw' },
  eta: { ...shared.eta, paper: 2.5 },
  normalizeQ: { ...shared.normalizeQ, paper: true },
  gradientSteps: { ...shared.gradientSteps, paper: 0 },
  candidates: { ...shared.candidates, paper: 1 },
  candidateChoice: { ...shared.candidateChoice, paper: 'softmax' },
  mixtureComponents: {
    name: 'components',
    label: 'Mixture components',
    help: 'Gaussians in the mixture density network.',
    group: 'baselines',
    live: false,
    type: 'integer',
    min: 1,
    max: 16,
    step: 1,
    paper: 4,
  },
  perturbation: {
    name: 'phi',
    label: 'BCQ perturbation Φ',
    help: 'The farthest that BCQ may move a decoded action, as a share of the square.',
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0,
    max: 1,
    step: 0.01,
    paper: 0.05,
  },
  bcqCandidates: {
    name: 'bcq-candidates',
    label: 'BCQ candidates',
    help: 'Decoded actions among which BCQ takes the best by Q; 1 shows the perturbed samples alone.',
    group: 'baselines',
    live: true,
    type: 'integer',
    min: 1,
    max: 50,
    step: 1,
    paper: 10,
  },
  mmdSigma: {
    name: 'mmd-sigma',
    label: 'MMD kernel σ',
    help: 'Width of the Laplacian kernel that compares actor and data.',
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0.1,
    max: 100,
    step: 0.5,
    paper: 20,
  },
  mmdSamples: {
    name: 'mmd-samples',
    label: 'MMD samples',
    help: 'Actions drawn for each state on either side of the MMD.',
    group: 'baselines',
    live: false,
    type: 'integer',
    min: 2,
    max: 32,
    step: 1,
    paper: 10,
  },
  bearThreshold: {
    name: 'bear-threshold',
    label: 'BEAR threshold',
    help: 'The MMD that BEAR allows before its Lagrange multiplier pulls the actor back.',
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0,
    max: 10,
    step: 0.01,
    paper: 0.05,
  },
} as const satisfies Readonly<Record<string, PublishedSpec>>;

export type Settings = SettingsOf<typeof SETTINGS>;
export type SettingKey = keyof Settings;

/** A row of the bandit's table. */
export type BanditField = SettingField<SettingKey>;

export const SETTING_FIELDS: readonly BanditField[] = fieldsOf(SETTINGS);

export function fieldByKey(key: SettingKey): BanditField {
  return { key, ...SETTINGS[key] };
}

/** Those that act on a running experiment. */
export function liveSettings(settings: Partial<Settings>): Partial<Settings> {
  const live = Object.entries(settings).filter(([key]) => fieldByKey(key as SettingKey).live);
  return Object.fromEntries(live) as Partial<Settings>;
}
