/** Learned policies as plain numbers: a network from state to action, or a reverse diffusion with a choice by Q. */
import { pessimisticEstimate, type Pessimism } from '../../math/pessimism.ts';
import { PlainMlpRunner, parameterCount, type PlainMlp } from '../../math/plain-mlp.ts';
import type { PlannedStep } from '../../math/reverse-plan.ts';
import { fastRunner, type MlpRunner } from '../../math/simd-mlp.ts';
import { RandomStream } from '../../math/streams.ts';
import { BODIES } from '../bodies/index.ts';
import type { EnvironmentId } from '../bodies/ids.ts';
import { chooseCandidate, type CandidateChoice } from '../../math/candidate-choice.ts';

/** (s − mean)/deviation, before a network sees a state. [observations] each. */
export interface StateNormalisation {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  /** If given, normalised states are clipped to ± this. */
  readonly bound?: number;
}

/** A network from the state to the action: its first A outputs, through tanh or clipped to ±1. */
export interface MlpPolicy {
  readonly kind: 'mlp';
  readonly network: PlainMlp;
  readonly squash: 'tanh' | 'clip';
  readonly normalisation?: StateNormalisation;
  /** Standard deviation of independent normal noise on each action; default none. */
  readonly noise?: number;
}

/** A diffusion policy: the reverse process draws candidates, and the critics' Q chooses one. */
export interface DiffusionPolicy {
  readonly kind: 'diffusion';
  /** Maps [action, embedding, state] to the predicted noise. */
  readonly trunk: PlainMlp;
  /** Embeddings of the diffusion steps after their MLP, [T, W]. */
  readonly table: Float32Array;
  /** T */
  readonly diffusionSteps: number;
  readonly plan: readonly PlannedStep[];
  readonly candidates: number;
  /** Drawn by softmax of Q, or the best. */
  readonly choice: CandidateChoice;
  /** Map [state, action] to Q; required with more than one candidate. */
  readonly critics?: readonly PlainMlp[];
  /** How the critics' estimates are combined; default the minimum. */
  readonly pessimism?: Pessimism;
  readonly normalisation?: StateNormalisation;
}

export type NetworkPolicy = MlpPolicy | DiffusionPolicy;

/** @throws Error if a width is not the body's, or a number not finite. */
export function networkActor(policy: NetworkPolicy, id: EnvironmentId, seed: number): Actor {
  checkNetworks(policy, id);
  const act = policy.kind === 'mlp' ? mlpActor(policy, id) : new Diffuser(policy, id, seed).actor;
  const normalise = observer(policy, id);
  return (observation, step, episode, action) => act(normalise(observation), step, episode, action);
}

/** Converts observations [S] to the networks' input, [S] float32; the next call overwrites the array. */
export function observer(
  { normalisation }: NetworkPolicy,
  id: EnvironmentId,
): (observation: Float64Array) => Float32Array {
  const { observations } = BODIES[id];
  const bound = normalisation?.bound ?? Infinity;
  const state = new Float32Array(observations);
  return (observation) => {
    for (let i = 0; i < observations; i++) {
      const value = Math.fround(observation[i]!);
      const seen = normalisation ? (value - normalisation.mean[i]!) / normalisation.deviation[i]! : value;
      state[i] = clip(seen, bound);
    }
    return state;
  };
}

/** As `Actor`, for a normalised state. */
type StateActor = (state: Float32Array, step: number, episode: number, action: Float64Array) => void;

function mlpActor({ network, squash }: MlpPolicy, id: EnvironmentId): StateActor {
  const { actions } = BODIES[id];
  const runner = new PlainMlpRunner(network, 1);
  const squashed = squash === 'tanh' ? Math.tanh : (value: number) => Math.max(-1, Math.min(1, value));
  return (state, _step, _episode, action) => {
    const output = runner.run(state, 1);
    for (let i = 0; i < actions; i++) action[i] = squashed(output[i]!);
  };
}

