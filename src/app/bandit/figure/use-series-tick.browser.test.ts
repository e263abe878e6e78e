import { createElement, useLayoutEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';
import type { MethodFrame } from '../../../bandit/engine/protocol.ts';
import { SeriesStore } from '../plots/series/series.ts';
import { SessionContext } from '../session-context.ts';
import type { Session } from '../session.ts';
import { useSeriesTick } from './use-series-tick.ts';

const METRICS = { inMode: 1, inBest: 1, totalVariation: 0, meanReward: 1, regret: 0, effectiveModes: 1, nearest: [1] };

function frame(step: number): MethodFrame {
  const metrics = { ...METRICS, mmd2: { value: 0, low: 0, high: 0 } } as MethodFrame['metrics'];
  const samples = new Float32Array(2);
  return {
    method: 'bc-mle',
    step,
    shipped: false,
    seconds: 0,
    stepsPerSecond: 1,
    samples,
    metrics,
    losses: {},
    q: null,
  };
}

test('useSeriesTick sees rows that were appended while the chart mounted', async () => {
  const series = new SeriesStore();
  series.append(frame(20));
  function Chart() {
    useSeriesTick();
    // After the first render, before the subscription.
    useLayoutEffect(() => series.append(frame(40)), []);
    return createElement('p', null, series.get('bc-mle', 'inMode', 'steps').x.length);
  }
  const box = document.createElement('div');
  const root = createRoot(box);
  root.render(createElement(SessionContext, { value: { series } as unknown as Session }, createElement(Chart)));
  await vi.waitFor(() => expect(box.textContent).toBe('2'), { timeout: 10_000 });
  root.unmount();
});
