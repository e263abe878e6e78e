/** A body that a policy moves before somebody's eyes: real time, slow motion, single steps, pushes. Knows no thread. */
import type { Engine } from '../engine.ts';
import { Environment, type StepResult } from '../environment.ts';
import { DenoisingTracer } from '../rollouts/denoising-trace.ts';
import { createActor, type Policy } from '../rollouts/policy.ts';
import { type Actor } from '../rollouts/network-policy.ts';
import { StageClock } from './clock.ts';
import type { AfterEnd, Push, StageFrame, StageSetup, StageTrace } from './protocol.ts';

/** How long the end of an episode is looked at before the next begins, of the visitor's time. */
export const END_MS = 1200;
/**
 * Steps go on for so long at most, of the visitor's time, before a picture of them is shown. A policy that takes longer than
 * the body's own time would otherwise be ever more steps behind, and the picture would stand still for as long.
 */
const MOST_MS = 12;
/** How long a short push lasts, of the body's time. */
const PUSH_SECONDS = 0.1;

/** One body in one engine; `free` it. Episodes are played as `playEpisode` plays them: nobody's push, the same return. */
export class BodyPlayer {
  private readonly environment: Environment;
  private actor: Actor;
  private policy: Policy;
  /** Of the policy, once somebody looks: policies come every other second while one trains, and seldom is one traced. */
  private tracer: DenoisingTracer | null = null;
  private readonly now: () => number;
  private readonly seed: number;
  private readonly run: number;
  private readonly clock = new StageClock();
  private readonly mass: number;
  private readonly action: Float64Array;
  private readonly before: Float64Array;
  private readonly after: Float64Array;
  private actions: number[] = [];
  private push: { readonly push: Push; steps: number } | null = null;
  private pull: Push | null = null;
  private episode = 0;
  private step = 0;
  private last: StepResult = { reward: 0, terminal: false, timeout: false };
  private sum = 0;
  private speed = 0;
  private pushed = false;
  private missed = 0;
  private endedMs = 0;

  /**
   * @param run its number, which its frames carry.
   * @param now milliseconds of the visitor's time.
   * @throws Error if the policy is not the body's; RangeError if the seed is not an unsigned 32-bit integer.
   */
  constructor(
    engine: Engine,
    { environment, variant, seed, policy }: StageSetup,
    run = 0,
    now: () => number = () => performance.now(),
  ) {
    this.actor = createActor(policy, environment, seed);
    this.policy = policy;
    this.now = now;
    this.seed = seed;
    this.environment = new Environment(engine, environment, { variant, seed });
    this.run = run;
    const { physics, body: task } = this.environment;
    this.mass = physics.masses().reduce((sum, mass) => sum + mass, 0);
    this.action = new Float64Array(task.actions);
    this.before = new Float64Array(physics.sizes.positions);
    this.after = new Float64Array(physics.sizes.positions);
    this.begin(0);
  }

  /** Time has passed. Takes the steps that are due, and after an end the next episode if that is wanted. */
  advance(ms: number, speed: number, afterEnd: AfterEnd): void {
    if (this.ended) {
      this.clock.settle();
      this.endedMs += ms;
      if (afterEnd === 'restart' && this.endedMs >= END_MS) this.begin(this.episode + 1);
      return;
    }
    const due = this.clock.advance(ms, speed, this.environment.stepSeconds);
    const start = this.now();
    for (let left = due; left > 0 && !this.ended; left--) {
      if (left < due && this.now() - start > MOST_MS) {
        this.missed += left;
        this.clock.settle();
        break;
      }
      this.takeStep();
    }
    if (this.ended) this.clock.settle();
  }

  /** One step, at whose end the picture stands. After an end it begins the next episode. */
  stepOnce(): void {
    if (this.ended) this.begin(this.episode + 1);
    else this.takeStep();
    this.clock.settle();
  }

  /** Another policy, from the next step on. @throws Error if it is not the body's; the one before stays then. */
  setPolicy(policy: Policy): void {
    const { id } = this.environment.body;
    this.actor = createActor(policy, id, this.seed);
    this.policy = policy;
    this.tracer = null;
  }

  /** The first episode, from its beginning. */
  restart(): void {
    this.begin(0);
  }

  /** A push for a moment. */
  pushOnce(push: Push): void {
    this.push = { push, steps: Math.max(1, Math.round(PUSH_SECONDS / this.environment.stepSeconds)) };
  }

  /** A push that lasts; null ends it. */
  pullWith(push: Push | null): void {
    this.pull = push;
  }

  /** How it stands now. Hands over the actions since the frame before. */
  frame(): StageFrame {
    const between = this.clock.between;
    const frame: StageFrame = {
      run: this.run,
      qpos: this.after.map((value, i) => this.before[i]! + between * (value - this.before[i]!)),
      episode: this.episode,
      step: this.step,
      reward: this.last.reward,
      speed: this.speed,
      return: this.sum,
      end: this.last.terminal ? 'fall' : this.last.timeout ? 'timeout' : null,
      pushed: this.pushed,
      missed: this.missed,
      actions: Float32Array.from(this.actions),
    };
    this.actions = [];
    this.missed = 0;
    return frame;
  }

  /** How a diffusion policy comes to the action of the state after the last step; null for another policy. */
  trace(): StageTrace | null {
    const { run, episode, step, policy } = this;
    if (policy.kind !== 'diffusion') return null;
    const { observation, body: task } = this.environment;
    this.tracer ??= new DenoisingTracer(policy, task.id, this.seed);
    const trace = this.tracer.trace(observation, step, episode);
    return { run, episode, step, observation: Float32Array.from(observation), trace };
  }

  free(): void {
    this.environment.free();
  }

  private get ended(): boolean {
    return this.last.terminal || this.last.timeout;
  }

  private begin(episode: number): void {
    this.environment.reset(episode);
    this.episode = episode;
    this.step = 0;
    this.sum = 0;
    this.speed = 0;
    this.endedMs = 0;
    this.pushed = false;
    this.push = null;
    this.last = { reward: 0, terminal: false, timeout: false };
    this.actions = [];
    this.missed = 0;
    this.after.set(this.environment.physics.state().qpos);
    this.before.set(this.after);
    this.clock.settle();
  }

  private takeStep(): void {
    const { environment, action } = this;
    this.actor(environment.observation, this.step, this.episode, action);
    for (let i = 0; i < action.length; i++) action[i] = Math.max(-1, Math.min(1, action[i]!));
    this.applyPush();
    this.last = environment.step(action);
    this.before.set(this.after);
    this.after.set(environment.physics.state().qpos);
    this.step++;
    this.sum += this.last.reward;
    this.speed = (this.after[0]! - this.before[0]!) / environment.stepSeconds;
    for (const value of action) this.actions.push(value);
  }

  /** Forces along the slides of the root act at the torso, and turn nothing. */
  private applyPush(): void {
    const { applied } = this.environment.physics.state();
    const short = this.push?.push ?? [0, 0];
    const long = this.pull ?? [0, 0];
    applied[0] = this.mass * (short[0] + long[0]);
    applied[1] = this.mass * (short[1] + long[1]);
    if (applied[0] !== 0 || applied[1] !== 0) this.pushed = true;
    if (this.push && --this.push.steps <= 0) this.push = null;
  }
}
