/**
 * The table of settings of a locomotion run: link, form, flags, checkpoint and schema are made from it, as of the
 * bandit's. What both have is taken from the bandit's table.
 */
import type { RewardShaping } from '../datasets/transitions.ts';
import { REWARD_SHAPINGS } from '../datasets/transitions.ts';
import { fieldByKey, type SettingKey, type Settings } from '../bandit/settings.ts';
import { type SettingField } from '../experiment/setting-field.ts';
import type { LocomotionMethodId } from './methods.ts';

/** Settings with the meaning that they have on the bandit. */
type Shared = Pick<
  Settings,
  | 'hidden'
  | 'batchSize'
  | 'learningRate'
  | 'criticLearningRate'
  | 'decay'
  | 'decaySteps'
  | 'gradientClip'
  | 'diffusionSteps'
  | 'schedule'
  | 'timeWidth'
  | 'sampler'
  | 'ddimSteps'
  | 'emaDecay'
  | 'emaStart'
  | 'emaEvery'
  | 'sampleWith'
  | 'eta'
  | 'normalizeQ'
  | 'gradientSteps'
  | 'candidates'
  | 'candidateChoice'
>;

export interface LocomotionSettings extends Shared {
  /** Discount γ. */
  discount: number;
  /** Polyak rate τ of the target critics. */
  tau: number;
  /** Bootstraps from the best of 10 next actions. */
  maxQBackup: boolean;
  /** Diffusion-QL: climbs Q at the action that one denoising step predicts (EDP). */
  actionApproximation: boolean;
  /** Diffusion-QL: critics in the ensemble. */
  critics: number;
  /** Diffusion-QL: a layer normalisation before each activation of the critics. */
  criticNorm: 'none' | 'layer';
  /** Diffusion-QL: what the critics together hold Q for, their least or a lower confidence bound. */
  pessimism: 'min' | 'lcb';
  /** Diffusion-QL: deviations that the lower confidence bound lies below the critics' mean. */
  lcbBeta: number;
  rewards: RewardShaping;
  /** (s − mean)/deviation over the dataset. */
  normalizeStates: boolean;
  /** TD3+BC: deviation of the noise on the target policy's action. */
  policyNoise: number;
  /** TD3+BC: that noise is clipped to ± this. */
  noiseClip: number;
  /** TD3+BC: critic steps between two of the policy. */
  policyDelay: number;
  /** IQL: the expectile of Q that the value function regresses. */
  expectile: number;
  /** IQL: inverse temperature of the advantage's weight. */
  temperature: number;
}

export type LocomotionKey = keyof LocomotionSettings;
export type LocomotionField = SettingField<LocomotionKey, LocomotionMethodId>;

type Methods = LocomotionField['methods'];

const DIFFUSION: Methods = ['diffusion-ql', 'diffusion-bc'];
const WITH_CRITIC: Methods = ['diffusion-ql', 'td3-bc', 'iql'];
const QL: Methods = ['diffusion-ql'];

/** As long as the longest run. */
const MAX_DECAY_STEPS = 10_000_000;

/** The bandit's row of a setting, for methods of this table. */
function shared(key: LocomotionKey & SettingKey, methods: Methods, help?: string): LocomotionField {
  const field = fieldByKey(key);
  return { ...field, key, methods, help: help ?? field.help } as LocomotionField;
}

