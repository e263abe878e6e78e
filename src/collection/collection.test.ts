import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnHere } from '../environments/testing.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import type { EpisodeResult, SpawnWorker } from '../environments/rollouts/protocol.ts';
import { arsPolicy, iterateArs, publishedArs, startArs, type ArsConfig, type ArsState } from './ars.ts';
import { decodePolicies, decodeBehaviourRun, encodePolicies, encodeBehaviourRun } from './files.ts';
import {
  bestSnapshot,
  snapshotAtFraction,
  trainBehaviour,
  type BehaviourRun,
  type PolicySnapshot,
} from './training-run.ts';
import { shipRun } from './export-policy.ts';

const CONFIG: ArsConfig = { environment: 'hopper', variant: 'v2', seed: 2, ...publishedArs('hopper') };
/** Short episodes all: some 40 steps an episode. */
const STEPS = 4000;
const FRESH = { ars: startArs(CONFIG), curve: [], snapshots: [] };

type ArsRun = BehaviourRun & { readonly ars: ArsState };

let pool: RolloutPool;
let run: ArsRun;
beforeAll(async () => {
  pool = new RolloutPool(spawnHere, 1);
  run = (await trainBehaviour(FRESH, pool, { steps: STEPS, evaluateEvery: 1500, evaluationEpisodes: 2 })) as ArsRun;
}, 60_000);
afterAll(() => pool.end());

describe('augmented random search', () => {
  it('ARS learns: hopper stays up longer than with an untrained policy', () => {
    const [first] = run.curve;
    const best = bestSnapshot(run);
    expect(run.ars.steps).toBeGreaterThanOrEqual(STEPS);
    expect(run.ars.count).toBe(run.ars.steps);
    expect(best.return).toBeGreaterThan(120);
    expect(best.return).toBeGreaterThanOrEqual(first!.return);
  });

  it('ARS resumes a saved run with the same result as without interruption, on any number of workers', async () => {
    const two = new RolloutPool(spawnHere, 2);
    const options = { evaluateEvery: 1500, evaluationEpisodes: 2 };
    const part = await trainBehaviour(FRESH, two, { steps: 1500, ...options });
    const saved = decodeBehaviourRun(encodeBehaviourRun(part));
    expect(saved).toEqual(part);
    const whole = (await trainBehaviour(saved, two, { steps: STEPS, ...options })) as ArsRun;
    two.end();
    expect(whole.ars).toEqual(run.ars);
    expect(whole.snapshots.at(-1)).toEqual(run.snapshots.at(-1));
  });

  it('ARS steps along the best directions, by their difference over the deviation of their returns', async () => {
    const config: ArsConfig = { ...CONFIG, directions: 3, top: 2, stepSize: 0.5, noise: 0.1, shift: 1 };
    const tried: number[][] = [];
    // Returns are made up: both ways of the directions in turn.
    const returns = [10, 4, 100, 101, 50, 53];
    const madeUp: SpawnWorker = ({ reply }) => ({
      send: (job) => {
        const first = tried.length;
        tried.push(...job.policies.map((policy) => (policy.kind === 'linear' ? [...policy.weights] : [])));
        const results = job.orders.map((order): EpisodeResult => ({
          ...order,
          return: returns[first + order.policy]! + 5,
          steps: 5,
          terminal: true,
        }));
        queueMicrotask(() => reply({ type: 'done', id: job.id, results }));
      },
      end: () => undefined,
    });
    const one = new RolloutPool(madeUp, 1);
    const next = await iterateArs(startArs(config), one);
    one.end();
    expect(tried).toHaveLength(6);
    const used = [100, 101, 50, 53];
    const mean = used.reduce((a, b) => a + b) / 4;
    const deviation = Math.sqrt(used.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
    next.weights.forEach((weight, i) => {
      // What was tried is ν δ, so δ is that over ν.
      const expected = ((0.5 / (2 * deviation)) * ((100 - 101) * tried[2]![i]! + (50 - 53) * tried[4]![i]!)) / 0.1;
      expect(weight).toBeCloseTo(expected, 10);
      expect(tried[3]![i]).toBeCloseTo(-tried[2]![i]!, 12);
    });
  });

  it('ARS normalises by mean and deviation of all observations', () => {
    const state: ArsState = {
      ...startArs(CONFIG),
      count: 4,
      sum: Array.from({ length: 11 }, (_, i) => 4 * i),
      squares: Array.from({ length: 11 }, (_, i) => 4 * i * i + (i === 0 ? 0 : 3)),
    };
    const { mean, deviation } = arsPolicy(state);
    expect(mean).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(deviation[0]).toBe(0);
    deviation.slice(1).forEach((value) => expect(value).toBeCloseTo(1, 12));
  });

  it('ARS rejects more top directions than directions', () => {
    expect(() => startArs({ ...CONFIG, top: 9 })).toThrow('The best 1 to 8 directions can be used, not 9.');
  });
});

describe('snapshots', () => {
  const snapshot = (value: number): PolicySnapshot => ({ ...bestSnapshot(run), return: value });

  it('snapshots are chosen by their fraction of the best return', () => {
    const some = { ...run, snapshots: [100, 900, 1300, 3000].map(snapshot) };
    expect(bestSnapshot(some).return).toBe(3000);
    expect(snapshotAtFraction(some, 1 / 3).return).toBe(900);
    expect(() => bestSnapshot({ ...run, snapshots: [] })).toThrow('never evaluated');
  });
});

describe('files', () => {
  it('files of shipped policies are read back with their returns', async () => {
    const shipped = await shipRun(run, pool, '3.14.0');
    const file = decodePolicies(encodePolicies(shipped));
    expect(file).toMatchObject({ environment: 'hopper', physics: 'MuJoCo 3.14, v2-compatible' });
    expect(file.policies.map(({ level }) => level)).toEqual(['medium', 'expert']);
    expect(file.policies[1]!.return).toBeGreaterThan(100);
    expect(file.curve).toHaveLength(run.curve.length);
    expect(encodePolicies(shipped).length).toBeLessThan(8000);
  });

  it('files of another width, format or body are rejected by naming the wrong field', async () => {
    const shipped = await shipRun(run, pool, '3.14.0');
    const narrow = { ...shipped.policies[0]!, policy: { ...shipped.policies[0]!.policy, weights: [1, 2] } };
    expect(() => decodePolicies(encodePolicies({ ...shipped, policies: [narrow] }))).toThrow(
      'A linear policy of hopper has 3 × 11 weights; this one has 2.',
    );
    expect(() => decodePolicies(encodePolicies({ ...shipped, environment: 'walker2d' }))).toThrow('6 × 17 weights');
    expect(() => decodePolicies(encodeBehaviourRun(run))).toThrow('format should be behaviour-policies');
    expect(() => decodePolicies('{')).toThrow('no JSON');
    const cut = { ...run, ars: { ...run.ars, sum: [1] } };
    expect(() => decodeBehaviourRun(encodeBehaviourRun(cut))).toThrow('run.ars.sum has 1 numbers; hopper needs 11.');
  });
});
