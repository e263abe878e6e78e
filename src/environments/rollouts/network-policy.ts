/** Policies that were learned, as plain numbers: a network to an action, or a reverse diffusion with a choice by Q. */
import { pessimisticEstimate, type Pessimism } from '../../math/pessimism.ts';
import { MlpRunner, type PlainMlp } from '../../math/plain-mlp.ts';
import type { PlannedStep } from '../../math/reverse-plan.ts';
import { fastRunner, type Runner } from '../../math/simd-mlp.ts';
import { RandomStream } from '../../math/streams.ts';
import { TASKS, type EnvironmentId } from '../tasks.ts';
import type { Actor } from './policy.ts';

/** (s − mean)/deviation, before a network sees a state. [observations] each. */
export interface StateNormalisation {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** A network from the state to the action: its first outputs, through tanh or clipped to ±1. */
export interface MlpPolicy {
  readonly kind: 'mlp';
  readonly network: PlainMlp;
  readonly squash: 'tanh' | 'clip';
  readonly normalisation?: StateNormalisation;
}

/** A diffusion policy: candidates drawn by the reverse process, of which one is chosen by the Q of its critics. */
export interface DiffusionPolicy {
  readonly kind: 'diffusion';
  /** From [action, embedding, state] to the predicted noise. */
  readonly trunk: PlainMlp;
  /** The diffusion steps embedded, [T, W], behind their MLP. */
  readonly table: Float32Array;
  /** T */
  readonly diffusionSteps: number;
  readonly plan: readonly PlannedStep[];
  readonly candidates: number;
  /** Drawn by softmax of Q, or the best. */
  readonly choice: 'softmax' | 'argmax';
  /** From [state, action] to Q; needed with more than one candidate. */
  readonly critics?: readonly PlainMlp[];
  /** What the critics together hold Q for: the least, unless said. */
  readonly pessimism?: Pessimism;
  readonly normalisation?: StateNormalisation;
}

export type NetworkPolicy = MlpPolicy | DiffusionPolicy;

/** @throws Error if a width is not the body's, or a number not finite. */
export function networkActor(policy: NetworkPolicy, id: EnvironmentId, seed: number): Actor {
  const { observations } = TASKS[id];
  checkNetworks(policy, id);
  const act = policy.kind === 'mlp' ? mlpActor(policy, id) : new Diffuser(policy, id, seed).actor;
  const { normalisation } = policy;
  const state = new Float32Array(observations);
  return (observation, step, episode, action) => {
    for (let i = 0; i < observations; i++) {
      const value = Math.fround(observation[i]!);
      state[i] = normalisation ? (value - normalisation.mean[i]!) / normalisation.deviation[i]! : value;
    }
    act(state, step, episode, action);
  };
}

/** As `Actor`, of a state as the networks see it. */
type StateActor = (state: Float32Array, step: number, episode: number, action: Float64Array) => void;

function mlpActor({ network, squash }: MlpPolicy, id: EnvironmentId): StateActor {
  const { actions } = TASKS[id];
  const runner = new MlpRunner(network, 1);
  const squashed = squash === 'tanh' ? Math.tanh : (value: number) => Math.max(-1, Math.min(1, value));
  return (state, _step, _episode, action) => {
    const output = runner.run(state, 1);
    for (let i = 0; i < actions; i++) action[i] = squashed(output[i]!);
  };
}

/** A reverse diffusion in plain code. */
export class Diffuser {
  /** Writes the action of a state; its noise depends on seed, episode and step alone. */
  readonly actor: StateActor;
  private readonly policy: DiffusionPolicy;
  private readonly width: number;
  private readonly timeWidth: number;
  private readonly trunk: Runner;
  private readonly critics: readonly Runner[];
  /** [candidates, action + embedding + state] */
  private readonly input: Float32Array;
  /** [candidates, state + action] */
  private readonly judged: Float32Array;

