import { describe, expect, it } from 'vitest';
import { episodePath, minMaxThinned } from './episode-lines.ts';
import { episodeOfRow, findEpisodes, type EpisodeTable } from './episode-search.ts';

const TABLE: EpisodeTable = {
  returns: [10, 50, -2, 50],
  lengths: [100, 20, 300, 40],
  ends: ['terminal', 'timeout', 'terminal', 'cut'],
};

describe('findEpisodes', () => {
  it.each([
    ['', [0, 1, 2, 3]],
    ['terminal', [0, 2]],
    ['3, 1', [1, 3]],
    ['return>=50', [1, 3]],
    ['return>=50 length<30', [1]],
    ['return<-1.5', [2]],
    ['TIMEOUT 0', []],
  ])('finds the episodes that match "%s"', (query, found) => {
    expect(findEpisodes(TABLE, query, 'number')).toEqual({ found, error: null });
  });

  it.each([
    ['best', [1, 3, 0, 2]],
    ['worst', [2, 0, 1, 3]],
    ['longest', [2, 0, 3, 1]],
    ['shortest', [1, 3, 0, 2]],
  ] as const)('sorts episodes by %s', (order, found) => {
    expect(findEpisodes(TABLE, '', order).found).toEqual(found);
  });

  it('names an unknown term of a query', () => {
    expect(findEpisodes(TABLE, 'terminal foo', 'number')).toEqual({
      found: [],
      error: expect.stringContaining('“foo” is neither an episode number') as unknown,
    });
  });
});

describe('lines of an episode', () => {
  it('keep their extremes, in order, when they are downsampled', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i / 9));
    values[501] = 7;
    values[502] = -7;
    const points = minMaxThinned(values, 100);
    expect(points.length).toBeLessThanOrEqual(100);
    expect(points.map(({ value }) => value)).toEqual(expect.arrayContaining([7, -7]));
    expect(points.map(({ step }) => step)).toEqual([...points].map(({ step }) => step).sort((a, b) => a - b));
    expect(minMaxThinned(values.slice(0, 5), 100)).toHaveLength(5);
  });

  it('become a path from the bottom to the top of its box', () => {
    const points = [
      { step: 0, value: 2 },
      { step: 1, value: 4 },
    ];
    expect(episodePath(points, 2, 4)).toBe('M0,0.9600L1,0.0400');
    expect(episodePath([{ step: 0, value: 3 }], 3, 3)).toBe('M0,0.5000h1');
  });
});

describe('episodeOfRow', () => {
  it('gives the last episode that starts at or before a row', () => {
    const starts = [0, 5, 6, 20];
    expect(episodeOfRow(starts, 0)).toEqual({ episode: 0, step: 0 });
    expect(episodeOfRow(starts, 5)).toEqual({ episode: 1, step: 0 });
    expect(episodeOfRow(starts, 19)).toEqual({ episode: 2, step: 13 });
    expect(episodeOfRow(starts, 25)).toEqual({ episode: 3, step: 5 });
  });
});
