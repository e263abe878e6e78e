/**
 * States of a body from what was observed of it: observations hold every position but x, and x follows from its velocity.
 */
import { PlanarFigure } from './kinematics.ts';
import { isEnvironmentId, TASKS, type EnvironmentId } from './tasks.ts';

/**
 * The body of a dataset's episodes, or null if it is none that can be drawn.
 *
 * @param environment the dataset's, as its manifest names it.
 */
export function recordedBody(environment: string | null, observations: number, actions: number): EnvironmentId | null {
  const name = environment?.toLowerCase().replace(/[-_]v\d+$/, '') ?? '';
  if (!isEnvironmentId(name)) return null;
  const task = TASKS[name];
  return task.observations === observations && task.actions === actions ? name : null;
}

/**
 * Positions at each step of an episode; x begins at 0 and is added up by the trapezoidal rule.
 *
 * @param observations [T, S]
 * @returns [T, positions]
 * @throws RangeError if the observations are not of that body.
 */
export function recordedPositions(environment: EnvironmentId, observations: Float32Array): Float64Array {
  const { model, observations: width, frameSkip } = TASKS[environment];
  if (observations.length % width !== 0) {
    throw new RangeError(
      `Observations of ${environment} have ${width} numbers each; these are ${observations.length}.`,
    );
  }
  const { positions: columns } = new PlanarFigure(model);
  const seconds = model.option.timestep * frameSkip;
  const steps = observations.length / width;
  const states = new Float64Array(steps * columns);
  const speed = (step: number) => observations[step * width + columns - 1]!;
  let x = 0;
  for (let step = 0; step < steps; step++) {
    if (step > 0) x += (seconds * (speed(step - 1) + speed(step))) / 2;
    states[step * columns] = x;
    for (let i = 1; i < columns; i++) states[step * columns + i] = observations[step * width + i - 1]!;
  }
  return states;
}
