import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MethodId } from '../../../../bandit/methods.ts';
import type { MethodFrame } from '../../../../bandit/engine/protocol.ts';
import { csv } from '../../../shared/plots/csv.ts';
import { SeriesStore } from './series.ts';

function frame(method: MethodId, step: number, losses: Record<string, number> = {}): MethodFrame {
  return {
    method,
    step,
    shipped: false,
    seconds: step / 100,
    stepsPerSecond: 100,
    samples: new Float32Array(0),
    metrics: {
      inMode: step / 1000,
      nearest: [0.25, 0.75],
      inBest: 0.5,
      totalVariation: 0.1,
      mmd2: { value: 0.01, low: 0.005, high: 0.02 },
      meanReward: 2,
      regret: 3,
      effectiveModes: 1.5,
    },
    losses,
    q: null,
  };
}

describe('SeriesStore', () => {
  it('gives a quantity against steps or seconds', () => {
    const store = new SeriesStore();
    store.append(frame('bcq', 100, { qLoss: 1 }));
    store.append(frame('bcq', 200));
    store.append(frame('bcq', 300, { qLoss: 3 }));
    expect([...(store.get('bcq', 'inMode', 'steps').x as Float64Array)]).toEqual([100, 200, 300]);
    const loss = store.get('bcq', 'qLoss', 'seconds');
    expect([Array.from(loss.x), Array.from(loss.y)]).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect(store.get('bc-mle', 'inMode', 'steps').x.length).toBe(0);
  });

  it('names methods in the catalogue’s order, and their losses apart from the metrics', () => {
    const store = new SeriesStore();
    store.append(frame('diffusion-ql', 1, { qLoss: 1, bcLoss: 1 }));
    store.append(frame('bc-mle', 1));
    expect(store.methods()).toEqual(['bc-mle', 'diffusion-ql']);
    expect(store.terms('diffusion-ql')).toEqual(['qLoss', 'bcLoss']);
    expect(store.terms('bc-mle')).toEqual([]);
    expect(store.terms('bcq')).toEqual([]);
  });

  it('draws at most 500 points of a long run', () => {
    const store = new SeriesStore();
    for (let step = 0; step < 5000; step++) store.append(frame('bcq', step));
    const { x } = store.get('bcq', 'inMode', 'steps');
    expect(x.length).toBeLessThanOrEqual(500);
    expect(x.length).toBeGreaterThan(250);
    expect([x[0], x[x.length - 1]]).toEqual([0, 4999]);
  });

  it('drops rows after the step that a run was rolled back to', () => {
    const store = new SeriesStore();
    for (const step of [1, 2, 3, 4, 3]) store.append(frame('bcq', step));
    expect(Array.from(store.get('bcq', 'inMode', 'steps').x)).toEqual([1, 2, 3]);
  });

  it('clear drops one method or all', () => {
    const store = new SeriesStore();
    store.append(frame('bcq', 1));
    store.append(frame('bc-mle', 1));
    store.clear('bcq');
    expect(store.methods()).toEqual(['bc-mle']);
    store.clear();
    expect(store.methods()).toEqual([]);
  });

  it('writes every row, with empty cells where a method has no such loss', () => {
    const store = new SeriesStore();
    store.append(frame('diffusion-ql', 2, { qLoss: 0.1 }));
    store.append(frame('bc-mle', 1));
    const lines = store.toCsv(0).split('\r\n');
    expect(lines[0]).toBe(
      'method,step,seconds,inMode,inBest,totalVariation,mmd2,mmd2Low,mmd2High,meanReward,regret,effectiveModes,' +
        'stepsPerSecond,nearestA,nearestB,qLoss',
    );
    expect(lines[1]).toBe('bc-mle,1,0.01,0.001,0.5,0.1,0.01,0.005,0.02,2,3,1.5,100,0.25,0.75,');
    expect(lines[2]).toBe('diffusion-ql,2,0.02,0.002,0.5,0.1,0.01,0.005,0.02,2,3,1.5,100,0.25,0.75,0.1');
    expect(lines[3]).toBe('');
  });

  it('toCsv appends rows of other seeds with a seed column', () => {
    const store = new SeriesStore();
    store.append(frame('bc-mle', 1));
    const { metrics } = frame('bc-mle', 1);
    const lines = store.toCsv(7, [{ method: 'bc-mle', seed: 8, step: 1, metrics, losses: { bcLoss: 0.5 } }]);
    expect(lines.split('\r\n')).toEqual([
      'method,seed,step,seconds,inMode,inBest,totalVariation,mmd2,mmd2Low,mmd2High,meanReward,regret,effectiveModes,' +
        'stepsPerSecond,bcLoss,nearestA,nearestB',
      'bc-mle,7,1,0.01,0.001,0.5,0.1,0.01,0.005,0.02,2,3,1.5,100,,0.25,0.75',
      'bc-mle,8,1,,0.001,0.5,0.1,0.01,0.005,0.02,2,3,1.5,,0.5,0.25,0.75',
      '',
    ]);
  });

  it('gives the rows that charts draw, with what each has', () => {
    const store = new SeriesStore();
    store.append(frame('bcq', 0));
    store.append(frame('bcq', 4, { qLoss: 0.25 }));
    expect(store.rows('bcq').map(({ step, inMode, qLoss }) => ({ step, inMode, qLoss }))).toEqual([
      { step: 0, inMode: 0, qLoss: undefined },
      { step: 4, inMode: 0.004, qLoss: 0.25 },
    ]);
    expect(store.rows('bcq')[0]).not.toHaveProperty('qLoss');
    expect(store.rows('bc-mle')).toEqual([]);
  });

  it('says in the first line which methods are thinned', () => {
    const store = new SeriesStore(8, 16);
    for (let step = 0; step < 40; step++) store.append(frame('bcq', step));
    const lines = store.toCsv(0).split('\r\n');
    expect(lines[0]).toBe('# Thinned: bcq has 1 of every 4 frames');
    expect(lines[1]).toMatch(/^method,step/);
    expect(lines.at(-2)).toMatch(/^bcq,39,/);
  });

  describe('listeners', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('listeners are notified at most 10 times a second, including the last change', () => {
      const store = new SeriesStore();
      const listener = vi.fn();
      const leave = store.subscribe(listener);
      for (let step = 0; step < 100; step++) {
        store.append(frame('bcq', step));
        vi.advanceTimersByTime(10);
      }
      expect(listener.mock.calls.length).toBeLessThanOrEqual(11);
      expect(listener.mock.calls.length).toBeGreaterThanOrEqual(9);
      const before = store.version;
      vi.advanceTimersByTime(200);
      expect(store.version).toBe(before);
      leave();
      const notified = listener.mock.calls.length;
      store.append(frame('bcq', 100));
      vi.advanceTimersByTime(500);
      expect(listener.mock.calls.length).toBe(notified);
    });
  });
});

describe('csv', () => {
  it('quotes what has commas, quotes and line breaks, and ends lines with CRLF', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          ['x, y', 'say "no"'],
          ['line\nbreak', 0.1 + 0.2],
        ],
      ),
    ).toBe('a,b\r\n"x, y","say ""no"""\r\n"line\nbreak",0.3\r\n');
  });
});
