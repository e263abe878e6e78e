import { beforeAll, expect, it } from 'vitest';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { dispatchesOf, startToCount } from '../tensor/testing.ts';
import { Transitions } from './data.ts';
import { fusedAlgorithm } from './paths.ts';
import { TASKS } from './tasks.ts';

beforeAll(startToCount, 60_000);

it.each([
  { name: 'd4rl-step', buffers: 8, at: 27 },
  { name: 'd4rl-step', buffers: 10, at: 24 },
  { name: 'd4rl-step', buffers: 12, at: 19 },
  { name: 'd4rl-step', buffers: 16, at: 14 },
  { name: 'd4rl-step-max-q', buffers: 16, at: 16 },
  { name: 'bandit-ql-t50', buffers: 16, at: 12 },
] as const)(
  'a recorded $name step takes $at dispatches on a GPU that binds $buffers buffers',
  ({ name, buffers, at }) => {
    const task = TASKS[name];
    const [algorithm, data, draws] = [fusedAlgorithm(task), new Transitions(task), new StreamDraws(0).at(0)];
    const found = dispatchesOf(() => algorithm.trainStep(data.drawBatch(draws), draws), buffers);
    algorithm.dispose();
    data.dispose();
    expect(found.length, found.join('\n')).toBe(at);
  },
);
