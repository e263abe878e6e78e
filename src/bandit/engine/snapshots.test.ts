import { expect, it } from 'vitest';
import type { BanditMetrics } from './protocol.ts';
import { SnapshotStore, type MethodSnapshot } from './snapshots.ts';

const snapshotAt = (step: number): MethodSnapshot => ({
  step,
  seconds: step / 10,
  samples: new Float32Array(),
  metrics: {} as BanditMetrics,
  losses: {},
  q: null,
  weights: null,
});

function filled(steps: Iterable<number>, capacity?: number): number[] {
  const store = new SnapshotStore(capacity);
  for (const step of steps) if (store.accepts(step)) store.add(snapshotAt(step));
  return store.all().map(({ step }) => step);
}

it('a full store keeps the first snapshot and spreads the rest evenly', () => {
  const steps = filled(Array.from({ length: 5000 }, (_, i) => 20 * i));
  expect(steps.length).toBeGreaterThan(20);
  expect(steps.length).toBeLessThanOrEqual(48);
  expect(steps[0]).toBe(0);
  expect(steps.at(-1)).toBeGreaterThan(92_000);
  const gaps = steps.slice(1).map((step, i) => step - (steps[i] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.min(...gaps));
});

it('a store thins out snapshots that came densely at first', () => {
  const dense = Array.from({ length: 9 }, (_, i) => i);
  const sparse = Array.from({ length: 100 }, (_, i) => 100 * (i + 1));
  const steps = filled([...dense, ...sparse], 9);
  expect(steps.filter((step) => step < 100)).toHaveLength(1);
});

it('a store takes a step once, and drops snapshots after a step', () => {
  const store = new SnapshotStore();
  for (const step of [0, 10, 10, 20]) store.add(snapshotAt(step));
  expect(store.all().map(({ step }) => step)).toEqual([0, 10, 20]);
  expect(store.at(19)?.step).toBe(10);
  expect(store.at(-1)).toBeUndefined();
  store.truncate(10);
  expect(store.all().map(({ step }) => step)).toEqual([0, 10]);
  store.add(snapshotAt(15));
  expect(store.at(100)?.step).toBe(15);
});
