/** Flags and the worker pool of the commands that run bodies. */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnThread } from '../environments/rollouts/spawn-node.ts';
import { ENVIRONMENT_IDS } from '../environments/bodies/ids.ts';
import { DEFAULT_VARIANT, PHYSICS_VARIANTS } from '../environments/physics-variant.ts';
import { number } from './options.ts';

const MAX_WORKERS = 64;

export function environmentOption(): Option {
  return new Option('--env <name>', 'the body').choices(ENVIRONMENT_IDS).makeOptionMandatory();
}

export function workersOption(): Option {
  return new Option('--workers <n>', 'threads, each with an engine of its own (as many as cores unless given)')
    .argParser(number({ min: 1, max: MAX_WORKERS, whole: true }))
    .default(Math.min(MAX_WORKERS, availableParallelism()), 'cores');
}

/** Runs `body` with a pool of threads, and ends the pool afterwards. */
export async function withPool<Result>(workers: number, body: (pool: RolloutPool) => Promise<Result>): Promise<Result> {
  const pool = new RolloutPool(spawnThread, workers);
  try {
    return await body(pool);
  } finally {
    pool.end();
  }
}

export function variantOption(): Option {
  return new Option('--variant <name>', "v2: MuJoCo made to agree with the one of D4RL's data; native: MuJoCo as it is")
    .choices(PHYSICS_VARIANTS)
    .default(DEFAULT_VARIANT);
}