  constructor(policy: DiffusionPolicy, id: EnvironmentId, seed: number) {
    const { observations, actions } = TASKS[id];
    const { candidates, diffusionSteps } = policy;
    this.policy = policy;
    this.width = actions;
    this.timeWidth = policy.table.length / diffusionSteps;
    this.trunk = fastRunner(policy.trunk, candidates);
    this.critics = candidates > 1 ? policy.critics!.map((critic) => fastRunner(critic, candidates)) : [];
    this.input = new Float32Array(candidates * this.trunk.inWidth);
    this.judged = new Float32Array(candidates * (observations + actions));
    const noiseStream = new RandomStream(seed, 'policy/denoising');
    const choiceStream = new RandomStream(seed, 'policy/choice');
    const noise = new Float32Array((policy.plan.length + 1) * candidates * actions);
    const uniform = new Float32Array(candidates);
    this.actor = (state, step, episode, action) => {
      noiseStream.fillNormal(noise, step, episode);
      const drawn = this.draw(state, noise);
      let chosen = 0;
      if (candidates > 1) {
        choiceStream.fillUniform(uniform, step, episode);
        chosen = choose(this.judge(state, drawn), policy.choice, uniform);
      }
      for (let i = 0; i < actions; i++) action[i] = drawn[chosen * actions + i]!;
    };
  }

  /**
   * Candidates [candidates, A] for a state [S] as the networks see it.
   *
   * @param noise [steps + 1, candidates, A]: the start, then each reverse step's.
   */
  draw(state: Float32Array, noise: Float32Array): Float32Array {
    const { plan, table, candidates } = this.policy;
    const { width, timeWidth, input } = this;
    const columns = this.trunk.inWidth;
    const size = candidates * width;
    const x = noise.slice(0, size);
    for (let row = 0; row < candidates; row++) input.set(state, row * columns + width + timeWidth);
    plan.forEach(({ at, coefficients: c }, k) => {
      const embedding = table.subarray(at * timeWidth, (at + 1) * timeWidth);
      for (let row = 0; row < candidates; row++) {
        for (let i = 0; i < width; i++) input[row * columns + i] = x[row * width + i]!;
        input.set(embedding, row * columns + width);
      }
      const predicted = this.trunk.run(input, candidates);
      const drawn = (k + 1) * size;
      for (let i = 0; i < size; i++) {
        const clean = clip(c.a * x[i]! - c.b * predicted[i]!, c.bound);
        const next = c.c0 * clean + c.cx * x[i]! + c.ce * predicted[i]! + c.sigma * noise[drawn + i]!;
        x[i] = c.clipResult ? clip(next, c.bound) : next;
      }
    });
    return x;
  }

  /** What the critics together hold Q for, of each candidate [candidates]. */
  judge(state: Float32Array, drawn: Float32Array): Float32Array {
    const { candidates } = this.policy;
    const { judged, width } = this;
    const columns = state.length + width;
    for (let row = 0; row < candidates; row++) {
      judged.set(state, row * columns);
      judged.set(drawn.subarray(row * width, (row + 1) * width), row * columns + state.length);
    }
    const all = this.critics.map((critic) => critic.run(judged, candidates));
    return pessimisticEstimate(all, this.policy.pessimism ?? { kind: 'min' });
  }
}

function clip(value: number, bound: number): number {
  return value > bound ? bound : value < -bound ? -bound : value;
}

/** Index of the best score, or of one drawn with probability softmax(q), by the Gumbel-max trick. */
function choose(q: Float32Array, choice: DiffusionPolicy['choice'], uniform: Float32Array): number {
  let best = 0;
  let highest = -Infinity;
  q.forEach((value, row) => {
    const u = (uniform[row]! + 1e-7) * (1 - 2e-7);
    const score = choice === 'softmax' ? value - Math.log(-Math.log(u)) : value;
    if (score > highest) {
      highest = score;
      best = row;
    }
  });
  return best;
}

function checkNetworks(policy: NetworkPolicy, id: EnvironmentId): void {
  const { observations, actions } = TASKS[id];
  const check = (what: string, { sizes, params }: PlainMlp, inWidth: number, outWidth: number) => {
    if (sizes[0] !== inWidth || sizes.at(-1)! < outWidth) {
      throw new Error(
        `The ${what} of a policy of ${id} goes from ${inWidth} to ${outWidth} numbers; this one from ${sizes[0]} to ${sizes.at(-1)}.`,
      );
    }
    const wrong = params.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new Error(`The parameters of a policy's ${what} are finite; number ${wrong} is not.`);
  };
  if (policy.kind === 'mlp') {
    check('network', policy.network, observations, actions);
    return;
  }
  const { trunk, table, diffusionSteps, candidates, critics } = policy;
  check('denoiser', trunk, actions + table.length / diffusionSteps + observations, actions);
  for (const critic of critics ?? []) check('critic', critic, observations + actions, 1);
  if (candidates > 1 && !critics)
    throw new Error(`A choice among ${candidates} candidates needs a policy with critics.`);
}
