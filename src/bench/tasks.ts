/** The measured training steps by name, with published sizes and settings where the paper gives them. */
import type { Widths } from '../algorithms/algorithm.ts';
import type { DiffusionQLConfig } from '../algorithms/diffusion-ql.ts';
import { BANDIT_WIDTHS } from '../bandit/task.ts';
import { presetSettings } from '../bandit/presets.ts';

export const TASK_NAMES = ['d4rl-step', 'd4rl-step-max-q', 'bandit-ql-t50', 'bandit-ql-t5', 'bandit-bc'] as const;
export type TaskName = (typeof TASK_NAMES)[number];

export interface BenchTask {
  method: 'diffusion-ql' | 'bc-diffusion';
  widths: Widths;
  batchSize: number;
  /** BC-Diffusion reads only its own fields. */
  config: DiffusionQLConfig;
}

/** The moving average starts at the first step, so that a step costs as much as most steps of a long run. */
const EMA_START = 0;

function banditConfig(diffusionSteps: number): DiffusionQLConfig {
  return { ...presetSettings('paper', 'diffusion-ql'), diffusionSteps, emaStart: EMA_START, bootstrap: null };
}

const BANDIT = { widths: BANDIT_WIDTHS, batchSize: presetSettings('paper', 'diffusion-ql').batchSize };

/** Widths of HalfCheetah and Walker2d, and the settings of halfcheetah-medium. */
function d4rl(maxQBackup: boolean): BenchTask {
  return {
    method: 'diffusion-ql',
    widths: { stateWidth: 17, actionWidth: 6 },
    batchSize: 256,
    config: {
      ...banditConfig(5),
      hidden: 256,
      timeWidth: 16,
      eta: 1,
      gradientClip: 9,
      bootstrap: { discount: 0.99, tau: 0.005, maxQBackup },
    },
  };
}

export const TASKS: Readonly<Record<TaskName, BenchTask>> = {
  'd4rl-step': d4rl(false),
  'd4rl-step-max-q': d4rl(true),
  'bandit-ql-t50': { method: 'diffusion-ql', ...BANDIT, config: banditConfig(50) },
  'bandit-ql-t5': { method: 'diffusion-ql', ...BANDIT, config: banditConfig(5) },
  'bandit-bc': { method: 'bc-diffusion', ...BANDIT, config: banditConfig(50) },
};

/** The same step with a tiny batch and tiny networks, which any machine runs quickly. */
export function tiny(task: BenchTask): BenchTask {
  const diffusionSteps = Math.min(task.config.diffusionSteps, 5);
  return { ...task, batchSize: 16, config: { ...task.config, hidden: 16, diffusionSteps } };
}
