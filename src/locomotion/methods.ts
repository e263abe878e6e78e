/** The methods that learn to move a body, without the methods themselves: names and facts, and no tensor library. */

export const LOCOMOTION_METHOD_IDS = ['diffusion-ql', 'diffusion-bc', 'bc', 'td3-bc', 'iql'] as const;
export type LocomotionMethodId = (typeof LOCOMOTION_METHOD_IDS)[number];

export interface LocomotionMethodInfo {
  readonly id: LocomotionMethodId;
  readonly name: string;
  /** Whether it learns a critic, and so needs rewards and next states. */
  readonly hasCritic: boolean;
  /** Whether its actions come from a reverse diffusion process. */
  readonly isDiffusion: boolean;
  /** What it is, in a sentence. */
  readonly about: string;
  readonly source: string;
}

export const LOCOMOTION_METHODS: Readonly<Record<LocomotionMethodId, LocomotionMethodInfo>> = {
  'diffusion-ql': {
    id: 'diffusion-ql',
    name: 'Diffusion-QL',
    hasCritic: true,
    isDiffusion: true,
    about: 'A diffusion policy that stays near the data and climbs a learned Q.',
    source: 'Wang et al., 2023, §3',
  },
  'diffusion-bc': {
    id: 'diffusion-bc',
    name: 'Diffusion-BC',
    hasCritic: false,
    isDiffusion: true,
    about: 'The same diffusion policy without the Q: it imitates the data, all modes of it.',
    source: 'Wang et al., 2023, §3; Ho et al., 2020 (DDPM)',
  },
  bc: {
    id: 'bc',
    name: 'BC',
    hasCritic: false,
    isDiffusion: false,
    about: 'A deterministic policy that regresses the data’s action: the mean, where the data have several.',
    source: 'Pomerleau, 1988; the policy of TD3+BC without its Q',
  },
  'td3-bc': {
    id: 'td3-bc',
    name: 'TD3+BC',
    hasCritic: true,
    isDiffusion: false,
    about: 'A deterministic policy with an L2 term that climbs a learned Q.',
    source: 'Fujimoto & Gu, 2021',
  },
  iql: {
    id: 'iql',
    name: 'IQL',
    hasCritic: true,
    isDiffusion: false,
    about: 'An upper expectile of Q in place of a maximum; a Gaussian policy weighted by its advantage.',
    source: 'Kostrikov et al., 2022',
  },
};

export function isLocomotionMethodId(text: string): text is LocomotionMethodId {
  return Object.hasOwn(LOCOMOTION_METHODS, text);
}
