/**
 * The tasks of locomotion: a body and a behaviour each, and what differs by task. Those of Gym's three bodies are the
 * nine of D4RL that Wang et al., 2023, train on.
 */
import { BODY_NAMES, ENVIRONMENT_IDS, type EnvironmentId } from '../environments/bodies/ids.ts';

const LOCOMOTION_BEHAVIOURS = ['medium', 'medium-replay', 'medium-expert'] as const;
type LocomotionBehaviour = (typeof LOCOMOTION_BEHAVIOURS)[number];
export type LocomotionTaskId = `${EnvironmentId}-${LocomotionBehaviour}`;

/** In the order of the paper's tables: bodies by name within each behaviour. */
export const LOCOMOTION_TASK_IDS: readonly LocomotionTaskId[] = LOCOMOTION_BEHAVIOURS.flatMap((behaviour) =>
  [...ENVIRONMENT_IDS].sort().map((environment) => `${environment}-${behaviour}` as const),
);

interface LocomotionTaskInfo {
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

/** `gn` and `top_k` of each task, as published; a task that the paper does not have clips no gradient. */
const PUBLISHED: Partial<Record<LocomotionTaskId, readonly [gradientClip: number, topK: number]>> = {
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
  const [gradientClip, topK] = PUBLISHED[id] ?? [0, 0];
  return {
    id,
    name: `${BODY_NAMES[environment].gym}, ${behaviour}`,
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
