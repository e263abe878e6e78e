import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LatestOnlyPoller } from './latest-only-poller.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LatestOnlyPoller', () => {
  it('sends one request at a time, at a limited rate, and one after the last change', () => {
    let requests = 0;
    const poller = new LatestOnlyPoller(() => requests++, 100);
    poller.invalidate();
    expect(requests).toBe(0);
    poller.watch(true);
    expect(requests).toBe(1);
    poller.invalidate();
    vi.advanceTimersByTime(500);
    // The first request is still pending.
    expect(requests).toBe(1);
    poller.answered();
    expect(requests).toBe(2);
    for (let i = 0; i < 60; i++) {
      poller.answered();
      poller.invalidate();
      vi.advanceTimersByTime(10);
    }
    // 600 ms of changes.
    expect(requests).toBe(8);
    poller.invalidate();
    poller.answered();
    vi.advanceTimersByTime(1000);
    poller.answered();
    const rest = requests;
    vi.advanceTimersByTime(1000);
    expect(requests).toBe(rest);
    expect(rest).toBe(9);
  });

  it('sends nothing while it is off', () => {
    let requests = 0;
    const poller = new LatestOnlyPoller(() => requests++, 100);
    poller.watch(true);
    poller.answered();
    poller.invalidate();
    poller.watch(false);
    vi.advanceTimersByTime(1000);
    expect(requests).toBe(1);
    poller.watch(true);
    expect(requests).toBe(2);
    // After a restart it does not wait for the ignored answer.
    poller.watch(false);
    vi.advanceTimersByTime(1000);
    poller.watch(true);
    expect(requests).toBe(3);
  });
});
