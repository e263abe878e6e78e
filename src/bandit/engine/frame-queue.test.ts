import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FrameQueue } from './frame-queue.ts';
import type { EngineEvent, MethodFrame } from './protocol.ts';

const frame = (method: 'bc-mle' | 'bcq', step: number) => ({ method, step }) as MethodFrame;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function listening() {
  const queue = new FrameQueue();
  const events: string[] = [];
  let handled: () => void = () => undefined;
  queue.listen((event: EngineEvent) => {
    if (event.type === 'state') events.push(event.state);
    if (event.type === 'error') events.push(event.message);
    if (event.type !== 'frame') return;
    events.push(event.frames.map(({ method, step }) => `${method} ${step}`).join(', '));
    return new Promise<void>((resolve) => (handled = resolve));
  });
  return { queue, events, handle: () => handled() };
}

it('sends the newest frame of each method once the last was handled', async () => {
  const { queue, events, handle } = listening();
  queue.post(frame('bc-mle', 1), 0);
  queue.post(frame('bc-mle', 2), 0);
  queue.post(frame('bcq', 2), 0);
  queue.post(frame('bc-mle', 3), 0);
  await vi.advanceTimersByTimeAsync(1000);
  expect(events).toEqual(['bc-mle 1']);
  expect(queue.has('bc-mle')).toBe(true);
  handle();
  await vi.advanceTimersByTimeAsync(0);
  expect(events).toEqual(['bc-mle 1', 'bc-mle 3, bcq 2']);
  expect(queue.has('bc-mle')).toBe(false);
});

it('sends at most ten frames a second', async () => {
  const { queue, events, handle } = listening();
  for (let step = 0; step < 100; step++) {
    queue.post(frame('bc-mle', step), 0);
    handle();
    await vi.advanceTimersByTimeAsync(10);
    handle();
  }
  expect(events.length).toBeGreaterThan(8);
  expect(events.length).toBeLessThanOrEqual(11);
});

it('sends most events at once, and those that belong to the last frames after them', async () => {
  const { queue, events, handle } = listening();
  queue.post(frame('bc-mle', 1), 0);
  queue.post(frame('bc-mle', 2), 0);
  queue.sendAfterFrames({ type: 'state', state: 'finished' });
  queue.send({ type: 'error', message: 'now' });
  expect(events).toEqual(['bc-mle 1', 'now']);
  handle();
  await vi.advanceTimersByTimeAsync(100);
  handle();
  await vi.advanceTimersByTimeAsync(100);
  expect(events).toEqual(['bc-mle 1', 'now', 'bc-mle 2', 'finished']);
});

it('keeps the state `running` if Play is pressed before the first frame was painted', async () => {
  const { queue, events, handle } = listening();
  let painted = 0;
  queue.post(frame('bc-mle', 1), 0);
  queue.sendAfterFrames({ type: 'state', state: 'showing-pretrained' }, () => painted++);
  queue.send({ type: 'state', state: 'running' });
  handle();
  await vi.advanceTimersByTimeAsync(100);
  expect(events).toEqual(['bc-mle 1', 'running']);
  expect(painted).toBe(1);
});

it('continues after a listener throws', async () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const queue = new FrameQueue();
  let events = 0;
  queue.listen(() => {
    events++;
    throw new Error('the page is gone');
  });
  queue.post(frame('bc-mle', 1), 0);
  await vi.advanceTimersByTimeAsync(0);
  queue.post(frame('bc-mle', 2), 0);
  await vi.advanceTimersByTimeAsync(200);
  expect(events).toBe(2);
  expect(complaint).toHaveBeenCalledTimes(2);
});
