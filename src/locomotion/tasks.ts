/** The nine gym tasks of D4RL that Wang et al., 2023, train on: the body, the behaviour, and what differs by task. */
import type { EnvironmentId } from '../environments/tasks.ts';

export type LocomotionBehaviour = 'medium' | 'medium-replay' | 'medium-expert';

export const LOCOMOTION_TASK_IDS = [
  'halfcheetah-medium',
  'hopper-medium',
  'walker2d-medium',
  'halfcheetah-medium-replay',
  'hopper-medium-replay',
  'walker2d-medium-replay',
  'halfcheetah-medium-expert',
  'hopper-medium-expert',
  'walker2d-medium-expert',
] as const;
export type LocomotionTaskId = (typeof LOCOMOTION_TASK_IDS)[number];

export interface LocomotionTaskInfo {
  readonly id: LocomotionTaskId;
  /** "Hopper, medium-expert" */
  readonly name: string;
  readonly environment: EnvironmentId;
  readonly behaviour: LocomotionBehaviour;
  /** D4RL's name of the dataset that the published scores are of. */
  readonly d4rl: string;
  /** Published hyperparameters that differ by task (Wang et al., 2023, table 3 and the authors' code). */
  readonly published: {
    /** Largest global gradient norm (`gn`). */
    readonly gradientClip: number;
    /** Offline selection: how many checkpoints have a lower cloning loss than the one chosen (`top_k`). */
    readonly topK: number;
  };
}

const NAMES: Readonly<Record<EnvironmentId, string>> = {
  hopper: 'Hopper',
  halfcheetah: 'HalfCheetah',
  walker2d: 'Walker2d',
};

/** `gn` and `top_k` of each task, as published. */
const PUBLISHED: Readonly<Record<LocomotionTaskId, readonly [gradientClip: number, topK: number]>> = {
  'halfcheetah-medium': [9, 1],
  'hopper-medium': [9, 2],
  'walker2d-medium': [1, 1],
  'halfcheetah-medium-replay': [2, 0],
  'hopper-medium-replay': [4, 2],
  'walker2d-medium-replay': [4, 1],
  'halfcheetah-medium-expert': [7, 0],
  'hopper-medium-expert': [5, 2],
  'walker2d-medium-expert': [5, 1],
};

function infoOf(id: LocomotionTaskId): LocomotionTaskInfo {
  const cut = id.indexOf('-');
  const environment = id.slice(0, cut) as EnvironmentId;
  const behaviour = id.slice(cut + 1) as LocomotionBehaviour;
  const [gradientClip, topK] = PUBLISHED[id];
  return {
    id,
    name: `${NAMES[environment]}, ${behaviour}`,
    environment,
    behaviour,
    d4rl: `${id}-v2`,
    published: { gradientClip, topK },
  };
}

export const LOCOMOTION_TASKS = Object.fromEntries(LOCOMOTION_TASK_IDS.map((id) => [id, infoOf(id)])) as Readonly<
  Record<LocomotionTaskId, LocomotionTaskInfo>
>;

export function isLocomotionTaskId(text: string): text is LocomotionTaskId {
  return Object.hasOwn(LOCOMOTION_TASKS, text);
}
