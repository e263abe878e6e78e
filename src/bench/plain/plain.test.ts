import { beforeAll, describe, expect, it } from 'vitest';
import type { StepMetrics } from '../../algorithms/algorithm.ts';
import { startBackend } from '../../tensor/backend.ts';
import { StreamDraws } from '../../tensor/stream-draws.ts';
import { disposeBatch, Transitions } from '../data.ts';
import { fusedAlgorithm, plainAlgorithm } from '../paths.ts';
import { TASK_NAMES, TASKS, tiny } from '../tasks.ts';

const STEPS = 6;

async function values(metrics: StepMetrics): Promise<Record<string, number>> {
  const entries = Object.entries(metrics).map(async ([name, metric]) => [name, (await metric.data())[0]] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, number>;
}

describe('the plain step', () => {
  beforeAll(() => startBackend('cpu'));

  it.each(TASK_NAMES)('the plain tfjs step gives the losses of the fused algorithm: %s', async (name) => {
    const task = tiny(TASKS[name]);
    const plain = await plainAlgorithm(task);
    const fused = fusedAlgorithm(task);
    const data = new Transitions(task);
    const draws = new StreamDraws(3);
    for (let step = 0; step < STEPS; step++) {
      const batch = data.batch(step);
      const ours = await values(fused.trainStep(batch, draws.at(step)));
      const theirs = await values(plain.trainStep(batch, draws.at(step)));
      disposeBatch(batch);
      expect(Object.keys(theirs).sort()).toEqual(Object.keys(ours).sort());
      for (const [loss, value] of Object.entries(ours)) {
        expect(Math.abs((theirs[loss] as number) - value), `${loss}, step ${step}`).toBeLessThan(
          1e-4 * Math.max(Math.abs(value), 0.1),
        );
      }
    }
    plain.dispose();
    fused.dispose();
  });
});
