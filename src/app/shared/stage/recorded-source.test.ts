import { describe, expect, it } from 'vitest';
import { RecordedSource } from './recorded-source.ts';

/** Five states of one number: 0, 10, 20, 30, 40. */
function source(reported: number[] = []): RecordedSource {
  const states = Float64Array.from([0, 10, 20, 30, 40]);
  return new RecordedSource('hopper', states, { positions: 1, stepMs: 10, onStep: (step) => reported.push(step) });
}

describe('RecordedSource', () => {
  it('waits for play, follows the clock to its end, and starts over', () => {
    const reported: number[] = [];
    const episode = source(reported);
    expect([...episode.positions(0)]).toEqual([0]);
    expect(episode.positions(50)).toBe(episode.positions(60));
    episode.play();
    expect([...episode.positions(100)]).toEqual([0]);
    expect([...episode.positions(105)]).toEqual([5]);
    expect([...episode.positions(125)]).toEqual([25]);
    expect([...episode.positions(300)]).toEqual([40]);
    expect(episode.playing).toBe(false);
    expect(reported).toEqual([2, 4]);
    episode.play();
    expect([...episode.positions(400)]).toEqual([0]);
  });

  it('plays in slow motion, and seeks any step', () => {
    const episode = source();
    episode.seek(3);
    expect([...episode.positions(0)]).toEqual([30]);
    episode.seek(99);
    expect([...episode.positions(0)]).toEqual([40]);
    episode.seek(1);
    episode.setSpeed(0.1);
    episode.play();
    episode.positions(0);
    expect([...episode.positions(50)]).toEqual([15]);
  });

  it('does not catch up after a long gap', () => {
    const states = Float64Array.from({ length: 1000 }, (_, i) => i);
    const episode = new RecordedSource('hopper', states, { positions: 1, stepMs: 10, onStep: () => undefined });
    episode.play();
    episode.positions(0);
    expect(episode.positions(60_000)[0]).toBeLessThanOrEqual(10);
  });
});