/** Candidates of a state, and the chosen one. */
interface Decision {
  /** [candidates, A] */
  readonly drawn: Float32Array;
  /** Q of each candidate, as `judge` computes it, [candidates]; null with one candidate. */
  readonly values: Float32Array | null;
  readonly chosen: number;
}

/** A reverse diffusion without a tensor library. */
export class Diffuser {
  readonly #policy: DiffusionPolicy;
  readonly #width: number;
  readonly #timeWidth: number;
  readonly #trunk: MlpRunner;
  readonly #critics: readonly MlpRunner[];
  /** [candidates, action + embedding + state] */
  readonly #input: Float32Array;
  /** [candidates, state + action] */
  readonly #judged: Float32Array;
  readonly #noiseStream: RandomStream;
  readonly #choiceStream: RandomStream;
  /** [steps + 1, candidates, A] */
  readonly #noise: Float32Array;
  readonly #uniform: Float32Array;

  constructor(policy: DiffusionPolicy, id: EnvironmentId, seed: number) {
    const { observations, actions } = BODIES[id];
    const { candidates, diffusionSteps } = policy;
    this.#policy = policy;
    this.#width = actions;
    this.#timeWidth = policy.table.length / diffusionSteps;
    this.#trunk = fastRunner(policy.trunk, candidates);
    this.#critics = (policy.critics ?? []).map((critic) => fastRunner(critic, candidates));
    this.#input = new Float32Array(candidates * this.#trunk.inWidth);
    this.#judged = new Float32Array(candidates * (observations + actions));
    this.#noiseStream = new RandomStream(seed, 'policy/denoising');
    this.#choiceStream = new RandomStream(seed, 'policy/choice');
    this.#noise = new Float32Array((policy.plan.length + 1) * candidates * actions);
    this.#uniform = new Float32Array(candidates);
  }

