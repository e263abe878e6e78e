import { afterEach, expect, it, vi } from 'vitest';
import { RolloutPool } from './pool.ts';
import { spawnWebWorker } from './spawn-browser.ts';

const started: Worker[] = [];
const RealWorker = Worker;

afterEach(() => vi.unstubAllGlobals());

it('a rollout pool replays the episodes of a worker that the browser ended silently', async () => {
  vi.stubGlobal(
    'Worker',
    class extends RealWorker {
      constructor(address: URL, options: WorkerOptions) {
        super(address, options);
        started.push(this);
      }
    },
  );
  const pool = new RolloutPool(spawnWebWorker, 1);
  const rollout = {
    ...({ environment: 'hopper', variant: 'v2', seed: 4, policies: [{ kind: 'uniform' }] } as const),
    orders: Array.from({ length: 4 }, (_, episode) => ({ episode, policy: 0 })),
  };
  const whole = await pool.run(rollout);
  let ended = false;
  const again = await pool.run(rollout, {
    onProgress: () => {
      if (!ended) started[0]!.terminate();
      ended = true;
    },
  });
  expect(started).toHaveLength(2);
  expect(again).toEqual(whole);
  pool.end();
});
