import { describe, expect, it } from 'vitest';
import { episodeLengths, indexEpisodes } from './episodes.ts';
import { publishedFile } from './hdf5/published-files.ts';
import { normalizedScore } from './reference-returns.ts';
import { gatherTransitions, REWARD_SHAPINGS, shapeRewards, transitionRows, type Trajectories } from './transitions.ts';

/** Rows 0–2 end with a terminal, 3–4 with a timeout, 5–6 with the data. */
const DATA: Trajectories = {
  observations: Float32Array.from({ length: 14 }, (_, i) => i),
  actions: Float32Array.from({ length: 7 }, (_, i) => 100 + i),
  rewards: Float32Array.of(1, 2, 3, 4, 0, 5, -1),
  terminals: Uint8Array.of(0, 0, 1, 0, 0, 0, 0),
  timeouts: Uint8Array.of(0, 0, 0, 0, 1, 0, 0),
};
const { rewards, terminals, timeouts } = DATA;

describe('episodes', () => {
  it('episodes end at a terminal, at a timeout, and at the end of the data', () => {
    const index = indexEpisodes(rewards, terminals, timeouts);
    expect(index).toEqual({ starts: [0, 3, 5], returns: [6, 4, 4], ends: ['terminal', 'timeout', 'cut'] });
    expect(episodeLengths(index.starts, 7)).toEqual([3, 2, 2]);
  });

  it('episodes are terminal where both flags are set; a final flag starts no further episode', () => {
    expect(indexEpisodes([1, 1], [0, 1], [0, 1])).toEqual({ starts: [0], returns: [2], ends: ['terminal'] });
  });
});

describe('transitions', () => {
  it('transitions exclude timeouts and the last row', () => {
    expect([...transitionRows(timeouts)]).toEqual([0, 1, 2, 3, 5]);
    expect([...transitionRows([0, 1])]).toEqual([0]);
    expect([...transitionRows([0])]).toEqual([]);
  });

  it('transitions have the next row’s observation, and done at a terminal', () => {
    const batch = gatherTransitions(DATA, [5, 2]);
    expect([...batch.observations]).toEqual([10, 11, 4, 5]);
    expect([...batch.nextObservations]).toEqual([12, 13, 6, 7]);
    expect([...batch.actions]).toEqual([105, 102]);
    expect([...batch.rewards]).toEqual([5, 3]);
    expect([...batch.dones]).toEqual([0, 1]);
  });

  it('transitions of rows without a next row are rejected', () => {
    expect(() => gatherTransitions(DATA, [6])).toThrow('Row 6 makes no transition; rows 0 to 5 may.');
    expect(() => gatherTransitions(DATA, [-1])).toThrow('Row -1');
  });
});

describe('reward shapings', () => {
  const shaped = (shaping: (typeof REWARD_SHAPINGS)[number]) => [...shapeRewards(DATA, shaping)];

  it('reward shapings follow their table', () => {
    expect(shaped('none')).toEqual([...rewards]);
    expect(shaped('cql_antmaze')).toEqual([2, 6, 10, 14, -2, 18, -6]);
    expect(shaped('iql_antmaze')).toEqual([0, 1, 2, 3, -1, 4, -2]);
    expect(shaped('antmaze')).toEqual([1.5, 3.5, 5.5, 7.5, -0.5, 9.5, -2.5]);
    expect(shaped('iql_locomotion')).toEqual([500, 1000, 1500, 2000, 0, 2500, -500]);
  });

  it('reward shapings normalise by the rows of transitions only', () => {
    // Rewards 1, 2, 3, 4, 5: mean 3, variance 10 / 4.
    const [first, , third] = shaped('normalize') as [number, number, number];
    expect(first).toBeCloseTo(-2 / Math.sqrt(2.5), 6);
    expect(third).toBe(0);
  });

  it('reward shapings do not change the rewards given', () => {
    for (const shaping of REWARD_SHAPINGS) shapeRewards(DATA, shaping);
    expect([...DATA.rewards]).toEqual([1, 2, 3, 4, 0, 5, -1]);
  });

  it('reward shapings that would divide by 0 are rejected', () => {
    const flat = { rewards: new Float32Array(7), terminals, timeouts };
    expect(() => shapeRewards(flat, 'normalize')).toThrow('rewards that differ');
    expect(() => shapeRewards(flat, 'iql_locomotion')).toThrow('returns differ');
  });
});

describe("D4RL's references", () => {
  it('D4RL’s reference returns score 0 and 100', () => {
    const reference = { min: -20, max: 3234, source: 'D4RL' };
    expect(normalizedScore(reference.min, reference)).toBe(0);
    expect(normalizedScore(reference.max, reference)).toBeCloseTo(100, 12);
  });

  it('a published file is recognised by size and hash', () => {
    const sha256 = 'e75de96a4f77acf7d4e0d6fdf0d7ccb177c26c44bb4388e4fd99f543ccfa18db';
    expect(publishedFile(86323963, sha256)).toMatchObject({
      id: 'walker2d-medium-replay-v2',
      environment: 'walker2d',
      file: 'walker2d_medium_replay-v2.hdf5',
    });
    expect(publishedFile(86323964, sha256)).toBeNull();
    expect(publishedFile(86323963, sha256.replace('e', 'f'))).toBeNull();
  });
});
