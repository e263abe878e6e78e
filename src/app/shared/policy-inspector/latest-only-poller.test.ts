import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LatestAsker } from './latest-only-poller.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('questions about what changes', () => {
  it('are one at a time, no more than so many a second, and one after the last change', () => {
    let questions = 0;
    const asker = new LatestAsker(() => questions++, 100);
    asker.changed();
    expect(questions).toBe(0);
    asker.watch(true);
    expect(questions).toBe(1);
    asker.changed();
    vi.advanceTimersByTime(500);
    // The first is not answered yet.
    expect(questions).toBe(1);
    asker.answered();
    expect(questions).toBe(2);
    for (let i = 0; i < 60; i++) {
      asker.answered();
      asker.changed();
      vi.advanceTimersByTime(10);
    }
    // 600 ms of changes.
    expect(questions).toBe(8);
    asker.changed();
    asker.answered();
    vi.advanceTimersByTime(1000);
    asker.answered();
    const rest = questions;
    vi.advanceTimersByTime(1000);
    expect(questions).toBe(rest);
    expect(rest).toBe(9);
  });

  it('are not put while nobody looks', () => {
    let questions = 0;
    const asker = new LatestAsker(() => questions++, 100);
    asker.watch(true);
    asker.answered();
    asker.changed();
    asker.watch(false);
    vi.advanceTimersByTime(1000);
    expect(questions).toBe(1);
    asker.watch(true);
    expect(questions).toBe(2);
    // Whoever looks again does not wait for an answer that was never to come.
    asker.watch(false);
    vi.advanceTimersByTime(1000);
    asker.watch(true);
    expect(questions).toBe(3);
  });
});
