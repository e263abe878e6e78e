/** Gym's locomotion environments, version 2, on today's MuJoCo. */
import { RandomStream } from '../math/streams.ts';
import type { Engine, Simulation } from './engine.ts';
import { toMjcf } from './mjcf.ts';
import { DEFAULT_VARIANT, modelFor, type PhysicsVariant } from './physics-variant.ts';
import type { BodyDefinition } from './bodies/body.ts';
import { EPISODE_STEPS, BODIES } from './bodies/index.ts';
import type { EnvironmentId } from './bodies/ids.ts';

/**
 * What is done with an action beyond ±1, where motors stop:
 * - `clip`: it is clipped before the step, control cost included, as D4RL's wrapper does;
 * - `gym`: the motors clip it, and the control cost takes it as it is, as plain Gym does;
 * - `refuse`: it is an error.
 */
export type ActionHandling = 'clip' | 'gym' | 'refuse';

export interface EnvironmentOptions {
  /** `v2` unless told. */
  variant?: PhysicsVariant;
  /** Of the reset noise; 0 unless told. */
  seed?: number;
  /** `clip` unless told. */
  actions?: ActionHandling;
}

/** What came of a step. */
export interface StepResult {
  reward: number;
  /** The body fell: the environment ended the episode. */
  terminal: boolean;
  /** The time limit cut the episode. False where the body fell in that very step. */
  timeout: boolean;
}

/** One body in one engine. Its steps can be stored: observation before, action, reward, flags. */
export class Environment {
  readonly body: BodyDefinition;
  readonly variant: PhysicsVariant;
  /** The observation after the last reset or step, [observations]; overwritten by the next. */
  readonly observation: Float64Array;
  private readonly simulation: Simulation;
  private readonly handling: ActionHandling;
  private readonly noise: RandomStream;
  private readonly action: Float64Array;
  private readonly positionNoise: Float64Array;
  private readonly velocityNoise: Float64Array;
  private readonly normalNoise: Float32Array;
  private readonly initialPosition: Float64Array;
  private steps = 0;

  /**
   * Compiles the body's model in an engine; `free` it. Starts as after `reset(0)`.
   *
   * @throws RangeError if the seed is not an unsigned 32-bit integer.
   */
  constructor(engine: Engine, id: EnvironmentId, options: EnvironmentOptions = {}) {
    const { variant = DEFAULT_VARIANT, seed = 0, actions = 'clip' } = options;
    this.body = BODIES[id];
    this.variant = variant;
    this.handling = actions;
    this.noise = new RandomStream(seed, 'environment/reset');
    this.simulation = engine.simulate(toMjcf(modelFor(this.body.model, variant)));
    const { positions, velocities, controls } = this.simulation.sizes;
    this.observation = new Float64Array(this.body.observations);
    this.action = new Float64Array(controls);
    this.positionNoise = new Float64Array(positions);
    this.velocityNoise = new Float64Array(velocities);
    this.normalNoise = new Float32Array(velocities);
    this.initialPosition = this.simulation.state().qpos.slice();
    this.reset(0);
  }

  /** Seconds of one step. */
  get stepSeconds(): number {
    return this.simulation.timestep * this.body.frameSkip;
  }

  /** The simulation under it: for pictures and pushes. */
  get physics(): Simulation {
    return this.simulation;
  }

  /**
   * Starts an episode. Its noise depends on seed and number alone, so episodes can run in any order.
   *
   * @param episode unsigned 32-bit integer.
   */
  reset(episode: number): Float64Array {
    const { scale, velocities } = this.body.resetNoise;
    const { positionNoise, velocityNoise, normalNoise, noise } = this;
    noise.fillUniform(positionNoise, episode, 0);
    for (let i = 0; i < positionNoise.length; i++) {
      positionNoise[i] = this.initialPosition[i]! + scale * (2 * positionNoise[i]! - 1);
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
   * @param qpos positions: x, height, angle, joints.
   * @param qvel their velocities.
   * @throws RangeError if a width is wrong or a value not finite.
   */
  setState(qpos: ArrayLike<number>, qvel: ArrayLike<number>): Float64Array {
    const { positions, velocities } = this.simulation.sizes;
    checkNumbers(qpos, positions, `A state of ${this.body.id} has`, 'positions');
    checkNumbers(qvel, velocities, `A state of ${this.body.id} has`, 'velocities');
    this.simulation.reset();
    const state = this.simulation.state();
    state.qpos.set(qpos);
    state.qvel.set(qvel);
    this.simulation.forward();
    this.steps = 0;
    return this.observe();
  }

  /**
   * One step. `observation` is then that of the state after it.
   *
   * @param action [actions], −1 to 1; beyond that see `ActionHandling`.
   * @throws RangeError if its width is wrong, a value not finite, or beyond ±1 where that is refused.
   */
  step(action: ArrayLike<number>): StepResult {
    const { simulation, body } = this;
    const squaredAction = this.take(action);
    const { qpos, ctrl } = simulation.state();
    const before = qpos[0]!;
    ctrl.set(this.action);
    simulation.step(body.frameSkip);
    const after = simulation.state();
    const velocity = (after.qpos[0]! - before) / this.stepSeconds;
    this.steps++;
    this.observe();
    const terminal = !body.healthy(after.qpos, after.qvel);
    return {
      reward: body.reward(velocity, squaredAction),
      terminal,
      timeout: !terminal && this.steps >= EPISODE_STEPS,
    };
  }

  /** Gives the engine its memory back. The environment is of no use afterwards. */
  free(): void {
    this.simulation.free();
  }

  /** Notes what goes to the motors; returns ‖action‖² as the control cost takes it. */
  private take(action: ArrayLike<number>): number {
    const { action: clipped, handling, body: task } = this;
    checkNumbers(action, clipped.length, `An action of ${task.id} has`, 'values');
    let cost = 0;
    for (let i = 0; i < clipped.length; i++) {
      const value = action[i]!;
      const inside = Math.max(-1, Math.min(1, value));
      if (handling === 'refuse' && inside !== value) {
        throw new RangeError(`An action of ${task.id} lies within ±1; value ${i} of this one is ${value}.`);
      }
      clipped[i] = inside;
      cost += handling === 'gym' ? value ** 2 : inside ** 2;
    }
    return cost;
  }

  private observe(): Float64Array {
    const { qpos, qvel } = this.simulation.state();
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
