import { beforeAll, expect, it } from 'vitest';
import { METHOD_IDS, type MethodId } from './methods.ts';
import { createAlgorithm } from './registry.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { dispatchesOf, startToCount } from '../tensor/testing.ts';
import { BANDIT_WIDTHS, BanditTask } from './task.ts';
import { defaultExperiment, methodSettings } from './experiment.ts';

const BUFFERS = 16;

/** Most dispatches of a recorded step of the fast preset, on a GPU that binds as many buffers; of other methods 30. */
const MOST: Readonly<Partial<Record<MethodId, number>>> = {
  'bc-mle': 9,
  'bc-cvae': 14,
  'bc-mmd': 19,
  'bc-diffusion': 6,
  'td3-bc-gaussian': 18,
  'td3-bc': 6,
  'td3-bc-mdn': 24,
  bcq: 20,
  'bear-mmd': 27,
  'diffusion-ql': 12,
};

beforeAll(startToCount, 60_000);

it.each(METHOD_IDS)('a step of %s has no dispatch of tfjs, and few of ours on a GPU', (method) => {
  const experiment = defaultExperiment();
  const settings = methodSettings(experiment, method);
  const [task, draws] = [new BanditTask(experiment.data, 0), new StreamDraws(0).at(0)];
  const algorithm = createAlgorithm(method, settings, BANDIT_WIDTHS, 0);
  const step = () => algorithm.trainStep(task.drawBatch(draws, settings.batchSize), draws);
  const found = dispatchesOf(step, BUFFERS);
  algorithm.dispose();
  task.dispose();
  expect(found.length).toBeGreaterThan(0);
  expect(found.length, found.join('\n')).toBeLessThanOrEqual(MOST[method] ?? 30);
});
