import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reportLostDevice } from './lost-device.ts';
import type { TrainingEvent } from './training-protocol.ts';

const device = vi.hoisted(() => ({ lose: (_reason: string): void => undefined }));
vi.mock('../tensor/backend.ts', () => ({
  onDeviceLost: (listener: (reason: string) => void) => (device.lose = listener),
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a read that fails because the GPU was lost is reported only as the loss', () => {
  const told: TrainingEvent[] = [];
  const tell = reportLostDevice((event) => told.push(event));
  tell({ type: 'failed', message: 'mapAsync was aborted.' });
  vi.advanceTimersByTime(100);
  device.lose('unknown');
  tell({ type: 'failed', message: 'Another read.' });
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([{ type: 'lost', message: 'The GPU went away (unknown).' }]);
});

it('a failure without device loss is reported late, other events immediately', () => {
  const told: TrainingEvent[] = [];
  const tell = reportLostDevice((event) => told.push(event));
  tell({ type: 'saved', step: 3 });
  expect(told).toEqual([{ type: 'saved', step: 3 }]);
  tell({ type: 'failed', message: 'Something else.' });
  vi.advanceTimersByTime(1000);
  expect(told.at(-1)).toEqual({ type: 'failed', message: 'Something else.' });
});
