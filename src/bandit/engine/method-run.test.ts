import { expect, it } from 'vitest';
import type { Algorithm, Batch } from '../../algorithms/algorithm.ts';
import { OutOfMemoryError } from '../../tensor/memory.ts';
import { StreamDraws } from '../../tensor/stream-draws.ts';
import { MethodRun } from './method-run.ts';

function runThatFails(error: Error): MethodRun {
  const algorithm = {
    step: 0,
    trainStep: () => {
      throw error;
    },
  };
  return new MethodRun('diffusion-ql', algorithm as unknown as Algorithm, 1000);
}

it('an out-of-memory error names a batch that would fit', () => {
  const run = runThatFails(new OutOfMemoryError(320e6, 128e6));
  expect(() => run.train({} as Batch, new StreamDraws(0))).toThrow(
    'Diffusion-QL: a gradient step with a batch of 1000 asks for 320 MB at once, where a tensor may have 128 MB. ' +
      'A batch of 256 would fit.',
  );
});

it('an out-of-memory error names a smaller batch if the limit is unknown', () => {
  const run = runThatFails(new OutOfMemoryError(900e6, null));
  expect(() => run.train({} as Batch, new StreamDraws(0))).toThrow(
    'asks for 900 MB at once, more than there is room for. A batch of 256 may fit.',
  );
});

it('other errors of a step are unchanged', () => {
  const error = new Error('something else');
  expect(() => runThatFails(error).train({} as Batch, new StreamDraws(0))).toThrow(error);
});

it('the latest losses are kept if submissions finish out of order', () => {
  const run = runThatFails(new Error('no step is taken'));
  expect(run.record([{ step: 3, losses: { bcLoss: 0.3 } }])).toBeNull();
  expect(run.record([{ step: 1, losses: { bcLoss: 0.1 } }])).toBeNull();
  expect(run.losses).toEqual({ bcLoss: 0.3 });
  expect(run.record([{ step: 4, losses: { bcLoss: Number.NaN } }])).toEqual({ quantity: 'bcLoss', step: 4 });
});
