import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelPaint, schedulePaint } from './paint-queue.ts';

/** Of the clock that the queue sees. */
let now = 0;
let frames: FrameRequestCallback[] = [];
let painted: string[] = [];

beforeEach(() => {
  now = 0;
  frames = [];
  painted = [];
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback));
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A paint of so many milliseconds. */
function paintOf(name: string, ms: number): () => void {
  return () => {
    now += ms;
    painted.push(name);
  };
}

/** What a frame paints. */
function nextFrame(): string[] {
  painted = [];
  now += 16;
  for (const frame of frames.splice(0)) frame(now);
  return painted;
}

describe('the queue of paints', () => {
  it('paints as many in a frame as fit, by what each took last time, and the rest in turn', () => {
    const paints = ['a', 'b', 'c', 'd'].map((name) => paintOf(name, 2));
    const all: string[][] = [];
    for (let round = 0; round < 2; round++) {
      paints.forEach((paint) => schedulePaint(paint));
      while (frames.length > 0) all.push(nextFrame());
    }
    // What they take is not known before the first round.
    expect(all).toEqual([['a', 'b'], ['c', 'd'], ['a'], ['b'], ['c'], ['d']]);
  });

  it('paints one that fits in no frame in a frame of its own', () => {
    const [large, small] = [paintOf('large', 30), paintOf('small', 1)];
    schedulePaint(small);
    schedulePaint(large);
    expect(nextFrame()).toEqual(['small', 'large']);
    schedulePaint(small);
    schedulePaint(large);
    expect(nextFrame()).toEqual(['small']);
    expect(nextFrame()).toEqual(['large']);
  });

  it('paints none before its time, none twice, and none that was taken back', () => {
    const [late, gone, twice] = [paintOf('late', 1), paintOf('gone', 1), paintOf('twice', 1)];
    schedulePaint(late, 40);
    schedulePaint(gone);
    schedulePaint(twice);
    schedulePaint(twice);
    cancelPaint(gone);
    expect(nextFrame()).toEqual(['twice']);
    expect(nextFrame()).toEqual([]);
    expect(nextFrame()).toEqual(['late']);
    expect(frames).toEqual([]);
  });
});