  /** Writes the action of a state; its noise depends only on seed, episode and step. */
  readonly actor: StateActor = (state, step, episode, action) => {
    const { drawn, chosen } = this.decide(state, step, episode);
    for (let i = 0; i < this.#width; i++) action[i] = drawn[chosen * this.#width + i]!;
  };

  /**
   * Draws candidates in a normalised state [S] and chooses one.
   *
   * @param levels as of `draw`.
   */
  decide(state: Float32Array, step: number, episode: number, levels?: Float32Array): Decision {
    this.#noiseStream.fillNormal(this.#noise, step, episode);
    const drawn = this.draw(state, this.#noise, levels);
    if (this.#policy.candidates === 1) return { drawn, values: null, chosen: 0 };
    this.#choiceStream.fillUniform(this.#uniform, step, episode);
    const values = this.judge(state, drawn);
    return { drawn, values, chosen: chooseCandidate(values, this.#policy.choice, this.#uniform) };
  }

  /**
   * Draws candidates [candidates, A] for a normalised state [S].
   *
   * @param noise [steps + 1, candidates, A]: the initial noise, then that of each reverse step.
   * @param levels [steps + 1, candidates, A], overwritten: the initial noise, then the result of each reverse step.
   */
  draw(state: Float32Array, noise: Float32Array, levels?: Float32Array): Float32Array {
    const { plan, table, candidates } = this.#policy;
    const width = this.#width;
    const timeWidth = this.#timeWidth;
    const input = this.#input;
    const columns = this.#trunk.inWidth;
    const size = candidates * width;
    const x = noise.slice(0, size);
    levels?.set(x);
    for (let row = 0; row < candidates; row++) input.set(state, row * columns + width + timeWidth);
    plan.forEach(({ at, coefficients: c }, k) => {
      const embedding = table.subarray(at * timeWidth, (at + 1) * timeWidth);
      for (let row = 0; row < candidates; row++) {
        for (let i = 0; i < width; i++) input[row * columns + i] = x[row * width + i]!;
        input.set(embedding, row * columns + width);
      }
      const predicted = this.#trunk.run(input, candidates);
      const drawn = (k + 1) * size;
      for (let i = 0; i < size; i++) {
        const clean = clip(c.a * x[i]! - c.b * predicted[i]!, c.bound);
        const next = c.c0 * clean + c.cx * x[i]! + c.ce * predicted[i]! + c.sigma * noise[drawn + i]!;
        x[i] = c.clipResult ? clip(next, c.bound) : next;
      }
      levels?.set(x, drawn);
    });
    return x;
  }

  /** The critics' combined Q of each candidate, [candidates]; requires critics. */
  judge(state: Float32Array, drawn: Float32Array): Float32Array {
    const { candidates } = this.#policy;
    const width = this.#width;
    const judged = this.#judged;
    const columns = state.length + width;
    for (let row = 0; row < candidates; row++) {
      judged.set(state, row * columns);
      judged.set(drawn.subarray(row * width, (row + 1) * width), row * columns + state.length);
    }
    const all = this.#critics.map((critic) => critic.run(judged, candidates));
    return pessimisticEstimate(all, this.#policy.pessimism ?? { kind: 'min' });
  }
}

function clip(value: number, bound: number): number {
  return value > bound ? bound : value < -bound ? -bound : value;
}

/** @throws Error that names the width found and the body's, or a number that is not finite. */
export function checkNetworks(policy: NetworkPolicy, id: EnvironmentId): void {
  const { observations, actions } = BODIES[id];
  const check = (what: string, { sizes, params, norm }: PlainMlp, inWidth: number, outWidth: number) => {
    if (sizes[0] !== inWidth || sizes.at(-1)! < outWidth) {
      throw new Error(
        `The ${what} of a policy of ${id} goes from ${inWidth} to ${outWidth} numbers; this one from ${sizes[0]} to ${sizes.at(-1)}.`,
      );
    }
    const count = parameterCount(sizes, norm);
    if (params.length !== count) {
      throw new Error(
        `The ${what} of a policy, of widths ${sizes.join(', ')}, has ${count} parameters; these are ${params.length}.`,
      );
    }
    const wrong = params.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new Error(`The parameters of a policy's ${what} are finite; number ${wrong} is not.`);
  };
  if (policy.kind === 'mlp') {
    check('network', policy.network, observations, actions);
    checkNormalisation(policy.normalisation, id);
    checkNoise(policy.noise);
    return;
  }
  const { trunk, table, diffusionSteps, candidates, critics } = policy;
  check('denoiser', trunk, actions + table.length / diffusionSteps + observations, actions);
  for (const critic of critics ?? []) check('critic', critic, observations + actions, 1);
  checkNormalisation(policy.normalisation, id);
  if (candidates > 1 && !critics)
    throw new Error(`A choice among ${candidates} candidates needs a policy with critics.`);
}

function checkNormalisation(normalisation: StateNormalisation | undefined, id: EnvironmentId): void {
  if (!normalisation) return;
  const { observations } = BODIES[id];
  const { mean, deviation, bound = Infinity } = normalisation;
  for (const [field, values] of Object.entries({ mean, deviation })) {
    if (values.length !== observations) {
      throw new Error(`States of ${id} have a ${field} of ${observations} numbers; this one has ${values.length}.`);
    }
    if (!values.every(Number.isFinite)) throw new Error(`The ${field} of a policy's states is finite.`);
  }
  const wrong = deviation.findIndex((value) => !(value > 0));
  if (wrong >= 0) throw new Error(`A deviation that states are divided by is above 0; number ${wrong} is not.`);
  if (!(bound > 0)) throw new Error(`Normalised states are clipped to a bound above 0, not ${bound}.`);
}

/** @throws Error if it is not a standard deviation. */
export function checkNoise(noise: number | undefined): void {
  if (noise !== undefined && !(noise >= 0 && noise < Infinity)) {
    throw new Error(`A policy's noise is a number from 0 on, not ${noise}.`);
  }
}

/** Writes the action of a step. Its random numbers depend only on seed, episode and step. */
export type Actor = (observation: Float64Array, step: number, episode: number, action: Float64Array) => void;
