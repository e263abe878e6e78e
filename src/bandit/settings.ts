/**
 * The one table of settings. The form, the link, the command line, the checkpoint and the validation are all made
 * from it: a setting added here appears in each of them.
 */
import type { MethodId } from './methods.ts';
import type { SettingField } from '../experiment/setting-field.ts';

export interface Settings {
  /** Width of every hidden layer. */
  hidden: number;
  batchSize: number;
  /** Learning rate of the policy (and of the VAE and perturbation networks). */
  learningRate: number;
  criticLearningRate: number;
  decay: 'none' | 'cosine';
  /** Steps after which a cosine-decayed rate of the policy reaches 0. */
  decaySteps: number;
  /** The same of the critic. */
  criticDecaySteps: number;
  /** Diffusion steps T. */
  diffusionSteps: number;
  schedule: 'vp' | 'linear' | 'cosine';
  /** Width of the sinusoidal time embedding (even). */
  timeWidth: number;
  sampler: 'ancestral' | 'ddim';
  /** Reverse steps taken by the DDIM sampler, at most T. */
  ddimSteps: number;
  /** Weight η of the Q term. */
  eta: number;
  /** Divide the Q term by the mean absolute Q, as published. */
  normalizeQ: boolean;
  /** Reverse steps the policy gradient passes through, counted from the last; 0 is the whole chain, as published. */
  gradientSteps: number;
  /** Global gradient-norm clip of policy and critic; 0 is none. */
  gradientClip: number;
  emaDecay: number;
  /** First step from which the moving average of the policy is updated. */
  emaStart: number;
  emaEvery: number;
  /** Which weights the samples on show are drawn with. */
  sampleWith: 'raw' | 'ema';
  /** Candidate actions an actor with a critic draws before it chooses by Q; 1 is a plain sample. */
  candidates: number;
  candidateChoice: 'softmax' | 'argmax';
  /** Components of the mixture density network. */
  mixtureComponents: number;
  /** BCQ: bound Φ of the perturbation, as a share of the largest action. */
  perturbation: number;
  /** BCQ: decoded actions among which the best by Q is taken. */
  bcqCandidates: number;
  /** MMD: scale σ of the Laplacian kernel. */
  mmdSigma: number;
  /** MMD: actions drawn for each state on either side. */
  mmdSamples: number;
  /** BEAR: the MMD is held under this threshold. */
  bearThreshold: number;
}

export type SettingKey = keyof Settings;

/** A row of the bandit's table. */
export type BanditField = SettingField<SettingKey, MethodId>;

const DIFFUSION: readonly MethodId[] = ['bc-diffusion', 'diffusion-ql'];
const WITH_CRITIC: readonly MethodId[] = ['td3-bc-gaussian', 'td3-bc', 'td3-bc-mdn', 'bcq', 'bear-mmd', 'diffusion-ql'];
const WITH_ETA: readonly MethodId[] = ['td3-bc-gaussian', 'td3-bc', 'td3-bc-mdn', 'diffusion-ql'];
const WITH_MMD: readonly MethodId[] = ['bc-mmd', 'bear-mmd'];

