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
  const events: TrainingEvent[] = [];
  const notify = reportLostDevice((event) => events.push(event));
  notify({ type: 'failed', message: 'mapAsync was aborted.' });
  vi.advanceTimersByTime(100);
  device.lose('unknown');
  notify({ type: 'failed', message: 'Another read.' });
  vi.advanceTimersByTime(1000);
  expect(events).toEqual([{ type: 'lost', message: 'The GPU went away (unknown).' }]);
});

it('a failure without device loss is reported late, other events immediately', () => {
  const events: TrainingEvent[] = [];
  const notify = reportLostDevice((event) => events.push(event));
  notify({ type: 'saved', step: 3 });
  expect(events).toEqual([{ type: 'saved', step: 3 }]);
  notify({ type: 'failed', message: 'Something else.' });
  vi.advanceTimersByTime(1000);
  expect(events.at(-1)).toEqual({ type: 'failed', message: 'Something else.' });
});
