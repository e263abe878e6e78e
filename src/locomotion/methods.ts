/**
 * The methods that learn to move a body: a row each. The algorithm of a row is bound in registry.ts. Nothing here
 * imports a tensor library.
 */
import type { LocomotionKey, LocomotionSettings } from './settings.ts';

/** All but the steps over which a rate decays, which are the whole run. */
export type PresetSettings = Omit<LocomotionSettings, 'decaySteps'>;

interface LocomotionMethodSpec {
  readonly name: string;
  /** Whether it learns a critic, and so needs rewards and next states. */
  readonly hasCritic: boolean;
  /** Whether its actions come from a reverse diffusion process. */
  readonly isDiffusion: boolean;
  /** What it is, in a sentence. */
  readonly about: string;
  readonly source: string;
  /** The settings that it reads, besides those that every method reads. */
  readonly settings: readonly LocomotionKey[];
  /** Gradient steps of a published run. */
  readonly budget: number;
  /** Where its own paper differs from Diffusion-QL's. */
  readonly paper?: Readonly<Partial<PresetSettings>>;
  /** Where its small preset differs from that of the other methods. */
  readonly small?: Readonly<Partial<PresetSettings>>;
}

interface LocomotionMethodInfo extends LocomotionMethodSpec {
  readonly id: LocomotionMethodId;
}

const EVERY_METHOD: readonly LocomotionKey[] = [
  ...(['hidden', 'batchSize', 'learningRate', 'decay', 'decaySteps', 'normalizeStates'] as const),
];
const DIFFUSION_SETTINGS: readonly LocomotionKey[] = [
  ...(['gradientClip', 'diffusionSteps', 'schedule', 'timeWidth', 'sampler', 'ddimSteps'] as const),
  ...(['emaDecay', 'emaStart', 'emaEvery', 'sampleWith'] as const),
];
const CRITIC_SETTINGS: readonly LocomotionKey[] = ['criticLearningRate', 'rewards', 'discount', 'tau'];
const Q_SETTINGS: readonly LocomotionKey[] = ['eta', 'normalizeQ'];

const SPECS = {
  'diffusion-ql': {
    name: 'Diffusion-QL',
    hasCritic: true,
    isDiffusion: true,
    about: 'A diffusion policy that stays near the data and climbs a learned Q.',
    source: 'Wang et al., 2023, §3',
    settings: [
      ...DIFFUSION_SETTINGS,
      ...CRITIC_SETTINGS,
      ...Q_SETTINGS,
      ...(['gradientSteps', 'actionApproximation', 'maxQBackup', 'critics', 'criticNorm', 'pessimism'] as const),
      ...(['lcbBeta', 'candidates', 'candidateChoice'] as const),
    ],
    // 2,000 epochs.
    budget: 2_000_000,
    // Data collected here are of linear policies, narrow beside D4RL's: with the published η the policy leaves them.
    small: { eta: 0.1 },
  },
  'diffusion-bc': {
    name: 'Diffusion-BC',
    hasCritic: false,
    isDiffusion: true,
    about: 'The same diffusion policy without the Q: it imitates the data, all modes of it.',
    source: 'Wang et al., 2023, §3; Ho et al., 2020 (DDPM)',
    settings: DIFFUSION_SETTINGS,
    budget: 2_000_000,
    paper: { candidates: 1 },
  },
  bc: {
    name: 'BC',
    hasCritic: false,
    isDiffusion: false,
    about: 'A deterministic policy that regresses the data’s action: the mean, where the data have several.',
    source: 'Pomerleau, 1988; the policy of TD3+BC without its Q',
    settings: [],
    budget: 1_000_000,
    paper: { candidates: 1 },
  },
  'td3-bc': {
    name: 'TD3+BC',
    hasCritic: true,
    isDiffusion: false,
    about: 'A deterministic policy with an L2 term that climbs a learned Q.',
    source: 'Fujimoto & Gu, 2021',
    settings: [...CRITIC_SETTINGS, ...Q_SETTINGS, 'policyNoise', 'noiseClip', 'policyDelay'],
    budget: 1_000_000,
    // α is 2.5, and states are normalised.
    paper: { candidates: 1, eta: 2.5, normalizeStates: true },
  },
  iql: {
    name: 'IQL',
    hasCritic: true,
    isDiffusion: false,
    about: 'An upper expectile of Q in place of a maximum; a Gaussian policy weighted by its advantage.',
    source: 'Kostrikov et al., 2022',
    settings: [...CRITIC_SETTINGS, 'expectile', 'temperature'],
    budget: 1_000_000,
    // Rewards are scaled by the range of returns; the policy's rate decays over the run.
    paper: { candidates: 1, rewards: 'iql_locomotion', decay: 'cosine' },
  },
} as const satisfies Readonly<Record<string, LocomotionMethodSpec>>;

export type LocomotionMethodId = keyof typeof SPECS;

/** In the order of forms and of links. */
export const LOCOMOTION_METHOD_IDS = Object.keys(SPECS) as LocomotionMethodId[];

export const LOCOMOTION_METHODS = Object.fromEntries(
  Object.entries<LocomotionMethodSpec>(SPECS).map(([id, spec]) => [id, { ...spec, id }]),
) as Readonly<Record<LocomotionMethodId, LocomotionMethodInfo>>;

export function isLocomotionMethodId(text: string): text is LocomotionMethodId {
  return Object.hasOwn(LOCOMOTION_METHODS, text);
}

/** Whether a method reads a setting. */
export function locomotionReads(method: LocomotionMethodId, key: LocomotionKey): boolean {
  return EVERY_METHOD.includes(key) || LOCOMOTION_METHODS[method].settings.includes(key);
}
