/** Plays a policy on a body interactively: real time, slow motion, single steps, pushes. Independent of workers. */
import type { PhysicsEngine } from '../engine.ts';
import { Environment, type StepResult } from '../environment.ts';
import { DenoisingTracer } from '../rollouts/denoising-trace.ts';
import { createActor, type Policy } from '../rollouts/policy.ts';
import { type Actor } from '../rollouts/network-policy.ts';
import { StageClock } from './clock.ts';
import type { AfterEnd, Push, StageFrame, StageSetup, StageTrace } from './protocol.ts';

/** How long the end of an episode stays visible before the next begins, in wall-clock time. */
export const END_MS = 1200;
/**
 * The most wall-clock time for steps between two frames. A policy that is slower than real time would otherwise fall
 * further and further behind, and the picture would freeze.
 */
const STEP_BUDGET_MS = 12;
/** How long a short push lasts, in simulated time. */
const PUSH_SECONDS = 0.1;

/** One body in one engine; call `free` when done. Without pushes, an episode has the return of `playEpisode`. */
export class BodyPlayer {
  readonly #environment: Environment;
  #actor: Actor;
  #policy: Policy;
  /** Created on demand: a training run replaces the policy every other second, and few policies are traced. */
  #tracer: DenoisingTracer | null = null;
  readonly #now: () => number;
  readonly #seed: number;
  readonly #run: number;
  readonly #clock = new StageClock();
  readonly #mass: number;
  readonly #action: Float64Array;
  readonly #before: Float64Array;
  readonly #after: Float64Array;
  #actions: number[] = [];
  #push: { readonly push: Push; steps: number } | null = null;
  #pull: Push | null = null;
  #episode = 0;
  #step = 0;
  #last: StepResult = { reward: 0, terminal: false, timeout: false };
  #sum = 0;
  #speed = 0;
  #pushed = false;
  #missed = 0;
  #endedMs = 0;

  /**
   * @param run a number that its frames carry.
   * @param now wall-clock time in milliseconds.
   * @throws Error if the policy does not fit the body; RangeError if the seed is not an unsigned 32-bit integer.
   */
  constructor(
    engine: PhysicsEngine,
    { environment, variant, seed, policy }: StageSetup,
    run = 0,
    now: () => number = () => performance.now(),
  ) {
    this.#actor = createActor(policy, environment, seed);
    this.#policy = policy;
    this.#now = now;
    this.#seed = seed;
    this.#environment = new Environment(engine, environment, { variant, seed });
    this.#run = run;
    const { physics, body } = this.#environment;
    this.#mass = physics.masses().reduce((sum, mass) => sum + mass, 0);
    this.#action = new Float64Array(body.actions);
    this.#before = new Float64Array(physics.sizes.positions);
    this.#after = new Float64Array(physics.sizes.positions);
    this.#begin(0);
  }

  /** Advances by wall-clock time: takes the steps that are due, and starts the next episode after an end if wanted. */
  advance(ms: number, speed: number, afterEnd: AfterEnd): void {
    if (this.#ended) {
      this.#clock.settle();
      this.#endedMs += ms;
      if (afterEnd === 'restart' && this.#endedMs >= END_MS) this.#begin(this.#episode + 1);
      return;
    }
    const due = this.#clock.advance(ms, speed, this.#environment.stepSeconds);
    const start = this.#now();
    for (let left = due; left > 0 && !this.#ended; left--) {
      if (left < due && this.#now() - start > STEP_BUDGET_MS) {
        this.#missed += left;
        this.#clock.settle();
        break;
      }
      this.#takeStep();
    }
    if (this.#ended) this.#clock.settle();
  }

  /** Takes one step and shows its end. After the end of an episode it begins the next. */
  stepOnce(): void {
    if (this.#ended) this.#begin(this.#episode + 1);
    else this.#takeStep();
    this.#clock.settle();
  }

  /** Replaces the policy from the next step on. @throws Error if it does not fit the body; the old one then stays. */
  setPolicy(policy: Policy): void {
    const { id } = this.#environment.body;
    this.#actor = createActor(policy, id, this.#seed);
    this.#policy = policy;
    this.#tracer = null;
  }

  /** Returns to the start of the first episode. */
  restart(): void {
    this.#begin(0);
  }

  /** A short push. */
  pushOnce(push: Push): void {
    this.#push = { push, steps: Math.max(1, Math.round(PUSH_SECONDS / this.#environment.stepSeconds)) };
  }

  /** A lasting push; null ends it. */
  pullWith(push: Push | null): void {
    this.#pull = push;
  }

  /** The current frame, with the actions since the last one. */
  frame(): StageFrame {
    const between = this.#clock.between;
    const frame: StageFrame = {
      run: this.#run,
      qpos: this.#after.map((value, i) => this.#before[i]! + between * (value - this.#before[i]!)),
      episode: this.#episode,
      step: this.#step,
      reward: this.#last.reward,
      speed: this.#speed,
      return: this.#sum,
      end: this.#last.terminal ? 'fall' : this.#last.timeout ? 'timeout' : null,
      pushed: this.#pushed,
      missed: this.#missed,
      actions: Float32Array.from(this.#actions),
    };
    this.#actions = [];
    this.#missed = 0;
    return frame;
  }

  /** The denoising trace of the next action; null for a policy that is not a diffusion. */
  trace(): StageTrace | null {
    const policy = this.#policy;
    const episode = this.#episode;
    const step = this.#step;
    if (policy.kind !== 'diffusion') return null;
    const { observation, body } = this.#environment;
    this.#tracer ??= new DenoisingTracer(policy, body.id, this.#seed);
    const trace = this.#tracer.trace(observation, step, episode);
    return { run: this.#run, episode, step, observation: Float32Array.from(observation), trace };
  }

  free(): void {
    this.#environment.free();
  }

  get #ended(): boolean {
    return this.#last.terminal || this.#last.timeout;
  }

  #begin(episode: number): void {
    this.#environment.reset(episode);
    this.#episode = episode;
    this.#step = 0;
    this.#sum = 0;
    this.#speed = 0;
    this.#endedMs = 0;
    this.#pushed = false;
    this.#push = null;
    this.#last = { reward: 0, terminal: false, timeout: false };
    this.#actions = [];
    this.#missed = 0;
    this.#after.set(this.#environment.physics.state().qpos);
    this.#before.set(this.#after);
    this.#clock.settle();
  }

  #takeStep(): void {
    const environment = this.#environment;
    const action = this.#action;
    this.#actor(environment.observation, this.#step, this.#episode, action);
    for (let i = 0; i < action.length; i++) action[i] = Math.max(-1, Math.min(1, action[i]!));
    this.#applyPush();
    this.#last = environment.step(action);
    this.#before.set(this.#after);
    this.#after.set(environment.physics.state().qpos);
    this.#step++;
    this.#sum += this.#last.reward;
    this.#speed = (this.#after[0]! - this.#before[0]!) / environment.stepSeconds;
    for (const value of action) this.#actions.push(value);
  }

  /** Forces along the root's slides act at the torso and turn nothing. */
  #applyPush(): void {
    const { applied } = this.#environment.physics.state();
    const short = this.#push?.push ?? [0, 0];
    const long = this.#pull ?? [0, 0];
    applied[0] = this.#mass * (short[0] + long[0]);
    applied[1] = this.#mass * (short[1] + long[1]);
    if (applied[0] !== 0 || applied[1] !== 0) this.#pushed = true;
    if (this.#push && --this.#push.steps <= 0) this.#push = null;
  }
}
