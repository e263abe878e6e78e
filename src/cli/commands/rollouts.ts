/** `lab rollouts`: measures a policy's steps a second in the workers, and those of the bare engine there. */
import { Command, Option } from 'commander';
import type { PhysicsVariant } from '../../environments/physics-variant.ts';
import { zeroPolicy, type Policy } from '../../environments/rollouts/policy.ts';
import type { Rollout, RolloutPool } from '../../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { levelIn } from '../../collection/collect.ts';
import { percent, printJson, UsageError, type Console } from '../console.ts';
import { jsonOption, number, seed } from '../options.ts';
import { readPolicies } from '../policy-files.ts';
import { environmentOption, variantOption, withPool, workersOption } from '../rollout-options.ts';

/** Rollouts and bare engine alternate, so that other load affects both. */
const ROUNDS = 4;

interface RolloutFlags {
  env: EnvironmentId;
  variant: PhysicsVariant;
  seed: number;
  episodes: number;
  workers: number;
  policy?: string;
  json?: boolean;
}

export function rolloutsCommand(console: Console): Command {
  return new Command('rollouts')
    .description('Measures the steps a second of a linear policy in parallel workers, and of the bare engine there.')
    .addOption(environmentOption())
    .addOption(variantOption())
    .addOption(new Option('--seed <n>', 'seed of the episodes').argParser(seed).default(0))
    .addOption(
      new Option('--episodes <n>', 'episodes a round, of four')
        .argParser(number({ min: 1, max: 1e6, whole: true }))
        .default(64),
    )
    .option('--policy <file>', 'policies of `lab behave --ship`; a linear policy that stands still unless given')
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((flags: RolloutFlags) => rollouts(flags, console));
}

async function rollouts(flags: RolloutFlags, console: Console): Promise<void> {
  const policy = await policyOf(flags);
  const { env: environment, variant, workers, episodes } = flags;
  const rollout: Rollout = {
    environment,
    variant,
    seed: flags.seed,
    policies: [policy],
    orders: Array.from({ length: episodes }, (_, episode) => ({ episode, policy: 0 })),
  };
  const rates = await withPool(workers, (pool) => measure(pool, rollout));
  const share = rates.rollout / rates.engine;
  if (flags.json) {
    printJson(console, {
      environment,
      variant,
      workers,
      steps: rates.steps,
      rolloutStepsPerSecond: rates.rollout,
      engineStepsPerSecond: rates.engine,
      share,
    });
    return;
  }
  console.out(`${environment}, ${workers} workers, ${rates.steps} steps\n`);
  console.out(`rollouts ${rates.rollout.toFixed(0)} steps/s, bare engine ${rates.engine.toFixed(0)} steps/s: `);
  console.out(`${percent(share)}\n`);
}

/** Steps a second, summed over all workers. */
async function measure(
  pool: RolloutPool,
  rollout: Rollout,
): Promise<{ rollout: number; engine: number; steps: number }> {
  // Warm-up: starts engines and compiles code.
  await pool.run({ ...rollout, timeEngine: true });
  let steps = 0;
  let seconds = 0;
  let engineSeconds = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const results = await pool.run(rollout);
    seconds += (performance.now() - start) / 1000;
    steps += results.reduce((sum, result) => sum + result.steps, 0);
    const timed = await pool.run({ ...rollout, timeEngine: true });
    engineSeconds += timed.reduce((sum, result) => sum + (result.engineSeconds ?? 0), 0);
  }
  return { rollout: steps / seconds, engine: (pool.workers * steps) / engineSeconds, steps };
}

async function policyOf({ env, policy: file }: RolloutFlags): Promise<Policy> {
  if (file === undefined) return zeroPolicy(env);
  const [shipped] = (await readPolicies([file])).policies;
  if (shipped?.environment !== env)
    throw new UsageError(`${file} has policies of ${shipped?.environment ?? 'nothing'}, not of ${env}.`);
  return levelIn(shipped, 'expert').policy;
}
