import { describe, expect, it } from 'vitest';
import { reversePlan } from '../../math/reverse-plan.ts';
import { betas, diffusionCoefficients } from '../../math/schedules.ts';
import { parameterCount, type PlainMlp } from '../../math/plain-mlp.ts';
import { RandomStream } from '../../math/streams.ts';
import { choiceProbabilities, chooseCandidate } from '../../math/candidate-choice.ts';
import { DenoisingTracer, SHOWN_CANDIDATES } from './denoising-trace.ts';
import { networkActor, type DiffusionPolicy } from './network-policy.ts';

const T = 4;
const EMBEDDED = 6;

function mlp(name: string, sizes: number[]): PlainMlp {
  const params = new Float32Array(parameterCount(sizes));
  new RandomStream(1, name).fillNormal(params, 0);
  return { sizes, activation: 'mish', params: params.map((value) => 0.3 * value) };
}

/** A policy of hopper with random networks. */
function policyOf(change: Partial<DiffusionPolicy>): DiffusionPolicy {
  const coefficients = diffusionCoefficients(betas('vp', T));
  return {
    kind: 'diffusion',
    trunk: mlp('trunk', [3 + EMBEDDED + 11, 12, 3]),
    table: Float32Array.from({ length: T * EMBEDDED }, (_, i) => Math.sin(i)),
    diffusionSteps: T,
    plan: reversePlan({ coefficients, diffusionSteps: T }, { sampler: 'ancestral' }),
    candidates: 7,
    choice: 'softmax',
    critics: [mlp('q1', [14, 8, 1]), mlp('q2', [14, 8, 1])],
    normalisation: { mean: new Float32Array(11).fill(0.1), deviation: new Float32Array(11).fill(2) },
    ...change,
  };
}

const STATE = Float64Array.from({ length: 11 }, (_, i) => Math.cos(i));

describe('a trace of the denoising', () => {
  it.each([
    ['softmax', 7],
    ['argmax', 7],
    ['softmax', 1],
  ] as const)('a denoising trace ends at the action taken, by %s of %i', (choice, candidates) => {
    const policy = policyOf({ choice, candidates });
    const act = networkActor(policy, 'hopper', 9);
    const tracer = new DenoisingTracer(policy, 'hopper', 9);
    for (const [step, episode] of [
      [0, 0],
      [3, 0],
      [3, 2],
    ] as const) {
      const action = new Float64Array(3);
      act(STATE, step, episode, action);
      const trace = tracer.trace(STATE, step, episode);
      const { chains, chosen, values } = trace;
      expect(trace).toMatchObject({
        acting: candidates,
        candidates: candidates === 1 ? SHOWN_CANDIDATES : candidates,
        times: [4, 3, 2, 1, 0],
      });
      expect(chosen).toBeLessThan(candidates);
      const last = chains.subarray(T * trace.candidates * 3);
      expect([...last.subarray(3 * chosen, 3 * chosen + 3)]).toEqual([...action]);
      expect(last.every((value) => Math.abs(value) <= 1)).toBe(true);
      expect(new Set(values!).size).toBeGreaterThan(4);
      if (choice === 'argmax') {
        expect(values![chosen]).toBe(Math.max(...values!.subarray(0, candidates)));
      }
    }
  });

  it('a denoising trace starts at the actor’s noise, with other noise for extra candidates', () => {
    const noise = new Float32Array(3);
    new RandomStream(9, 'policy/denoising').fillNormal(noise, 5, 1);
    const { chains } = new DenoisingTracer(policyOf({ candidates: 1 }), 'hopper', 9).trace(STATE, 5, 1);
    expect([...chains.subarray(0, 3)]).toEqual([...noise]);
    expect(new Set(chains.subarray(0, 3 * SHOWN_CANDIDATES)).size).toBe(3 * SHOWN_CANDIDATES);
  });

  it('a denoising trace has probabilities with several candidates, and Q with critics', () => {
    const { probabilities, values } = new DenoisingTracer(policyOf({}), 'hopper', 0).trace(STATE, 0, 0);
    expect(probabilities!.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(Math.log(probabilities![1]! / probabilities![0]!)).toBeCloseTo(values![1]! - values![0]!, 4);
    expect(new DenoisingTracer(policyOf({ candidates: 1 }), 'hopper', 0).trace(STATE, 0, 0).probabilities).toBeNull();
    const { critics: _, ...plain } = policyOf({ candidates: 1 });
    expect(new DenoisingTracer(plain, 'hopper', 0).trace(STATE, 0, 0).values).toBeNull();
    expect(() => new DenoisingTracer(policyOf({}), 'walker2d', 0)).toThrow('The denoiser of a policy of walker2d');
  });
});

describe('the choice among candidates', () => {
  it('candidates are drawn in proportion to their probabilities', () => {
    const values = Float32Array.from([300, 301, 299.5]);
    const stream = new RandomStream(3, 'choice');
    const uniform = new Float32Array(3);
    const counts = [0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      stream.fillUniform(uniform, i);
      counts[chooseCandidate(values, 'softmax', uniform)]!++;
    }
    const probabilities = choiceProbabilities(values, 'softmax');
    counts.forEach((count, i) => expect(Math.abs(count / draws - probabilities[i]!)).toBeLessThan(0.012));
    expect([...choiceProbabilities(values, 'argmax')]).toEqual([0, 1, 0]);
    expect([...choiceProbabilities(Float32Array.from([2, 2]), 'argmax')]).toEqual([1, 0]);
  });
});
