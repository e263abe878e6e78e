import { afterEach, describe, expect, it } from 'vitest';
import { createActor, type LinearPolicy } from './policy.ts';
import { RolloutPool, type Rollout, type RolloutProgress } from './pool.ts';
import type { RolloutEvents, RolloutJob, SpawnWorker } from './protocol.ts';
import { RolloutServer } from './server.ts';
import { spawnThread } from './spawn-node.ts';
import { testEngine } from '../testing.ts';

const pools: RolloutPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.end();
});

function poolOf(spawn: SpawnWorker, workers: number): RolloutPool {
  const pool = new RolloutPool(spawn, workers);
  pools.push(pool);
  return pool;
}

/** A worker in this thread. `before` may have it die. */
function inThread(before: (job: RolloutJob, events: RolloutEvents) => boolean = () => true): SpawnWorker {
  return (events) => {
    const server = new RolloutServer(testEngine());
    return {
      send: (job) => {
        if (before(job, events)) void server.serve(job).then((reply) => events.reply(reply));
      },
      end: () => server.end(),
    };
  };
}

/** A policy of numbers that have no meaning. */
function linear(factor: number, noise?: number): LinearPolicy {
  return {
    kind: 'linear',
    weights: Array.from({ length: 33 }, (_, i) => factor * Math.cos(i)),
    mean: Array.from({ length: 11 }, (_, i) => (i === 0 ? 1.25 : 0)),
    deviation: Array.from({ length: 11 }, (_, i) => 1 + 0.1 * i),
    ...(noise !== undefined && { noise }),
  };
}

const ROLLOUT: Rollout = {
  environment: 'hopper',
  variant: 'v2',
  seed: 4,
  policies: [linear(0.3), { kind: 'uniform' }, linear(0.3, 0.4)],
  orders: Array.from({ length: 21 }, (_, episode) => ({ episode, policy: episode % 3 })),
};

describe('a linear policy', () => {
  it('a linear policy is the product of its weights and the normalised observation', () => {
    const policy = linear(1);
    const observation = Float64Array.from({ length: 11 }, (_, i) => Math.sin(3 * i));
    const action = new Float64Array(3);
    createActor(policy, 'hopper', 0)(observation, 0, 0, action);
    const expected = [0, 1, 2].map((row) =>
      policy.mean.reduce(
        (sum, mean, i) => sum + policy.weights[11 * row + i]! * ((observation[i]! - mean) / policy.deviation[i]!),
        0,
      ),
    );
    action.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
  });

  it('a linear policy ignores an observation of deviation 0', () => {
    const policy = { ...linear(1), deviation: Array.from({ length: 11 }, (_, i) => (i === 2 ? 0 : 1)) };
    const act = createActor(policy, 'hopper', 0);
    const [one, other] = [new Float64Array(3), new Float64Array(3)];
    const observation = new Float64Array(11);
    act(observation, 0, 0, one);
    observation[2] = 5;
    act(observation, 0, 0, other);
    expect(other).toEqual(one);
  });

  it('a linear policy adds noise that is the same for the same step', () => {
    const [plain, noisy] = [createActor(linear(0), 'hopper', 1), createActor(linear(0, 0.5), 'hopper', 1)];
    const observation = new Float64Array(11);
    const values: number[] = [];
    const action = new Float64Array(3);
    for (let step = 0; step < 500; step++) {
      noisy(observation, step, 2, action);
      values.push(...action);
    }
    plain(observation, 0, 2, action);
    expect([...action]).toEqual([0, 0, 0]);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.05);
    noisy(observation, 0, 2, action);
    expect([...action]).toEqual(values.slice(0, 3));
  });
});

