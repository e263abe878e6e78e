/**
 * How a diffusion policy chooses an action: the candidates at every level from noise to action, their Q, and the chosen
 * one. It uses no tensor library, because it runs in the thread that plays the policy.
 */
import { RandomStream } from '../../math/streams.ts';
import { BODIES } from '../bodies/index.ts';
import type { EnvironmentId } from '../bodies/ids.ts';
import { choiceProbabilities } from '../../math/candidate-choice.ts';
import { checkNetworks, Diffuser, observer, type DiffusionPolicy } from './network-policy.ts';

/** Candidates shown for a policy that draws only one: as many as the published evaluation chooses among. */
export const SHOWN_CANDIDATES = 50;

export interface DenoisingTrace {
  /** N; the policy chooses among the first `acting`. */
  readonly candidates: number;
  readonly acting: number;
  /** A */
  readonly width: number;
  /** The diffusion step of each level: T for the noise, …, 0 for the action. [levels] */
  readonly times: readonly number[];
  /** [levels, N, A], from the noise to the action. */
  readonly chains: Float32Array;
  /** The critics' combined Q of each action, [N]; null without critics. */
  readonly values: Float32Array | null;
  /** Probability that each candidate is chosen, [N]; null if the policy draws only one. */
  readonly probabilities: Float32Array | null;
  /** Index of the chosen candidate. */
  readonly chosen: number;
}

/**
 * Traces one policy. The first `policy.candidates` rows and the choice among them equal the actor's of the same seed. If
 * the policy draws only one, the other rows are drawn from a stream of their own.
 */
export class DenoisingTracer {
  readonly #policy: DiffusionPolicy;
  readonly #width: number;
  readonly #normalise: (observation: Float64Array) => Float32Array;
  readonly #actual: Diffuser;
  readonly #further: { diffuser: Diffuser; stream: RandomStream; noise: Float32Array; count: number } | null;

  /** @throws Error if a width is not the body's, or a number is not finite. */
  constructor(policy: DiffusionPolicy, id: EnvironmentId, seed: number) {
    checkNetworks(policy, id);
    const { actions } = BODIES[id];
    this.#policy = policy;
    this.#width = actions;
    this.#normalise = observer(policy, id);
    this.#actual = new Diffuser(policy, id, seed);
    const count = policy.candidates === 1 ? SHOWN_CANDIDATES - 1 : 0;
    this.#further =
      count > 0
        ? {
            diffuser: new Diffuser({ ...policy, candidates: count }, id, seed),
            stream: new RandomStream(seed, 'policy/further'),
            noise: new Float32Array((policy.plan.length + 1) * count * actions),
            count,
          }
        : null;
  }

  /** @param observation [S] before the action. @param step and `episode`: as for the actor. */
  trace(observation: Float64Array, step: number, episode: number): DenoisingTrace {
    const width = this.#width;
    const further = this.#further;
    const { plan, candidates: acting, choice, critics } = this.#policy;
    const levels = plan.length + 1;
    const candidates = acting + (further?.count ?? 0);
    const state = this.#normalise(observation);
    const chains = new Float32Array(levels * candidates * width);
    const values = critics ? new Float32Array(candidates) : null;

    const own = new Float32Array(levels * acting * width);
    const decision = this.#actual.decide(state, step, episode, own);
    const ownValues = decision.values ?? (values && this.#actual.judge(state, decision.drawn));
    interleave(chains, own, { levels, stride: candidates * width, at: 0 });
    if (ownValues) values?.set(ownValues);

    if (further) {
      const { diffuser, stream, noise, count } = further;
      const others = new Float32Array(levels * count * width);
      stream.fillNormal(noise, step, episode);
      const drawn = diffuser.draw(state, noise, others);
      interleave(chains, others, { levels, stride: candidates * width, at: acting * width });
      values?.set(diffuser.judge(state, drawn), acting);
    }

    return {
      candidates,
      acting,
      width,
      times: [...plan.map(({ at }) => at + 1), 0],
      chains,
      values,
      probabilities: decision.values && choiceProbabilities(decision.values, choice),
      chosen: decision.chosen,
    };
  }
}

/** Copies the rows of each level to their place among all candidates. */
function interleave(
  into: Float32Array,
  part: Float32Array,
  { levels, stride, at }: { levels: number; stride: number; at: number },
): void {
  const size = part.length / levels;
  for (let level = 0; level < levels; level++) {
    into.set(part.subarray(level * size, (level + 1) * size), level * stride + at);
  }
}
