/**
 * The table of settings of a locomotion run: form, link, command line and schema are made from it. Which methods read a
 * setting is said by the methods (methods.ts).
 */
import { REWARD_SHAPINGS } from '../datasets/transitions.ts';
import {
  fieldsOf,
  type SettingField,
  type SettingSpec,
  type SettingsOf,
  type SettingScalar,
} from '../experiment/setting-field.ts';
import { SHARED_SETTINGS as shared } from '../experiment/shared-settings.ts';

/** As long as the longest run. */
const MAX_DECAY_STEPS = 10_000_000;

/** `paper` is Diffusion-QL's value on the gym tasks (Wang et al., 2023, table 3 and the authors' code). */
export const LOCOMOTION_SETTINGS = {
  hidden: { ...shared.hidden, paper: 256 },
  batchSize: { ...shared.batchSize, help: 'Transitions in each gradient step.', paper: 256 },
  learningRate: { ...shared.learningRate, help: "Adam's step size for the policy.", paper: 3e-4 },
  criticLearningRate: {
    ...shared.criticLearningRate,
    help: "Adam's step size for critics and value functions.",
    paper: 3e-4,
  },
  decay: { ...shared.decay, paper: 'none' },
  decaySteps: {
    ...shared.decaySteps,
    help: 'Gradient steps after which a decayed rate reaches 0; the whole run unless given.',
    max: MAX_DECAY_STEPS,
  },
  gradientClip: { ...shared.gradientClip, paper: 0 },
  rewards: {
    name: 'rewards',
    label: 'Reward shaping',
    help: 'What is done with the rewards before anything learns from them; gym tasks take them as they are, IQL scales them by the range of returns.',
    group: 'optimisation',
    live: false,
    type: 'choice',
    options: REWARD_SHAPINGS.map((value) => ({ value, label: value })),
    paper: 'none',
  },
  normalizeStates: {
    name: 'normalize-states',
    label: 'Normalise states',
    help: "Shifts and scales every observation by the dataset's mean and deviation, as TD3+BC does; Diffusion-QL as published does not.",
    group: 'optimisation',
    live: false,
    type: 'flag',
    paper: false,
  },
  diffusionSteps: { ...shared.diffusionSteps, paper: 5 },
  schedule: { ...shared.schedule, paper: 'vp' },
  timeWidth: {
    ...shared.timeWidth,
    help: 'Width of the sinusoids that tell the denoiser which step it is at; 16 as published.',
    paper: 16,
  },
  sampler: { ...shared.sampler, paper: 'ancestral' },
  ddimSteps: { ...shared.ddimSteps, paper: 5 },
  emaDecay: { ...shared.emaDecay, paper: 0.995 },
  emaStart: { ...shared.emaStart, paper: 1000 },
  emaEvery: { ...shared.emaEvery, paper: 5 },
  eta: { ...shared.eta, paper: 1 },
  normalizeQ: { ...shared.normalizeQ, paper: true },
  gradientSteps: { ...shared.gradientSteps, paper: 0 },
  actionApproximation: {
    name: 'action-approximation',
    label: 'One-step actions',
    help: 'Climbs Q at the action that a single denoising step predicts from a noised one, in place of the whole reverse chain (EDP): cheaper, and not as published.',
    group: 'improvement',
    live: false,
    type: 'flag',
    paper: false,
  },
  discount: {
    name: 'discount',
    label: 'Discount γ',
    help: 'What a reward one step later is worth.',
    group: 'improvement',
    live: false,
    type: 'number',
    min: 0,
    max: 0.9999,
    step: 0.005,
    paper: 0.99,
  },
  tau: {
    name: 'tau',
    label: 'Target rate τ',
    help: 'How far the target critics move towards the critics at each step.',
    group: 'improvement',
    live: false,
    type: 'number',
    min: 1e-5,
    max: 1,
    step: 1.5,
    scale: 'log',
    paper: 0.005,
  },
  maxQBackup: {
    name: 'max-q-backup',
    label: 'Max-Q backup',
    help: 'Bootstraps from the best of ten next actions (AntMaze) instead of one.',
    group: 'improvement',
    live: false,
    type: 'flag',
    paper: false,
  },
  critics: {
    name: 'critics',
    label: 'Critics',
    help: 'Networks that each learn Q; two as published. More of them know better where they know little, and cost as much more.',
    group: 'improvement',
    live: false,
    type: 'integer',
    min: 2,
    max: 10,
    step: 1,
    paper: 2,
  },
  criticNorm: {
    name: 'critic-norm',
    label: 'Critic normalisation',
    help: 'Normalises the hidden layers of the critics, which keeps Q from growing without bound for actions that the data do not have (RLPD); not as published.',
    group: 'improvement',
    live: false,
    type: 'choice',
    options: [
      { value: 'none', label: 'none' },
      { value: 'layer', label: 'layer' },
    ],
    paper: 'none',
  },
  pessimism: {
    name: 'pessimism',
    label: 'Pessimism',
    help: 'What the critics together hold Q for: the least of them, as published, or a lower confidence bound, their mean less β standard deviations.',
    group: 'improvement',
    live: false,
    type: 'choice',
    options: [
      { value: 'min', label: 'least' },
      { value: 'lcb', label: 'lower confidence bound' },
    ],
    paper: 'min',
  },
  lcbBeta: {
    name: 'lcb-beta',
    label: 'Bound β',
    help: 'How many standard deviations the lower confidence bound lies below the mean of the critics; of two critics, 1 is the lesser one.',
    group: 'improvement',
    live: false,
    type: 'number',
    min: 0,
    max: 10,
    step: 0.5,
    paper: 1,
  },
  policyNoise: {
    name: 'policy-noise',
    label: 'Target noise',
    help: "Deviation of the noise that smooths the target policy's action.",
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0,
    max: 1,
    step: 0.05,
    paper: 0.2,
  },
  noiseClip: {
    name: 'noise-clip',
    label: 'Target noise clip',
    help: 'The farthest that this noise may move an action.',
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0,
    max: 2,
    step: 0.05,
    paper: 0.5,
  },
  policyDelay: {
    name: 'policy-delay',
    label: 'Policy every',
    help: 'Critic steps for each step of the policy and of the targets.',
    group: 'baselines',
    live: false,
    type: 'integer',
    min: 1,
    max: 10,
    step: 1,
    paper: 2,
  },
  expectile: {
    name: 'expectile',
    label: 'Expectile',
    help: "The expectile of Q over the data's actions that the value function learns: 0.5 is their mean, near 1 their best.",
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0.5,
    max: 0.999,
    step: 0.05,
    paper: 0.7,
  },
  temperature: {
    name: 'temperature',
    label: 'Inverse temperature',
    help: 'How strongly an advantage weighs an action in cloning; 0 is plain cloning.',
    group: 'baselines',
    live: false,
    type: 'number',
    min: 0,
    max: 20,
    step: 0.5,
    paper: 3,
  },
  sampleWith: {
    ...shared.sampleWith,
    help: 'Acts with the policy itself, as published, or with its moving average.',
    paper: 'raw',
  },
  candidates: { ...shared.candidates, paper: 50 },
  candidateChoice: { ...shared.candidateChoice, paper: 'softmax' },
} as const satisfies Readonly<Record<string, SettingSpec & { paper?: SettingScalar }>>;

export type LocomotionSettings = SettingsOf<typeof LOCOMOTION_SETTINGS>;
export type LocomotionKey = keyof LocomotionSettings;
export type LocomotionField = SettingField<LocomotionKey>;

export const LOCOMOTION_FIELDS: readonly LocomotionField[] = fieldsOf(LOCOMOTION_SETTINGS);

/** A setting as text: "Q weight η 2", "Normalise Q off". */
export function settingLabel(key: LocomotionKey, value: string | number | boolean): string {
  const field = LOCOMOTION_FIELDS.find((each) => each.key === key);
  return `${field?.label ?? key} ${typeof value === 'boolean' ? (value ? 'on' : 'off') : value}`;
}

/** Those of the settings that act on a running experiment. */
export function liveLocomotionSettings(settings: Partial<LocomotionSettings>): Partial<LocomotionSettings> {
  const live = LOCOMOTION_FIELDS.filter(({ key, live: acts }) => acts && settings[key] !== undefined);
  return Object.fromEntries(live.map(({ key }) => [key, settings[key]])) as Partial<LocomotionSettings>;
}
