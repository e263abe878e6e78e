/**
 * States of a body from its observations: they hold every position but x, and x follows from its velocity.
 */
import { BODIES } from './bodies/index.ts';
import { isEnvironmentId, type EnvironmentId } from './bodies/ids.ts';

/**
 * The body of a dataset's episodes, or null if it is not one that can be drawn.
 *
 * @param environment the dataset's, as its manifest names it.
 */
export function recordedBody(environment: string | null, observations: number, actions: number): EnvironmentId | null {
  const name = environment?.toLowerCase().replace(/[-_]v\d+$/, '') ?? '';
  if (!isEnvironmentId(name)) return null;
  const task = BODIES[name];
  return task.observations === observations && task.actions === actions ? name : null;
}

/**
 * Positions at each step of an episode; x starts at 0 and is integrated by the trapezoidal rule.
 *
 * @param observations [T, S]
 * @returns [T, positions]
 * @throws RangeError if the observations do not have the body's width.
 */
export function recordedPositions(environment: EnvironmentId, observations: Float32Array): Float64Array {
  const { model, observation, observations: width, frameSkip } = BODIES[environment];
  if (observations.length % width !== 0) {
    throw new RangeError(
      `Observations of ${environment} have ${width} numbers each; these are ${observations.length}.`,
    );
  }
  const seconds = model.option.timestep * frameSkip;
  let x = 0;
  let lastSpeed: number | null = null;
  const states = Array.from({ length: observations.length / width }, (_, step) => {
    const { qpos, qvel } = observation.restore(observations.subarray(step * width, (step + 1) * width));
    const speed = qvel[0]!;
    if (lastSpeed !== null) x += (seconds * (lastSpeed + speed)) / 2;
    lastSpeed = speed;
    qpos[0] = x;
    return qpos;
  });
  return Float64Array.from(states.flat());
}
