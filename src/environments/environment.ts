/** Gym's locomotion environments, version 2, on today's MuJoCo. */
import { RandomStream } from '../math/streams.ts';
import type { PhysicsEngine, Simulation } from './engine.ts';
import { toMjcf } from './mjcf.ts';
import { DEFAULT_VARIANT, modelFor, type PhysicsVariant } from './physics-variant.ts';
import type { BodyDefinition } from './bodies/body.ts';
import { EPISODE_STEPS, BODIES } from './bodies/index.ts';
import type { EnvironmentId } from './bodies/ids.ts';

/**
 * How an action beyond ±1, the motors' limit, is handled:
 * - `clip`: it is clipped before the step, so the control cost sees the clipped one, as in D4RL's wrapper;
 * - `gym`: the motors clip it, and the control cost sees the original, as in plain Gym;
 * - `refuse`: it throws.
 */
type ActionHandling = 'clip' | 'gym' | 'refuse';

export interface EnvironmentOptions {
  /** Default `v2`. */
  variant?: PhysicsVariant;
  /** Of the reset noise; default 0. */
  seed?: number;
  /** Default `clip`. */
  actions?: ActionHandling;
}

/** The result of a step, besides the observation. */
export interface StepResult {
  reward: number;
  /** The body fell: the environment ended the episode. */
  terminal: boolean;
  /** The time limit cut the episode. False if the body fell in the same step. */
  timeout: boolean;
}

/** One body in one engine. */
export class Environment {
  readonly body: BodyDefinition;
  readonly variant: PhysicsVariant;
  /** The observation after the last reset or step, [observations]; the next one overwrites it. */
  readonly observation: Float64Array;
  readonly #simulation: Simulation;
  readonly #handling: ActionHandling;
  readonly #noise: RandomStream;
  readonly #action: Float64Array;
  readonly #positionNoise: Float64Array;
  readonly #velocityNoise: Float64Array;
  readonly #normalNoise: Float32Array;
  readonly #initialPosition: Float64Array;
  #steps = 0;

  /**
   * Compiles the body's model in an engine; call `free` when done. Starts as after `reset(0)`.
   *
   * @throws RangeError if the seed is not an unsigned 32-bit integer.
   */
  constructor(engine: PhysicsEngine, id: EnvironmentId, options: EnvironmentOptions = {}) {
    const { variant = DEFAULT_VARIANT, seed = 0, actions = 'clip' } = options;
    this.body = BODIES[id];
    this.variant = variant;
    this.#handling = actions;
    this.#noise = new RandomStream(seed, 'environment/reset');
    this.#simulation = engine.simulate(toMjcf(modelFor(this.body.model, variant)));
    const { positions, velocities, controls } = this.#simulation.sizes;
    this.observation = new Float64Array(this.body.observations);
    this.#action = new Float64Array(controls);
    this.#positionNoise = new Float64Array(positions);
    this.#velocityNoise = new Float64Array(velocities);
    this.#normalNoise = new Float32Array(velocities);
    this.#initialPosition = this.#simulation.state().qpos.slice();
    this.reset(0);
  }

  /** Seconds of one step. */
  get stepSeconds(): number {
    return this.#simulation.timestep * this.body.frameSkip;
  }

  /** The underlying simulation, for drawing and pushes. */
  get physics(): Simulation {
    return this.#simulation;
  }

  /**
   * Starts an episode. Its noise depends only on seed and number, so episodes can run in any order.
   *
   * @param episode unsigned 32-bit integer.
   */
  reset(episode: number): Float64Array {
    const { scale, velocities } = this.body.resetNoise;
    const noise = this.#noise;
    const positionNoise = this.#positionNoise;
    const velocityNoise = this.#velocityNoise;
    const normalNoise = this.#normalNoise;
    noise.fillUniform(positionNoise, episode, 0);
    for (let i = 0; i < positionNoise.length; i++) {
      positionNoise[i] = this.#initialPosition[i]! + scale * (2 * positionNoise[i]! - 1);
    }
    if (velocities === 'normal') {
      noise.fillNormal(normalNoise, episode, 1);
      for (let i = 0; i < velocityNoise.length; i++) velocityNoise[i] = scale * normalNoise[i]!;
    } else {
      noise.fillUniform(velocityNoise, episode, 1);
      for (let i = 0; i < velocityNoise.length; i++) velocityNoise[i] = scale * (2 * velocityNoise[i]! - 1);
    }
    return this.setState(positionNoise, velocityNoise);
  }

  /**
   * Starts an episode in a given state.
   *
   * @param qpos [positions]: x, height, angle, joints.
   * @param qvel [velocities]
   * @throws RangeError if a length is wrong or a value is not finite.
   */
  setState(qpos: ArrayLike<number>, qvel: ArrayLike<number>): Float64Array {
    const { positions, velocities } = this.#simulation.sizes;
    checkNumbers(qpos, positions, `A state of ${this.body.id} has`, 'positions');
    checkNumbers(qvel, velocities, `A state of ${this.body.id} has`, 'velocities');
    this.#simulation.reset();
    const state = this.#simulation.state();
    state.qpos.set(qpos);
    state.qvel.set(qvel);
    this.#simulation.forward();
    this.#steps = 0;
    return this.#observe();
  }

  /**
   * Takes one step. `observation` then holds the next observation.
   *
   * @param action [actions], −1 to 1; beyond that see `ActionHandling`.
   * @throws RangeError if its length is wrong, or a value is not finite, or beyond ±1 with `refuse`.
   */
  step(action: ArrayLike<number>): StepResult {
    const { body } = this;
    const simulation = this.#simulation;
    const squaredAction = this.#setAction(action);
    const { qpos, ctrl } = simulation.state();
    const before = qpos[0]!;
    ctrl.set(this.#action);
    simulation.step(body.frameSkip);
    const after = simulation.state();
    const velocity = (after.qpos[0]! - before) / this.stepSeconds;
    this.#steps++;
    this.#observe();
    const terminal = !body.healthy(after.qpos, after.qvel);
    return {
      reward: body.reward(velocity, squaredAction),
      terminal,
      timeout: !terminal && this.#steps >= EPISODE_STEPS,
    };
  }

  /** Frees the engine's memory. The environment cannot be used afterwards. */
  free(): void {
    this.#simulation.free();
  }

  /** Stores the clipped action for the motors; returns ‖action‖² for the control cost. */
  #setAction(action: ArrayLike<number>): number {
    const { body } = this;
    const handling = this.#handling;
    const clipped = this.#action;
    checkNumbers(action, clipped.length, `An action of ${body.id} has`, 'values');
    let cost = 0;
    for (let i = 0; i < clipped.length; i++) {
      const value = action[i]!;
      const inside = Math.max(-1, Math.min(1, value));
      if (handling === 'refuse' && inside !== value) {
        throw new RangeError(`An action of ${body.id} lies within ±1; value ${i} of this one is ${value}.`);
      }
      clipped[i] = inside;
      cost += handling === 'gym' ? value ** 2 : inside ** 2;
    }
    return cost;
  }

  #observe(): Float64Array {
    const { qpos, qvel } = this.#simulation.state();
    this.body.observation.observe(qpos, qvel, this.observation);
    return this.observation;
  }
}

function checkNumbers(values: ArrayLike<number>, width: number, whose: string, what: string): void {
  if (values.length !== width) throw new RangeError(`${whose} ${width} ${what}; this one has ${values.length}.`);
  for (let i = 0; i < width; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${whose} finite ${what}; value ${i} is ${values[i]}.`);
  }
}
