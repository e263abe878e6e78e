import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowSource } from '../datasets/arrays.ts';
import { spawnHere } from '../environments/testing.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { describeCollection } from './provenance.ts';
import { iterateArs, publishedArs, startArs, type ArsConfig } from './ars.ts';
import { collect } from './collect.ts';
import { type CollectionPlan } from './plan.ts';
import type { BehaviourPolicies } from './files.ts';
import { trainBehaviour } from './training-run.ts';
import { shipRun } from './export-policy.ts';

const CONFIG: ArsConfig = { environment: 'hopper', variant: 'v2', seed: 2, ...publishedArs('hopper') };

let pool: RolloutPool;
let policies: BehaviourPolicies[];
beforeAll(async () => {
  pool = new RolloutPool(spawnHere, 1);
  const fresh = { ars: startArs(CONFIG), curve: [], snapshots: [] };
  const run = await trainBehaviour(fresh, pool, { steps: 2500, evaluateEvery: 500, evaluationEpisodes: 2 });
  const shipped = await shipRun(run, pool, '3.14.0');
  policies = [{ format: 'behaviour-policies', version: 1, ...shipped }];
}, 60_000);
afterAll(() => pool.end());

const planOf = (changes: Partial<CollectionPlan>): CollectionPlan => ({
  environment: 'hopper',
  variant: 'v2',
  behaviour: 'random',
  steps: 500,
  seed: 1,
  policies,
  ...changes,
});

/** All rows of a source as plain numbers. */
function rowsOf(source: RowSource) {
  const { rows } = source;
  const names = ['observations', 'actions', 'rewards', 'terminals', 'timeouts'] as const;
  return Object.fromEntries(names.map((name) => [name, [...source[name].read(0, rows)]])) as Record<
    (typeof names)[number],
    number[]
  >;
}

describe('collecting', () => {
  it('collects the requested rows, the same on any number of workers, and others for another seed', async () => {
    const one = rowsOf(await collect(planOf({}), pool));
    expect(one.rewards).toHaveLength(500);
    expect(one.observations).toHaveLength(500 * 11);
    expect(one.terminals.reduce((sum, flag) => sum + flag, 0)).toBeGreaterThan(5);
    expect(one.terminals.at(-1)! + one.timeouts.at(-1)!).toBe(1);
    const two = new RolloutPool(spawnHere, 2);
    expect(rowsOf(await collect(planOf({}), two))).toEqual(one);
    two.end();
    expect(rowsOf(await collect(planOf({ seed: 2 }), pool)).rewards).not.toEqual(one.rewards);
  });

  it('collects medium-expert rows evenly from its policies, with a cut between them', async () => {
    const reported: number[] = [];
    const plan = planOf({ behaviour: 'medium-expert', steps: 601 });
    const source = await collect(plan, pool, { onProgress: (rows) => reported.push(rows) });
    const both = rowsOf(source);
    expect(both.rewards).toHaveLength(601);
    expect(both.terminals[299]! + both.timeouts[299]!).toBe(1);
    expect(reported.at(-1)).toBe(601);
    // The second half is the expert's: its actions are a function of the observation, without noise.
    const expert = rowsOf(await collect(planOf({ behaviour: 'expert', steps: 301 }), pool));
    const { policy } = policies[0]!.policies[1]!;
    if (policy.kind !== 'linear') throw new Error('ARS trains linear policies.');
    const { weights, mean, deviation } = policy;
    const first = both.observations.slice(300 * 11, 301 * 11);
    [0, 1, 2].forEach((row) => {
      const action = first.reduce(
        (sum, value, i) => sum + (weights[11 * row + i]! * (value - mean[i]!)) / deviation[i]!,
        0,
      );
      expect(both.actions[300 * 3 + row]).toBeCloseTo(Math.max(-1, Math.min(1, action)), 5);
    });
    expect(expert.rewards).toHaveLength(301);
  });

  it('collects medium-replay rows from training itself, from its start to the medium policy', async () => {
    const medium = policies[0]!.policies[0]!;
    const steps = Math.floor(medium.steps / 2);
    const replay = rowsOf(await collect(planOf({ behaviour: 'medium-replay', steps }), pool));
    expect(replay.rewards.length).toBeGreaterThan(0.8 * steps);
    expect(replay.rewards.length).toBeLessThanOrEqual(steps);
    // Every reward is one that training saw.
    const seen = new Set<number>();
    let state = startArs(CONFIG);
    while (state.iteration < medium.iteration) {
      state = await iterateArs(state, pool, {
        rows: true,
        onEpisodes: (episodes) => episodes.forEach(({ rows }) => rows!.rewards.forEach((reward) => seen.add(reward))),
      });
    }
    expect(replay.rewards.every((reward) => seen.has(reward))).toBe(true);
  });

  it('collecting rejects policies of another body, and a missing policy', async () => {
    await expect(collect(planOf({ environment: 'walker2d', behaviour: 'expert' }), pool)).rejects.toThrow(
      'policies of hopper; the data are to be of walker2d',
    );
    await expect(collect(planOf({ behaviour: 'medium', policies: [] }), pool)).rejects.toThrow(
      'policies of it are needed',
    );
  });
});

describe('the manifest of a collection', () => {
  it('the manifest of a collection names its recipe, policies and returns', () => {
    const files = { name: 'hopper-2.json', bytes: 3, sha256: '0'.repeat(64) };
    const about = describeCollection(planOf({ behaviour: 'medium-expert' }), '3.14.0', files);
    expect(about.provenance).toMatch(
      /^D4RL protocol, collected here: half from .*seed 1, MuJoCo 3.14, v2-compatible\./,
    );
    const expert = policies[0]!.policies[1]!;
    expect(about.provenance).toContain(`expert after ${expert.steps} steps, return ${expert.return.toFixed(0)}`);
    expect(about).toMatchObject({
      id: 'hopper-medium-expert-collected-seed-1',
      source: { layout: 'rollouts', published: null },
    });
    expect(about.referenceReturns?.max).toBe(3234.3);
    // Collections that differ by seed or physics have names of their own; the usual ones the plain name.
    expect(describeCollection(planOf({ seed: 0 }), '3.14.0', files).id).toBe('hopper-random-collected');
    expect(describeCollection(planOf({ seed: 0, variant: 'native' }), '3.14.0', files).id).toBe(
      'hopper-random-collected-native',
    );
  });
});