export const SETTING_FIELDS: readonly BanditField[] = [
  {
    key: 'hidden',
    name: 'hidden',
    label: 'Hidden width',
    help: 'Units in every hidden layer of every network.',
    group: 'optimisation',
    live: false,
    methods: 'all',
    type: 'integer',
    min: 8,
    max: 512,
    step: 8,
  },
  {
    key: 'batchSize',
    name: 'batch',
    label: 'Batch size',
    help: 'Data points in each gradient step; every method sees the same ones.',
    group: 'optimisation',
    live: false,
    methods: 'all',
    type: 'integer',
    min: 1,
    max: 1024,
    step: 1,
  },
  {
    key: 'learningRate',
    name: 'lr',
    label: 'Policy learning rate',
    help: "Adam's step size for the policy and every network that is not a critic.",
    group: 'optimisation',
    live: true,
    methods: 'all',
    type: 'number',
    min: 1e-6,
    max: 1e-1,
    step: 1.5,
    scale: 'log',
  },
  {
    key: 'criticLearningRate',
    name: 'critic-lr',
    label: 'Critic learning rate',
    help: "Adam's step size for the critic.",
    group: 'optimisation',
    live: true,
    methods: WITH_CRITIC,
    type: 'number',
    min: 1e-6,
    max: 1e-1,
    step: 1.5,
    scale: 'log',
  },
  {
    key: 'decay',
    name: 'decay',
    label: 'Rate decay',
    help: 'Keeps both learning rates constant, or lowers them to 0 along half a cosine, which ends the swinging.',
    group: 'optimisation',
    live: false,
    methods: 'all',
    type: 'choice',
    options: [
      { value: 'none', label: 'constant' },
      { value: 'cosine', label: 'cosine to 0' },
    ],
  },
  {
    key: 'decaySteps',
    name: 'decay-steps',
    label: 'Policy decay over',
    help: "Gradient steps after which the policy's decayed rate reaches 0; it learns nothing past them.",
    group: 'optimisation',
    live: false,
    methods: 'all',
    type: 'integer',
    min: 1,
    max: 1_000_000,
    step: 500,
  },
  {
    key: 'criticDecaySteps',
    name: 'critic-decay-steps',
    label: 'Critic decay over',
    help: "Gradient steps after which the critic's decayed rate reaches 0: a landscape at rest before the policy settles.",
    group: 'optimisation',
    live: false,
    methods: WITH_CRITIC,
    type: 'integer',
    min: 1,
    max: 1_000_000,
    step: 500,
  },
  {
    key: 'gradientClip',
    name: 'clip',
    label: 'Gradient clip',
    help: 'Shortens a gradient whose global norm is larger than this; 0 leaves gradients alone.',
    group: 'optimisation',
    live: false,
    methods: DIFFUSION,
    type: 'number',
    min: 0,
    max: 100,
    step: 0.5,
  },
  {
    key: 'diffusionSteps',
    name: 'T',
    label: 'Diffusion steps T',
    help: 'Steps between noise and an action; few steps blur the modes, many steps cost time.',
    group: 'diffusion',
    live: false,
    methods: DIFFUSION,
    type: 'integer',
    min: 1,
    max: 100,
    step: 1,
  },
  {
    key: 'schedule',
    name: 'schedule',
    label: 'Noise schedule',
    help: 'How the noise grows from the first diffusion step to the last.',
    group: 'diffusion',
    live: false,
    methods: DIFFUSION,
    type: 'choice',
    options: [
      { value: 'vp', label: 'vp' },
      { value: 'linear', label: 'linear' },
      { value: 'cosine', label: 'cosine' },
    ],
  },
  {
    key: 'timeWidth',
    name: 'time-width',
    label: 'Time embedding',
    help: 'Width of the sinusoids that tell the denoiser which step it is at: 4 as published on the bandit, 16 learns some ten times faster.',
    group: 'diffusion',
    live: false,
    methods: DIFFUSION,
    type: 'integer',
    min: 4,
    max: 64,
    step: 2,
    multipleOf: 2,
  },
  {
    key: 'sampler',
    name: 'sampler',
    label: 'Sampler',
    help: 'Draws fresh noise at every reverse step (ancestral), or follows the deterministic path (DDIM).',
    group: 'diffusion',
    live: true,
    methods: DIFFUSION,
    type: 'choice',
    options: [
      { value: 'ancestral', label: 'ancestral' },
      { value: 'ddim', label: 'DDIM' },
    ],
  },
  {
    key: 'ddimSteps',
    name: 'ddim-steps',
    label: 'DDIM steps',
    help: 'Reverse steps that DDIM takes, spread evenly over T.',
    group: 'diffusion',
    live: true,
    methods: DIFFUSION,
    type: 'integer',
    min: 1,
    max: 100,
    step: 1,
  },
  {
    key: 'emaDecay',
    name: 'ema-decay',
    label: 'EMA decay',
    help: 'How slowly the moving average of the policy follows the policy.',
    group: 'diffusion',
    live: false,
    methods: DIFFUSION,
    type: 'number',
    min: 0,
    max: 0.99999,
    step: 0.001,
  },
  {
    key: 'emaStart',
    name: 'ema-start',
    label: 'EMA start',
    help: 'The moving average keeps the initial weights until this step, as in the published code.',
    group: 'diffusion',
    live: false,
    methods: DIFFUSION,
    type: 'integer',
    min: 0,
    max: 1_000_000,
    step: 100,
  },
  {
    key: 'emaEvery',
    name: 'ema-every',
    label: 'EMA every',
    help: 'Gradient steps between two updates of the moving average.',
    group: 'diffusion',
    live: false,
    methods: DIFFUSION,
    type: 'integer',
    min: 1,
    max: 1000,
    step: 1,
  },
  {
    key: 'sampleWith',
    name: 'sample-with',
    label: 'Sample with',
    help: 'Draws the samples on show with the policy itself, or with its moving average.',
    group: 'acting',
    live: true,
    methods: DIFFUSION,
    type: 'choice',
    options: [
      { value: 'raw', label: 'the policy' },
      { value: 'ema', label: 'its moving average' },
    ],
  },
  {
    key: 'eta',
    name: 'eta',
    label: 'Q weight η',
    help: 'How strongly the policy climbs Q against staying near the data; 0 is pure cloning.',
    group: 'improvement',
    live: true,
    methods: WITH_ETA,
    type: 'number',
    min: 0,
    max: 10,
    step: 0.05,
  },
  {
    key: 'normalizeQ',
    name: 'normalize-q',
    label: 'Normalise Q',
    help: 'Divides the Q term by the mean absolute Q of the batch, so that η means the same at any scale of reward.',
    group: 'improvement',
    live: true,
    methods: WITH_ETA,
    type: 'flag',
  },
  {
    key: 'gradientSteps',
    name: 'gradient-steps',
    label: 'Gradient through',
    help: 'Last reverse steps that the Q gradient passes through; 0 is the whole chain, as published.',
    group: 'improvement',
    live: true,
    methods: ['diffusion-ql'],
    type: 'integer',
    min: 0,
    max: 100,
    step: 1,
  },
  {
    key: 'candidates',
    name: 'candidates',
    label: 'Candidates',
    help: 'Actions that Diffusion-QL draws before it chooses one by Q; 1 is a plain sample.',
    group: 'acting',
    live: true,
    methods: ['diffusion-ql'],
    type: 'integer',
    min: 1,
    max: 50,
    step: 1,
  },
  {
    key: 'candidateChoice',
    name: 'choice',
    label: 'Chosen by',
    help: 'Takes one candidate at random by the softmax of Q, as published, or the best.',
    group: 'acting',
    live: true,
    methods: ['diffusion-ql'],
    type: 'choice',
    options: [
      { value: 'softmax', label: 'softmax of Q' },
      { value: 'argmax', label: 'best Q' },
    ],
  },
  {
    key: 'mixtureComponents',
    name: 'components',
    label: 'Mixture components',
    help: 'Gaussians in the mixture density network.',
    group: 'baselines',
    live: false,
    methods: ['td3-bc-mdn'],
    type: 'integer',
    min: 1,
    max: 16,
    step: 1,
  },
  {
    key: 'perturbation',
    name: 'phi',
    label: 'BCQ perturbation Φ',
    help: 'The farthest that BCQ may move a decoded action, as a share of the square.',
    group: 'baselines',
    live: false,
    methods: ['bcq'],
    type: 'number',
    min: 0,
    max: 1,
    step: 0.01,
  },
  {
    key: 'bcqCandidates',
    name: 'bcq-candidates',
    label: 'BCQ candidates',
    help: 'Decoded actions among which BCQ takes the best by Q; 1 shows the perturbed samples alone.',
    group: 'baselines',
    live: true,
    methods: ['bcq'],
    type: 'integer',
    min: 1,
    max: 50,
    step: 1,
  },
  {
    key: 'mmdSigma',
    name: 'mmd-sigma',
    label: 'MMD kernel σ',
    help: 'Width of the Laplacian kernel that compares actor and data.',
    group: 'baselines',
    live: false,
    methods: WITH_MMD,
    type: 'number',
    min: 0.1,
    max: 100,
    step: 0.5,
  },
  {
    key: 'mmdSamples',
    name: 'mmd-samples',
    label: 'MMD samples',
    help: 'Actions drawn for each state on either side of the MMD.',
    group: 'baselines',
    live: false,
    methods: WITH_MMD,
    type: 'integer',
    min: 2,
    max: 32,
    step: 1,
  },
  {
    key: 'bearThreshold',
    name: 'bear-threshold',
    label: 'BEAR threshold',
    help: 'The MMD that BEAR allows before its Lagrange multiplier pulls the actor back.',
    group: 'baselines',
    live: false,
    methods: ['bear-mmd'],
    type: 'number',
    min: 0,
    max: 10,
    step: 0.01,
  },
];

export function fieldByKey(key: SettingKey): BanditField {
  const field = SETTING_FIELDS.find((candidate) => candidate.key === key);
  if (!field) throw new Error(`There is no setting "${key}".`);
  return field;
}

/** Those that act on a running experiment. */
export function liveSettings(settings: Partial<Settings>): Partial<Settings> {
  const live = Object.entries(settings).filter(([key]) => fieldByKey(key as SettingKey).live);
  return Object.fromEntries(live) as Partial<Settings>;
}

/** Whether a method reads a setting. */
export function appliesTo(field: BanditField, method: MethodId): boolean {
  return field.methods === 'all' || field.methods.includes(method);
}
