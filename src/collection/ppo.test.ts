import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Environment } from '../environments/environment.ts';
import { spawnHere, testEngine } from '../environments/testing.ts';
import { createActor } from '../environments/rollouts/policy.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { RandomStream } from '../math/streams.ts';
import { ActorCritic, AdamStep, initialParameters, type PpoBatch } from './actor-critic.ts';
import { collect } from './collect.ts';
import { decodePolicies, decodeBehaviourRun, encodePolicies, encodeBehaviourRun } from './files.ts';
import { generalisedAdvantages, PPO_SETTINGS, PpoLearner, startPpo, type PpoConfig } from './ppo.ts';
import { bestSnapshot, trainBehaviour, type BehaviourRun } from './training-run.ts';
import { shipRun } from './export-policy.ts';

/** Small, and quick to learn something. */
const CONFIG: PpoConfig = {
  environment: 'hopper',
  variant: 'v2',
  seed: 2,
  ...PPO_SETTINGS,
  decaySteps: 6144,
  horizon: 512,
  epochs: 5,
  hidden: 16,
  learningRate: 1e-3,
};
const WIDTHS = { observations: 3, actions: 2, hidden: [5, 4] };

function normals(length: number, lane: number, scale = 1): Float64Array {
  const drawn = new Float32Array(length);
  new RandomStream(8, 'ppo test').fillNormal(drawn, 0, lane);
  return Float64Array.from(drawn, (value) => scale * value);
}

describe('the loss of PPO', () => {
  const rows = 24;
  const params = initialParameters(WIDTHS, 1).map((value, i) => value + 0.3 * Math.sin(7 * i));
  const networks = new ActorCritic(WIDTHS, params, rows);
  const observations = normals(rows * 3, 0);
  const actions = normals(rows * 2, 1);
  const means = networks.means(observations, rows).slice();
  const values = networks.values(observations, rows).slice();
  // Ratios and values on both sides of the bounds, none at one.
  const batch: PpoBatch = {
    rows,
    observations,
    actions,
    logProbabilities: Float64Array.from(
      { length: rows },
      (_, row) => networks.logProbability(means, actions, row) - Math.log([0.6, 0.9, 1.1, 1.5][row % 4]!),
    ),
    advantages: normals(rows, 2),
    returns: Float64Array.from(values, (value, row) => value + [0.7, -0.5, 0.17, -0.05, 1][row % 5]!),
    values: Float64Array.from(values, (value, row) => value + [0.5, -0.4, 0.1][row % 3]!),
  };
  const settings = { clip: 0.2, valueCoefficient: 0.5 };

  it('the loss of PPO is the clipped objective and the clipped error of values', () => {
    let expected = 0;
    for (let row = 0; row < rows; row++) {
      const ratio = [0.6, 0.9, 1.1, 1.5][row % 4]!;
      const advantage = batch.advantages[row]!;
      const bounded = Math.max(0.8, Math.min(1.2, ratio));
      expected -= Math.min(ratio * advantage, bounded * advantage) / rows;
      const moved = Math.max(-0.2, Math.min(0.2, values[row]! - batch.values[row]!));
      const error = Math.max(
        (values[row]! - batch.returns[row]!) ** 2,
        (batch.values[row]! + moved - batch.returns[row]!) ** 2,
      );
      expected += (0.5 * 0.5 * error) / rows;
    }
    expect(networks.loss(batch, settings)).toBeCloseTo(expected, 10);
  });

  it('the loss of PPO has the gradient of central differences for every parameter', () => {
    networks.loss(batch, settings);
    const gradient = networks.gradient.slice();
    expect(gradient.every((slope) => slope !== 0)).toBe(true);
    const step = 1e-6;
    gradient.forEach((slope, i) => {
      const param = params[i]!;
      params[i] = param + step;
      const above = networks.loss(batch, settings);
      params[i] = param - step;
      const below = networks.loss(batch, settings);
      params[i] = param;
      expect(slope).toBeCloseTo((above - below) / (2 * step), 7);
    });
  });
});