describe('a rollout', () => {
  it('rollouts have the same results in one worker and in two threads', async () => {
    const single = await poolOf(inThread(), 1).run(ROLLOUT);
    const threads = await poolOf(spawnThread, 2).run(ROLLOUT);
    expect(threads).toEqual(single);
    expect(single.map(({ episode, policy }) => ({ episode, policy }))).toEqual(ROLLOUT.orders);
    // Noise and other policies make other episodes.
    expect(new Set(single.map((result) => result.return)).size).toBe(21);
  });

  it('a rollout reports its progress', async () => {
    const reports: RolloutProgress[] = [];
    const results = await poolOf(inThread(), 2).run(ROLLOUT, { onProgress: (progress) => reports.push(progress) });
    const steps = results.reduce((sum, result) => sum + result.steps, 0);
    expect(reports.at(-1)).toEqual({ episodes: 21, totalEpisodes: 21, steps });
    expect(reports.length).toBeGreaterThan(4);
  });

  it('a rollout returns rows, observation moments and engine time on request', async () => {
    const [result] = await poolOf(inThread(), 1).run({
      ...ROLLOUT,
      orders: [{ episode: 2, policy: 2 }],
      rows: true,
      moments: true,
      timeEngine: true,
    });
    const { steps, rows, moments, engineSeconds } = result!;
    expect(rows?.observations).toHaveLength(11 * steps);
    expect(rows?.rewards.reduce((sum, reward) => sum + reward, 0)).toBeCloseTo(result!.return, 3);
    expect(Math.max(...rows!.actions.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(moments?.count).toBe(steps);
    let heights = 0;
    for (let step = 0; step < steps; step++) heights += rows!.observations[11 * step]!;
    expect(moments?.sum[0]).toBeCloseTo(heights, 3);
    expect(engineSeconds).toBeGreaterThan(0);
  });

  it('a rollout pool replays the episodes of a worker that died', async () => {
    const expected = await poolOf(inThread(), 1).run(ROLLOUT);
    let deaths = 0;
    const pool = poolOf(
      inThread((_job, { died }) => {
        // Every third job is lost, on the way or at its end.
        if (deaths++ % 3 !== 1) return true;
        queueMicrotask(() => died('scripted'));
        return deaths % 2 === 0;
      }),
      2,
    );
    expect(await pool.run(ROLLOUT)).toEqual(expected);
    expect(deaths).toBeGreaterThan(4);
  });

  it('a rollout pool replays the episodes of a thread that crashed, in a new thread', async () => {
    const expected = await poolOf(inThread(), 1).run(ROLLOUT);
    let [started, killed] = [0, 0];
    const pool = poolOf((events) => {
      started++;
      const died = (reason: string) => {
        killed++;
        events.died(reason);
      };
      const worker = spawnThread({ ...events, died });
      // What is no job at all is an error that nobody catches, which ends the thread.
      return { ...worker, send: (job) => worker.send(started === 1 ? (null as unknown as RolloutJob) : job) };
    }, 1);
    expect(await pool.run(ROLLOUT)).toEqual(expected);
    expect([started, killed]).toEqual([2, 1]);
  });

  it('a rollout fails when workers die three times at the same episodes', async () => {
    const pool = poolOf(
      inThread((job, { died }) => {
        if (!job.orders.some(({ episode }) => episode === 5)) return true;
        queueMicrotask(() => died('of a bad knee'));
        return false;
      }),
      2,
    );
    await expect(pool.run(ROLLOUT)).rejects.toThrow(/3 workers died at the same episodes \(.*5.*\), .* of a bad knee/);
  });

  it('a rollout pool reports a worker’s error and can be used again', async () => {
    const pool = poolOf(inThread(), 2);
    const narrow = { ...linear(1), weights: [1, 2, 3] };
    await expect(pool.run({ ...ROLLOUT, policies: [narrow, narrow, narrow] })).rejects.toThrow(
      'A linear policy of hopper has 3 × 11 weights; this one has 3.',
    );
    await expect(pool.run({ ...ROLLOUT, policies: [linear(1)] })).rejects.toThrow(
      'Episode 1 asks for policy 1; there are 1.',
    );
    expect(await pool.run(ROLLOUT)).toHaveLength(21);
  });

  it('a rollout stops on abort, and its pool can be used again', async () => {
    const pool = poolOf(inThread(), 1);
    const stop = new AbortController();
    const running = pool.run(ROLLOUT, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) });
    await expect(running).rejects.toThrow('enough');
    // A run that has ended is no longer listening.
    const later = new AbortController();
    const [first, ...others] = ROLLOUT.orders;
    await pool.run({ ...ROLLOUT, orders: [first!] }, { signal: later.signal });
    const rest = pool.run({ ...ROLLOUT, orders: others });
    later.abort();
    expect(await rest).toHaveLength(20);
    const results = await pool.run(ROLLOUT);
    expect(results.every((result) => result.steps > 0)).toBe(true);
  });

  it('a rollout pool accepts one run at a time, and none after its end', async () => {
    const pool = poolOf(inThread(), 1);
    const running = pool.run(ROLLOUT);
    await expect(pool.run(ROLLOUT)).rejects.toThrow('another run');
    pool.end();
    await expect(running).rejects.toThrow('ended');
    await expect(pool.run(ROLLOUT)).rejects.toThrow('ended');
  });
});
