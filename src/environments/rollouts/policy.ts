/** Policies that run in the rollout's thread. They are plain numbers, so that a message can carry them. */
import { RandomStream } from '../../math/streams.ts';
import { BODIES } from '../bodies/index.ts';
import type { EnvironmentId } from '../bodies/ids.ts';
import { checkNoise, networkActor, type NetworkPolicy } from './network-policy.ts';
import type { Actor } from './network-policy.ts';

/**
 * Actions = `weights` · (observation − mean)/deviation, plus optional normal noise.
 */
export interface LinearPolicy {
  readonly kind: 'linear';
  /** [actions, observations], row-major. */
  readonly weights: readonly number[];
  /** [observations] */
  readonly mean: readonly number[];
  /** [observations]; an observation with deviation 0 is ignored. */
  readonly deviation: readonly number[];
  /** Standard deviation of independent normal noise on each action; default none. */
  readonly noise?: number;
}

/** Each action uniform within ±1. */
interface UniformPolicy {
  readonly kind: 'uniform';
}

export type Policy = LinearPolicy | UniformPolicy | NetworkPolicy;

/** A linear policy whose actions are 0. */
export function zeroPolicy(id: EnvironmentId): LinearPolicy {
  const { observations, actions } = BODIES[id];
  const fill = (length: number, value: number) => new Array<number>(length).fill(value);
  return {
    kind: 'linear',
    weights: fill(observations * actions, 0),
    mean: fill(observations, 0),
    deviation: fill(observations, 1),
  };
}

/**
 * A function that computes a policy's actions.
 *
 * @throws Error if a width is not the body's, or a number is not finite.
 */
export function createActor(policy: Policy, id: EnvironmentId, seed: number): Actor {
  if (policy.kind === 'uniform') return uniformActor(seed);
  if (policy.kind === 'diffusion') return networkActor(policy, id, seed);
  if (policy.kind === 'linear') checkLinear(policy, id);
  const plain = policy.kind === 'linear' ? linearActor(policy) : networkActor(policy, id, seed);
  return policy.noise ? withNoise(plain, policy.noise, seed) : plain;
}

/** @throws Error that names the field if a policy's widths are not the body's, or a number is not finite. */
export function checkLinear(policy: LinearPolicy, id: EnvironmentId): void {
  const { observations, actions } = BODIES[id];
  const check = (field: 'weights' | 'mean' | 'deviation', length: number, shape: string) => {
    const values = policy[field];
    if (values.length !== length) {
      throw new Error(`A linear policy of ${id} has ${shape} ${field}; this one has ${values.length}.`);
    }
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new Error(`A linear policy's ${field} are finite; number ${wrong} is ${values[wrong]}.`);
  };
  check('weights', actions * observations, `${actions} × ${observations}`);
  check('mean', observations, `${observations}`);
  check('deviation', observations, `${observations}`);
  checkNoise(policy.noise);
}

function linearActor({ weights, mean, deviation }: LinearPolicy): Actor {
  const width = mean.length;
  const scale = deviation.map((value) => (value > 0 ? 1 / value : 0));
  // The normalisation is folded into the matrix and an offset an action.
  const matrix = Float64Array.from(weights, (weight, i) => weight * scale[i % width]!);
  const offsets = new Float64Array(matrix.length / width);
  matrix.forEach((weight, i) => (offsets[Math.floor(i / width)]! -= weight * mean[i % width]!));
  return (observation, _step, _episode, action) => {
    for (let row = 0, at = 0; row < offsets.length; row++) {
      let sum = offsets[row]!;
      for (let column = 0; column < width; column++) sum += matrix[at++]! * observation[column]!;
      action[row] = sum;
    }
  };
}

function withNoise(actor: Actor, deviation: number, seed: number): Actor {
  const stream = new RandomStream(seed, 'policy/noise');
  let noise = new Float32Array(0);
  return (observation, step, episode, action) => {
    actor(observation, step, episode, action);
    if (noise.length !== action.length) noise = new Float32Array(action.length);
    stream.fillNormal(noise, step, episode);
    for (let i = 0; i < action.length; i++) action[i]! += deviation * noise[i]!;
  };
}

function uniformActor(seed: number): Actor {
  const stream = new RandomStream(seed, 'policy/uniform');
  return (_observation, step, episode, action) => {
    stream.fillUniform(action, step, episode);
    for (let i = 0; i < action.length; i++) action[i] = 2 * action[i]! - 1;
  };
}