describe('the parts of PPO', () => {
  it('PPO starts with orthogonal weights, biases of 0, and actions near 0', () => {
    const params = initialParameters({ observations: 6, actions: 2, hidden: [4, 4] }, 3);
    const first = [0, 1, 2, 3].map((row) => params.slice(6 * row, 6 * row + 6));
    first.forEach((one, i) =>
      first.forEach((other, j) => {
        const product = one.reduce((sum, value, k) => sum + value * other[k]!, 0);
        expect(product).toBeCloseTo(i === j ? 2 : 0, 12);
      }),
    );
    expect([...params.slice(24, 28)]).toEqual([0, 0, 0, 0]);
    const head = params.slice(28 + 20, 28 + 20 + 4);
    expect(head.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(1e-4, 12);
  });

  it('generalised advantages are discounted sums of errors up to the end of the episode', () => {
    const [g, l] = [0.9, 0.8];
    const rewards = Float64Array.of(1, 2, 3, 4);
    const values = Float64Array.of(0.5, 0.1, -0.2, 0.3, 0.7);
    const estimates = generalisedAdvantages(rewards, values, Uint8Array.of(0, 1, 0, 0), {
      discount: g,
      traceDecay: l,
    });
    const errors = [1 + g * 0.1 - 0.5, 2 - 0.1, 3 + g * 0.3 + 0.2, 4 + g * 0.7 - 0.3];
    const expected = [errors[0]! + g * l * errors[1]!, errors[1]!, errors[2]! + g * l * errors[3]!, errors[3]!];
    expected.forEach((value, i) => expect(estimates[i]).toBeCloseTo(value, 12));
  });

  it('AdamStep steps as Adam does', () => {
    const adam = new AdamStep(new Float64Array(2), new Float64Array(2), 1e-5);
    const params = Float64Array.of(1, 1);
    adam.step(params, Float64Array.of(0.5, -2), 0.1, 1);
    // The first step is the rate, against the sign.
    expect(params[0]).toBeCloseTo(0.9, 5);
    expect(params[1]).toBeCloseTo(1.1, 5);
    adam.step(params, Float64Array.of(0.5, 2), 0.1, 2);
    expect(params[0]).toBeCloseTo(0.8, 4);
    const [mean, square] = [(0.9 * -0.2 + 0.1 * 2) / (1 - 0.81), (0.999 * 0.004 + 0.001 * 4) / (1 - 0.999 ** 2)];
    expect(params[1]).toBeCloseTo(1.1 - (0.1 * mean) / (Math.sqrt(square) + 1e-5), 4);
  });

  it('PPO rejects minibatches that do not divide an iteration', () => {
    expect(() => startPpo({ ...CONFIG, minibatch: 100 })).toThrow('an iteration of 512, which 100 do not');
  });
});

describe('a run of PPO', () => {
  const options = { steps: CONFIG.decaySteps, evaluateEvery: 2048, evaluationEpisodes: 2 };
  const fresh: BehaviourRun = { ppo: startPpo(CONFIG), curve: [], snapshots: [] };
  let pool: RolloutPool;
  let run: BehaviourRun;
  let shipped: Awaited<ReturnType<typeof shipRun>>;
  beforeAll(async () => {
    pool = new RolloutPool(spawnHere, 1);
    run = await trainBehaviour(fresh, pool, options);
    shipped = await shipRun(run, pool, '3.14.0');
  }, 60_000);
  afterAll(() => pool.end());

  it('PPO learns: hopper stays up longer than with random actions', async () => {
    const engine = await testEngine();
    const environment = new Environment(engine, 'hopper', { seed: 2 });
    const episodes: EpisodeResult[] = [];
    const learner = new PpoLearner(startPpo(CONFIG), environment, (episode) => episodes.push(episode));
    while (learner.steps < CONFIG.decaySteps) learner.iterate();
    environment.free();
    const mean = (some: EpisodeResult[]) => some.reduce((sum, episode) => sum + episode.return, 0) / some.length;
    expect(mean(episodes.slice(-20))).toBeGreaterThan(2 * mean(episodes.slice(0, 20)));
    expect(episodes.map(({ episode }) => episode)).toEqual(episodes.map((_, i) => i));
    for (const { rows, steps, ...episode } of episodes) {
      expect(rows!.rewards).toHaveLength(steps);
      expect(rows!.rewards.reduce((sum, reward) => sum + reward, 0)).toBeCloseTo(episode.return, 2);
      expect(rows!.actions.every((action) => Math.abs(action) <= 1)).toBe(true);
    }
    // The same as of the run that was evaluated in between.
    expect({ ppo: learner.state() }).toEqual('ppo' in run && { ppo: run.ppo });
  });

  it('a PPO run resumed from its file has the bits of an uninterrupted one', async () => {
    const part = await trainBehaviour(fresh, pool, { ...options, steps: 2048 });
    const saved = decodeBehaviourRun(encodeBehaviourRun(part));
    expect(saved).toEqual(part);
    expect(await trainBehaviour(saved, pool, options)).toEqual(run);
  });

  it('exported PPO policies act as the run’s, with optional noise', () => {
    const file = decodePolicies(encodePolicies(shipped));
    expect(file).toEqual({ format: 'behaviour-policies', version: 1, ...shipped });
    expect(file.made).toMatchObject({ algorithm: 'PPO', hidden: 16, steps: 6144 });
    const { policy } = file.policies[1]!;
    if (policy.kind !== 'mlp') throw new Error('PPO trains networks.');
    const best = bestSnapshot(run).policy;
    const [action, expected] = [new Float64Array(3), new Float64Array(3)];
    const observation = Float64Array.from({ length: 11 }, (_, i) => Math.cos(i));
    createActor(policy, 'hopper', 0)(observation, 0, 0, action);
    createActor(best, 'hopper', 0)(observation, 0, 0, expected);
    expect(action).toEqual(expected);
    const [noisy, other] = [new Float64Array(3), new Float64Array(3)];
    createActor({ ...policy, noise: 0.1 }, 'hopper', 0)(observation, 0, 0, noisy);
    createActor({ ...policy, noise: 0.2 }, 'hopper', 0)(observation, 0, 0, other);
    noisy.forEach((value, i) => expect(2 * (value - action[i]!)).toBeCloseTo(other[i]! - action[i]!, 10));
    expect(noisy).not.toEqual(action);
  });

  it('collecting medium-replay data repeats the PPO training', async () => {
    const medium = shipped.policies[0]!;
    const policies = [{ format: 'behaviour-policies' as const, version: 1 as const, ...shipped }];
    const plan = { ...CONFIG, behaviour: 'medium-replay' as const, steps: Math.floor(medium.steps / 2), policies };
    const rows = await collect(plan, pool);
    expect(rows.rows).toBeGreaterThan(0.8 * plan.steps);
    const seen = new Set<number>();
    const environment = new Environment(await testEngine(), 'hopper', { seed: 2 });
    const learner = new PpoLearner(startPpo(CONFIG), environment, (episode) =>
      episode.rows!.rewards.forEach((reward) => seen.add(reward)),
    );
    while (learner.iteration < medium.iteration) learner.iterate();
    environment.free();
    const rewards = Array.from(rows.rewards.read(0, rows.rows));
    expect(rewards.every((reward) => seen.has(reward))).toBe(true);
  });

  it('PPO files of other widths are rejected, with the widths found and expected', () => {
    expect(() => decodePolicies(encodePolicies({ ...shipped, environment: 'walker2d' }))).toThrow(
      'The network of a policy of walker2d goes from 17 to 6 numbers; this one from 11 to 3.',
    );
    const json = encodePolicies(shipped);
    expect(() => decodePolicies(json.replaceAll('[11,16,16,3]', '[11,16,3]'))).toThrow(
      'of widths 11, 16, 3, has 243 parameters; these are 515.',
    );
    const [first] = shipped.policies;
    if (first?.policy.kind !== 'mlp') throw new Error('PPO trains networks.');
    const mean = Float32Array.of(1, 2);
    const narrow = { ...first, policy: { ...first.policy, normalisation: { ...first.policy.normalisation!, mean } } };
    expect(() => decodePolicies(encodePolicies({ ...shipped, policies: [narrow] }))).toThrow(
      'States of hopper have a mean of 11 numbers; this one has 2.',
    );
    expect(() => decodePolicies(json.replace('"params":"', '"params":"?'))).toThrow(
      'policies.0.policy.params should be base64 of finite floats of 32 bits',
    );
    if (!('ppo' in run)) throw new Error('This is a run of PPO.');
    const cut = { ...run, ppo: { ...run.ppo, qpos: Float64Array.of(1) } };
    expect(() => decodeBehaviourRun(encodeBehaviourRun(cut))).toThrow('run.ppo.qpos has 1 numbers; hopper needs 6.');
  });
});
