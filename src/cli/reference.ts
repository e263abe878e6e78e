/**
 * Results of the authors' published PyTorch code on the corners with the paper's settings, from 2,000 samples a run. A
 * range covers the seeds, and the neighbouring step counts where several are given.
 */
import type { MethodId } from '../bandit/methods.ts';
import type { Settings } from '../bandit/settings.ts';

export type Range = readonly [low: number, high: number];

export interface ReferenceRow {
  /** Gradient steps at which the method is compared. */
  steps: number;
  seeds: number;
  inMode: Range;
  /** Share of samples in the best mode, or nearest to it. */
  inBest?: Range;
  nearestBest?: Range;
  mmd2?: Range;
  meanReward?: Range;
  /** Settings that the policy acts with, where they differ from the run's. */
  acting?: Partial<Settings>;
  note?: string;
}

export interface ReferenceRun {
  method: MethodId;
  label: string;
  /** Differences from the paper's settings. */
  settings: Partial<Settings>;
  rows: readonly ReferenceRow[];
}

export const REFERENCE_RUNS: readonly ReferenceRun[] = [
  {
    method: 'bc-mle',
    label: 'BC-MLE',
    settings: {},
    rows: [{ steps: 4000, seeds: 3, inMode: [0.02, 0.03], mmd2: [0.2, 0.21], meanReward: [0.04, 0.07] }],
  },
  {
    method: 'bc-cvae',
    label: 'BC-CVAE',
    settings: {},
    rows: [
      {
        steps: 6000,
        seeds: 3,
        inMode: [0.13, 0.22],
        mmd2: [0.11, 0.2],
        meanReward: [0.19, 0.62],
        note: 'a ring through all four modes',
      },
      {
        steps: 82_700,
        seeds: 1,
        inMode: [0.42, 0.42],
        mmd2: [0.18, 0.18],
        meanReward: [0.24, 0.24],
        note: 'two diagonal modes and density between; which two is the seed’s',
      },
    ],
  },
  {
    method: 'bc-mmd',
    label: 'BC-MMD',
    settings: {},
    rows: [
      {
        steps: 6000,
        seeds: 3,
        inMode: [0.08, 0.09],
        mmd2: [0.11, 0.11],
        meanReward: [0.18, 0.22],
        note: 'mass on the border of the square',
      },
    ],
  },
  {
    method: 'bc-diffusion',
    label: 'BC-Diffusion, T 50, time width 4',
    settings: {},
    rows: [
      { steps: 10_000, seeds: 1, inMode: [0.13, 0.13], mmd2: [0.15, 0.15], meanReward: [0.3, 0.3] },
      { steps: 20_000, seeds: 2, inMode: [0.63, 0.77], mmd2: [0.016, 0.016], meanReward: [1.6, 1.9] },
      { steps: 30_000, seeds: 2, inMode: [0.9, 0.93], mmd2: [0.004, 0.008], meanReward: [2.2, 2.3] },
      { steps: 65_800, seeds: 2, inMode: [0.98, 0.98], mmd2: [0.005, 0.006], meanReward: [2.2, 2.4] },
    ],
  },
  {
    method: 'bc-diffusion',
    label: 'BC-Diffusion, T 50, time width 16',
    settings: { timeWidth: 16 },
    rows: [
      { steps: 4000, seeds: 1, inMode: [0.71, 0.71], mmd2: [0.017, 0.017], meanReward: [1.6, 1.6] },
      { steps: 5000, seeds: 1, inMode: [0.92, 0.92], mmd2: [0.003, 0.003], meanReward: [2.1, 2.1] },
      { steps: 10_000, seeds: 1, inMode: [0.97, 0.97], mmd2: [0.005, 0.008], meanReward: [2.2, 2.2] },
    ],
  },
  {
    method: 'td3-bc-gaussian',
    label: 'TD3+BC (Gaussian)',
    settings: {},
    rows: [
      {
        steps: 4000,
        seeds: 3,
        inMode: [0.01, 0.03],
        nearestBest: [0.63, 0.68],
        mmd2: [0.21, 0.21],
        meanReward: [0.02, 0.1],
      },
      {
        steps: 28_800,
        seeds: 1,
        inMode: [0.02, 0.02],
        nearestBest: [0.39, 0.39],
        mmd2: [0.22, 0.22],
        meanReward: [0.05, 0.05],
      },
    ],
  },
  {
    method: 'bcq',
    label: 'BCQ',
    settings: {},
    rows: [
      {
        steps: 3400,
        seeds: 3,
        inMode: [0.12, 0.61],
        mmd2: [0.06, 0.21],
        meanReward: [0.4, 1.5],
        acting: { bcqCandidates: 1 },
        note: 'the published panel: the VAE alone (here with its perturbation), 3,400 to 17,800 steps',
      },
      {
        steps: 3400,
        seeds: 3,
        inMode: [0.42, 0.89],
        inBest: [0.39, 0.85],
        nearestBest: [0.94, 0.96],
        meanReward: [2.0, 4.4],
        note: 'best of 10 by Q, 3,400 to 17,800 steps',
      },
      {
        steps: 17_800,
        seeds: 3,
        inMode: [0.12, 0.61],
        mmd2: [0.06, 0.21],
        meanReward: [0.4, 1.5],
        acting: { bcqCandidates: 1 },
        note: 'the published panel: the VAE alone (here with its perturbation), 3,400 to 17,800 steps',
      },
      {
        steps: 17_800,
        seeds: 3,
        inMode: [0.42, 0.89],
        inBest: [0.39, 0.85],
        nearestBest: [0.94, 0.96],
        meanReward: [2.0, 4.4],
        note: 'best of 10 by Q, 3,400 to 17,800 steps',
      },
    ],
  },
  {
    method: 'bear-mmd',
    label: 'BEAR-MMD',
    settings: {},
    rows: [{ steps: 3600, seeds: 3, inMode: [0.08, 0.08], mmd2: [0.11, 0.11], meanReward: [0.2, 0.2] }],
  },
  {
    method: 'diffusion-ql',
    label: 'Diffusion-QL, T 50, η 2.5',
    settings: {},
    rows: [
      { steps: 10_000, seeds: 1, inMode: [0.16, 0.16], nearestBest: [0.93, 0.93], meanReward: [0.8, 0.8] },
      { steps: 13_000, seeds: 1, inMode: [0.36, 0.36], nearestBest: [0.93, 0.93], meanReward: [1.8, 1.8] },
      {
        steps: 19_700,
        seeds: 1,
        inMode: [0.68, 0.68],
        inBest: [0.67, 0.67],
        nearestBest: [0.93, 0.93],
        meanReward: [3.4, 3.4],
      },
      {
        steps: 19_700,
        seeds: 1,
        inMode: [0.74, 0.74],
        nearestBest: [1, 1],
        meanReward: [3.7, 3.7],
        acting: { candidates: 50 },
        note: '50 candidates by the softmax of Q',
      },
    ],
  },
  {
    method: 'diffusion-ql',
    label: 'Diffusion-QL, T 5, η 2.5',
    settings: { diffusionSteps: 5 },
    rows: [
      { steps: 4100, seeds: 3, inMode: [0.005, 0.005], nearestBest: [0.97, 0.98], meanReward: [0.02, 0.02] },
      {
        steps: 30_000,
        seeds: 1,
        inMode: [0.15, 0.78],
        inBest: [0.15, 0.74],
        nearestBest: [0.95, 0.97],
        meanReward: [0.8, 3.7],
        note: 'swings: 25,000 to 30,300 steps',
      },
    ],
  },
];
