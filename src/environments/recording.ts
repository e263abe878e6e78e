/** Replays one-step transitions recorded in the original Gym environments, and measures the errors of ours. */
import { z } from 'zod';
import { quantile } from '../math/statistics.ts';
import type { PhysicsEngine } from './engine.ts';
import { Environment } from './environment.ts';
import type { PhysicsVariant } from './physics-variant.ts';
import type { BodyDefinition } from './bodies/body.ts';
import { BODIES } from './bodies/index.ts';

/** A replayed step matches the recorded one if no velocity differs by more than this (m/s, rad/s). */
export const VELOCITY_TOLERANCE = 1e-3;

const vector = z.array(z.number({ error: 'a number' }), { error: 'a list of numbers' });
const recordingSchema = z.object({
  environment: z.string({ error: "the environment's name in Gym, such as Hopper-v2" }),
  transitions: z
    .array(
      z.object({
        observation: vector,
        action: vector,
        next_observation: vector,
        reward: z.number({ error: 'a number' }),
      }),
      { error: 'a list of transitions' },
    )
    .min(1, { error: 'a list of at least one transition' }),
});

type Transition = z.infer<typeof recordingSchema>['transitions'][number];

export interface PhysicsRecording {
  task: BodyDefinition;
  transitions: readonly Transition[];
}

/** Errors of the replayed steps. */
interface PhysicsReport {
  /** Fraction of steps, 0 to 1, all of whose velocities are within `VELOCITY_TOLERANCE`. */
  within: number;
  /** Of a step's largest absolute error among its velocities. */
  medianVelocityError: number;
  p99VelocityError: number;
  /** Absolute. */
  medianRewardError: number;
  transitions: number;
}

/**
 * Reads a recording.
 *
 * @throws Error that says what is missing and where, or names the body if it is not one of ours.
 */
export function parsePhysicsRecording(text: string): PhysicsRecording {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`It is no JSON: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
  const parsed = recordingSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue && issue.path.length > 0 ? issue.path.join('.') : 'the file';
    throw new Error(`It is no recording: ${where} is not ${issue?.message ?? 'as it should be'}.`);
  }
  const { environment, transitions } = parsed.data;
  const tasks = Object.values(BODIES);
  const task = tasks.find(({ gymId }) => gymId === environment);
  if (!task) {
    const known = tasks.map(({ gymId }) => gymId).join(', ');
    throw new Error(`It is a recording of ${environment}; those that can be replayed are of ${known}.`);
  }
  transitions.forEach((transition, row) => checkWidths(transition, row, task));
  return { task, transitions };
}

/** Replays each transition from its own observation. The coordinate x is not observed, and changes nothing. */
export function replayPhysics(
  recording: PhysicsRecording,
  engine: PhysicsEngine,
  variant: PhysicsVariant,
): PhysicsReport {
  const { task, transitions } = recording;
  const environment = new Environment(engine, task.id, { variant, actions: 'gym' });
  try {
    const errors = transitions.map((transition) => replayOne(environment, transition));
    const velocities = sorted(errors.map(({ velocity }) => velocity));
    const rewards = sorted(errors.map(({ reward }) => reward));
    return {
      within: velocities.filter((error) => error <= VELOCITY_TOLERANCE).length / velocities.length,
      medianVelocityError: quantile(velocities, 0.5),
      p99VelocityError: quantile(velocities, 0.99),
      medianRewardError: quantile(rewards, 0.5),
      transitions: transitions.length,
    };
  } finally {
    environment.free();
  }
}

function replayOne(environment: Environment, transition: Transition): { velocity: number; reward: number } {
  const { observation, action, next_observation: next, reward } = transition;
  const { restore } = environment.body.observation;
  const { qpos, qvel } = restore(observation);
  environment.setState(qpos, qvel);
  const result = environment.step(action);
  const reached = restore(environment.observation).qvel;
  const errors = restore(next).qvel.map((recorded, i) => Math.abs(reached[i]! - recorded));
  return { velocity: Math.max(0, ...errors), reward: Math.abs(result.reward - reward) };
}

function checkWidths(transition: Transition, row: number, task: BodyDefinition): void {
  const check = (what: keyof Transition, width: number, values: readonly number[]) => {
    if (values.length === width) return;
    throw new Error(
      `It is no recording of ${task.gymId}: transitions.${row}.${what} has ${values.length} values, not ${width}.`,
    );
  };
  check('observation', task.observations, transition.observation);
  check('action', task.actions, transition.action);
  check('next_observation', task.observations, transition.next_observation);
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
