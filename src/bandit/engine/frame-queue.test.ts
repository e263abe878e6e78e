import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FrameQueue } from './frame-queue.ts';
import type { EngineEvent, MethodFrame } from './protocol.ts';

const frame = (method: 'bc-mle' | 'bcq', step: number) => ({ method, step }) as MethodFrame;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function listening() {
  const outbox = new FrameQueue();
  const told: string[] = [];
  let taken: () => void = () => undefined;
  outbox.listen((event: EngineEvent) => {
    if (event.type === 'state') told.push(event.state);
    if (event.type === 'error') told.push(event.message);
    if (event.type !== 'frame') return;
    told.push(event.frames.map(({ method, step }) => `${method} ${step}`).join(', '));
    return new Promise<void>((resolve) => (taken = resolve));
  });
  return { outbox, told, take: () => taken() };
}

it('sends the newest frame of each method once the last one was taken', async () => {
  const { outbox, told, take } = listening();
  outbox.post(frame('bc-mle', 1), 0);
  outbox.post(frame('bc-mle', 2), 0);
  outbox.post(frame('bcq', 2), 0);
  outbox.post(frame('bc-mle', 3), 0);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual(['bc-mle 1']);
  expect(outbox.has('bc-mle')).toBe(true);
  take();
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual(['bc-mle 1', 'bc-mle 3, bcq 2']);
  expect(outbox.has('bc-mle')).toBe(false);
});

it('sends at most ten frames a second', async () => {
  const { outbox, told, take } = listening();
  for (let step = 0; step < 100; step++) {
    outbox.post(frame('bc-mle', step), 0);
    take();
    await vi.advanceTimersByTimeAsync(10);
    take();
  }
  expect(told.length).toBeGreaterThan(8);
  expect(told.length).toBeLessThanOrEqual(11);
});

it('tells most events at once, and those that belong to the last frames after them', async () => {
  const { outbox, told, take } = listening();
  outbox.post(frame('bc-mle', 1), 0);
  outbox.post(frame('bc-mle', 2), 0);
  outbox.sendAfterFrames({ type: 'state', state: 'finished' });
  outbox.send({ type: 'error', message: 'now' });
  expect(told).toEqual(['bc-mle 1', 'now']);
  take();
  await vi.advanceTimersByTimeAsync(100);
  take();
  await vi.advanceTimersByTimeAsync(100);
  expect(told).toEqual(['bc-mle 1', 'now', 'bc-mle 2', 'finished']);
});

it('does not take Play back when it is pressed before the first figure was painted', async () => {
  const { outbox, told, take } = listening();
  let painted = 0;
  outbox.post(frame('bc-mle', 1), 0);
  outbox.sendAfterFrames({ type: 'state', state: 'showing-pretrained' }, () => painted++);
  outbox.send({ type: 'state', state: 'running' });
  take();
  await vi.advanceTimersByTimeAsync(100);
  expect(told).toEqual(['bc-mle 1', 'running']);
  expect(painted).toBe(1);
});

it('goes on after a listener that fails', async () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const outbox = new FrameQueue();
  let told = 0;
  outbox.listen(() => {
    told++;
    throw new Error('the page is gone');
  });
  outbox.post(frame('bc-mle', 1), 0);
  await vi.advanceTimersByTimeAsync(0);
  outbox.post(frame('bc-mle', 2), 0);
  await vi.advanceTimersByTimeAsync(200);
  expect(told).toBe(2);
  expect(complaint).toHaveBeenCalledTimes(2);
});
