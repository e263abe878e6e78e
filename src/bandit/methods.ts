/**
 * What each method is, without the method itself: names and facts that the page, the command line and the
 * experiment need. Nothing here imports a tensor library, so that the page's own thread never loads one.
 */

export const METHOD_IDS = [
  'bc-mle',
  'bc-cvae',
  'bc-mmd',
  'bc-diffusion',
  'td3-bc-gaussian',
  'td3-bc',
  'td3-bc-mdn',
  'bcq',
  'bear-mmd',
  'diffusion-ql',
] as const;

export type MethodId = (typeof METHOD_IDS)[number];

/** The row of the paper's bandit figure: pure behaviour cloning, or cloning with policy improvement by a learned Q. */
export type MethodRow = 'cloning' | 'q-learning';

export interface MethodInfo {
  readonly id: MethodId;
  /** Short name, as on a panel. */
  readonly name: string;
  readonly row: MethodRow;
  /** Whether the method learns a critic (and so has a Q landscape to show). */
  readonly hasCritic: boolean;
  /** Whether samples come from a reverse diffusion process (and so can be scrubbed through it). */
  readonly isDiffusion: boolean;
  /** Whether the paper's bandit figure has this panel; the others are shown beside it for honesty or comparison. */
  readonly inFigure: boolean;
  /** Where the method was published. */
  readonly source: string;
}

export const METHODS: Readonly<Record<MethodId, MethodInfo>> = {
  'bc-mle': {
    id: 'bc-mle',
    name: 'BC-MLE',
    row: 'cloning',
    hasCritic: false,
    isDiffusion: false,
    inFigure: true,
    source: 'Pomerleau, 1988; Wang et al., 2023, §4',
  },
  'bc-cvae': {
    id: 'bc-cvae',
    name: 'BC-CVAE',
    row: 'cloning',
    hasCritic: false,
    isDiffusion: false,
    inFigure: true,
    source: 'Fujimoto et al., 2019 (BCQ); Wang et al., 2023, §4',
  },
  'bc-mmd': {
    id: 'bc-mmd',
    name: 'BC-MMD',
    row: 'cloning',
    hasCritic: false,
    isDiffusion: false,
    inFigure: true,
    source: 'Kumar et al., 2019 (BEAR); Wang et al., 2023, §4',
  },
  'bc-diffusion': {
    id: 'bc-diffusion',
    name: 'BC-Diffusion',
    row: 'cloning',
    hasCritic: false,
    isDiffusion: true,
    inFigure: true,
    source: 'Ho et al., 2020 (DDPM); Wang et al., 2023, §3',
  },
  'td3-bc-gaussian': {
    id: 'td3-bc-gaussian',
    name: 'TD3+BC (Gaussian)',
    row: 'q-learning',
    hasCritic: true,
    isDiffusion: false,
    inFigure: true,
    source: 'the panel of Wang et al., 2023, §4: a Gaussian policy with a likelihood term',
  },
  'td3-bc': {
    id: 'td3-bc',
    name: 'TD3+BC (L2)',
    row: 'q-learning',
    hasCritic: true,
    isDiffusion: false,
    inFigure: false,
    source: 'Fujimoto & Gu, 2021: a deterministic policy with an L2 term',
  },
  'td3-bc-mdn': {
    id: 'td3-bc-mdn',
    name: 'TD3+BC (MDN)',
    row: 'q-learning',
    hasCritic: true,
    isDiffusion: false,
    inFigure: false,
    source: 'Wang et al., 2023, appendix: a mixture density network',
  },
  bcq: {
    id: 'bcq',
    name: 'BCQ',
    row: 'q-learning',
    hasCritic: true,
    isDiffusion: false,
    inFigure: true,
    source: 'Fujimoto et al., 2019, with perturbation and best of N by Q',
  },
  'bear-mmd': {
    id: 'bear-mmd',
    name: 'BEAR-MMD',
    row: 'q-learning',
    hasCritic: true,
    isDiffusion: false,
    inFigure: true,
    source: 'Kumar et al., 2019',
  },
  'diffusion-ql': {
    id: 'diffusion-ql',
    name: 'Diffusion-QL',
    row: 'q-learning',
    hasCritic: true,
    isDiffusion: true,
    inFigure: true,
    source: 'Wang et al., 2023, §3',
  },
};

export function isMethodId(value: string): value is MethodId {
  return Object.hasOwn(METHODS, value);
}