export const LOCOMOTION_FIELDS: readonly LocomotionField[] = [
  shared('hidden', 'all'),
  shared('batchSize', 'all', 'Transitions in each gradient step.'),
  shared('learningRate', 'all', "Adam's step size for the policy."),
  shared('criticLearningRate', WITH_CRITIC, "Adam's step size for critics and value functions."),
  shared('decay', 'all'),
  {
    ...shared('decaySteps', 'all', 'Gradient steps after which a decayed rate reaches 0; the whole run unless given.'),
    max: MAX_DECAY_STEPS,
  } as LocomotionField,
  shared('gradientClip', DIFFUSION),
  {
    key: 'rewards',
    name: 'rewards',
    label: 'Reward shaping',
    help: 'What is done with the rewards before anything learns from them; gym tasks take them as they are, IQL scales them by the range of returns.',
    group: 'optimisation',
    live: false,
    methods: WITH_CRITIC,
    type: 'choice',
    options: REWARD_SHAPINGS.map((value) => ({ value, label: value })),
  },
  {
    key: 'normalizeStates',
    name: 'normalize-states',
    label: 'Normalise states',
    help: "Shifts and scales every observation by the dataset's mean and deviation, as TD3+BC does; Diffusion-QL as published does not.",
    group: 'optimisation',
    live: false,
    methods: 'all',
    type: 'flag',
  },
  shared('diffusionSteps', DIFFUSION),
  shared('schedule', DIFFUSION),
  shared('timeWidth', DIFFUSION, 'Width of the sinusoids that tell the denoiser which step it is at; 16 as published.'),
  shared('sampler', DIFFUSION),
  shared('ddimSteps', DIFFUSION),
  shared('emaDecay', DIFFUSION),
  shared('emaStart', DIFFUSION),
  shared('emaEvery', DIFFUSION),
  shared('eta', ['diffusion-ql', 'td3-bc']),
  shared('normalizeQ', ['diffusion-ql', 'td3-bc']),
  shared('gradientSteps', QL),
  {
    key: 'actionApproximation',
    name: 'action-approximation',
    label: 'One-step actions',
    help: 'Climbs Q at the action that a single denoising step predicts from a noised one, in place of the whole reverse chain (EDP): cheaper, and not as published.',
    group: 'improvement',
    live: false,
    methods: QL,
    type: 'flag',
  },
  {
    key: 'discount',
    name: 'discount',
    label: 'Discount γ',
    help: 'What a reward one step later is worth.',
    group: 'improvement',
    live: false,
    methods: WITH_CRITIC,
    type: 'number',
    min: 0,
    max: 0.9999,
    step: 0.005,
  },
  {
    key: 'tau',
    name: 'tau',
    label: 'Target rate τ',
    help: 'How far the target critics move towards the critics at each step.',
    group: 'improvement',
    live: false,
    methods: WITH_CRITIC,
    type: 'number',
    min: 1e-5,
    max: 1,
    step: 1.5,
    scale: 'log',
  },
  {
    key: 'maxQBackup',
    name: 'max-q-backup',
    label: 'Max-Q backup',
    help: 'Bootstraps from the best of ten next actions (AntMaze) instead of one.',
    group: 'improvement',
    live: false,
    methods: QL,
    type: 'flag',
  },
  {
    key: 'critics',
    name: 'critics',
    label: 'Critics',
    help: 'Networks that each learn Q; two as published. More of them know better where they know little, and cost as much more.',
    group: 'improvement',
    live: false,
    methods: QL,
    type: 'integer',
    min: 2,
    max: 10,
    step: 1,
  },
  {
    key: 'criticNorm',
    name: 'critic-norm',
    label: 'Critic normalisation',
    help: 'Normalises the hidden layers of the critics, which keeps Q from growing without bound for actions that the data do not have (RLPD); not as published.',
    group: 'improvement',
    live: false,
    methods: QL,
    type: 'choice',
    options: [
      { value: 'none', label: 'none' },
      { value: 'layer', label: 'layer' },
    ],
  },
  {
    key: 'pessimism',
    name: 'pessimism',
    label: 'Pessimism',
    help: 'What the critics together hold Q for: the least of them, as published, or a lower confidence bound, their mean less β standard deviations.',
    group: 'improvement',
    live: false,
    methods: QL,
    type: 'choice',
    options: [
      { value: 'min', label: 'least' },
      { value: 'lcb', label: 'lower confidence bound' },
    ],
  },
  {
    key: 'lcbBeta',
    name: 'lcb-beta',
    label: 'Bound β',
    help: 'How many standard deviations the lower confidence bound lies below the mean of the critics; of two critics, 1 is the lesser one.',
    group: 'improvement',
    live: false,
    methods: QL,
    type: 'number',
    min: 0,
    max: 10,
    step: 0.5,
  },
  {
    key: 'policyNoise',
    name: 'policy-noise',
    label: 'Target noise',
    help: "Deviation of the noise that smooths the target policy's action.",
    group: 'baselines',
    live: false,
    methods: ['td3-bc'],
    type: 'number',
    min: 0,
    max: 1,
    step: 0.05,
  },
  {
    key: 'noiseClip',
    name: 'noise-clip',
    label: 'Target noise clip',
    help: 'The farthest that this noise may move an action.',
    group: 'baselines',
    live: false,
    methods: ['td3-bc'],
    type: 'number',
    min: 0,
    max: 2,
    step: 0.05,
  },
  {
    key: 'policyDelay',
    name: 'policy-delay',
    label: 'Policy every',
    help: 'Critic steps for each step of the policy and of the targets.',
    group: 'baselines',
    live: false,
    methods: ['td3-bc'],
    type: 'integer',
    min: 1,
    max: 10,
    step: 1,
  },
  {
    key: 'expectile',
    name: 'expectile',
    label: 'Expectile',
    help: "The expectile of Q over the data's actions that the value function learns: 0.5 is their mean, near 1 their best.",
    group: 'baselines',
    live: false,
    methods: ['iql'],
    type: 'number',
    min: 0.5,
    max: 0.999,
    step: 0.05,
  },
  {
    key: 'temperature',
    name: 'temperature',
    label: 'Inverse temperature',
    help: 'How strongly an advantage weighs an action in cloning; 0 is plain cloning.',
    group: 'baselines',
    live: false,
    methods: ['iql'],
    type: 'number',
    min: 0,
    max: 20,
    step: 0.5,
  },
  shared('sampleWith', DIFFUSION, 'Acts with the policy itself, as published, or with its moving average.'),
  shared('candidates', QL),
  shared('candidateChoice', QL),
];

/** Whether a method reads a setting. */
export function locomotionApplies(field: LocomotionField, method: LocomotionMethodId): boolean {
  return field.methods === 'all' || field.methods.includes(method);
}

/** A setting in words: "Q weight η 2", "Normalise Q off". */
export function settingWords(key: LocomotionKey, value: string | number | boolean): string {
  const field = LOCOMOTION_FIELDS.find((each) => each.key === key);
  return `${field?.label ?? key} ${typeof value === 'boolean' ? (value ? 'on' : 'off') : value}`;
}

/** Those of the settings that act on a running experiment. */
export function liveLocomotionSettings(settings: Partial<LocomotionSettings>): Partial<LocomotionSettings> {
  const live = LOCOMOTION_FIELDS.filter(({ key, live: acts }) => acts && settings[key] !== undefined);
  return Object.fromEntries(live.map(({ key }) => [key, settings[key]])) as Partial<LocomotionSettings>;
}
