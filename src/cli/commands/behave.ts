/** `lab behave`: trains a behaviour policy for a body, and stores the run in a file that can be resumed. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { startPhysicsEngine } from '../../environments/engine.ts';
import type { PhysicsVariant } from '../../environments/physics-variant.ts';
import type { RolloutPool } from '../../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { publishedArs, startArs } from '../../collection/ars.ts';
import { decodeBehaviourRun, encodePolicies, encodeBehaviourRun } from '../../collection/files.ts';
import { progressOf } from '../../collection/learner.ts';
import { PPO_SETTINGS, startPpo } from '../../collection/ppo.ts';
import { bestSnapshot, trainBehaviour, type BehaviourRun, type CurvePoint } from '../../collection/training-run.ts';
import { shipRun } from '../../collection/export-policy.ts';
import { printJson, UsageError, type Console } from '../console.ts';
import { jsonOption, number, seed } from '../options.ts';
import { environmentOption, variantOption, withPool, workersOption } from '../rollout-options.ts';
import { exists } from '../shard-folder.ts';

const MAX_STEPS = 1e9;
/** `ars`: linear policies by augmented random search; `ppo`: networks by proximal policy optimisation. */
const TRAINERS = ['ars', 'ppo'] as const;

interface BehaveFlags {
  trainer: (typeof TRAINERS)[number];
  env: EnvironmentId;
  variant: PhysicsVariant;
  seed: number;
  steps: number;
  decaySteps?: number;
  workers: number;
  resume?: boolean;
  ship?: string;
  json?: boolean;
}

export function behaveCommand(console: Console): Command {
  const whole = (max: number) => number({ min: 0, max, whole: true });
  return new Command('behave')
    .description(
      'Trains a behaviour policy: a linear one by ARS V2-t or a network by PPO, with published hyperparameters.',
    )
    .argument('<file>', 'the run (JSON), saved after each evaluation')
    .addOption(environmentOption())
    .addOption(
      new Option('--trainer <name>', 'ars: augmented random search, linear; ppo: a network of 64 × 64 tanh, one thread')
        .choices(TRAINERS)
        .default('ars'),
    )
    .addOption(variantOption())
    .addOption(new Option('--seed <n>', 'seed of whatever is random').argParser(seed).default(0))
    .addOption(new Option('--steps <n>', 'steps of the body, in all').argParser(whole(MAX_STEPS)).default(1_000_000))
    .addOption(
      new Option(
        '--decay-steps <n>',
        'ppo: steps over which its rate falls to 0 (those of --steps unless given)',
      ).argParser(whole(MAX_STEPS)),
    )
    .addOption(workersOption())
    .option('--resume', 'goes on from the file')
    .option('--ship <file>', 'writes the medium and the expert policy of the run there at the end')
    .addOption(jsonOption())
    .action((file: string, flags: BehaveFlags) => behave(file, flags, console));
}

async function behave(file: string, flags: BehaveFlags, console: Console): Promise<void> {
  const from = await startingPoint(file, flags);
  const start = performance.now();
  const already = progressOf(from).steps;
  const report = await withPool(flags.workers, async (pool) => {
    const run = await trainBehaviour(from, pool, {
      steps: flags.steps,
      onPoint: async (reached, point) => {
        await save(file, encodeBehaviourRun(reached));
        console.progress(`${pointLine(point, (point.steps - already) / (performance.now() - start))}\n`);
      },
    });
    const shipped = flags.ship === undefined ? null : await ship(run, flags.ship, pool);
    return { run, shipped };
  });
  print(report.run, report.shipped, flags, console);
}

async function startingPoint(file: string, flags: BehaveFlags): Promise<BehaviourRun> {
  const { env, variant, seed: number_, resume, trainer, steps } = flags;
  const there = await exists(file);
  if (!resume) {
    if (there) throw new UsageError(`${file} is there already; --resume goes on from it.`);
    const setting = { environment: env, variant, seed: number_ };
    const state =
      trainer === 'ars'
        ? { ars: startArs({ ...setting, ...publishedArs(env) }) }
        : { ppo: startPpo({ ...setting, ...PPO_SETTINGS, decaySteps: flags.decaySteps ?? steps }) };
    return { ...state, curve: [], snapshots: [] };
  }
  if (!there) throw new UsageError(`${file} is not there; without --resume a run is begun.`);
  let run: BehaviourRun;
  try {
    run = decodeBehaviourRun(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const { config } = progressOf(run);
  if (!(trainer in run)) throw new UsageError(`${file} is a run of another trainer than ${trainer}.`);
  if ('ppo' in run) checkDecay(file, run.ppo.config.decaySteps, flags);
  if (config.environment !== env || config.variant !== variant || config.seed !== number_) {
    throw new UsageError(
      `${file} is a run of ${config.environment}, variant ${config.variant}, seed ${config.seed}; asked for is ${env}, ${variant}, ${number_}.`,
    );
  }
  return run;
}

/** The learning-rate schedule of a resumed run cannot change. */
function checkDecay(file: string, begun: number, { steps, decaySteps }: BehaveFlags): void {
  if (decaySteps !== undefined && decaySteps !== begun) {
    throw new UsageError(`${file} is a run whose rate falls over ${begun} steps, not over ${decaySteps}.`);
  }
  if (steps > begun) {
    throw new UsageError(`${file} is a run whose rate is 0 from step ${begun} on; --steps asks for ${steps}.`);
  }
}

async function ship(run: BehaviourRun, file: string, pool: RolloutPool) {
  const { version } = await startPhysicsEngine();
  const shipped = await shipRun(run, pool, version);
  await save(file, encodePolicies(shipped));
  return shipped;
}

/** Writes atomically: a run that ends while writing keeps its last file. */
async function save(file: string, text: string): Promise<void> {
  const partial = `${file}.partial`;
  await writeFile(partial, text);
  await rename(partial, file);
}

function pointLine(point: CurvePoint, stepsPerMs: number): string {
  const { iteration, steps, score, length } = point;
  return [
    `${steps} steps, iteration ${iteration}: return ${point.return.toFixed(0)} ± ${point.deviation.toFixed(0)}`,
    `score ${score.toFixed(1)}`,
    `${length.toFixed(0)} steps an episode`,
    `${(1000 * stepsPerMs).toFixed(0)} steps/s`,
  ].join(', ');
}

function print(
  run: BehaviourRun,
  shipped: Awaited<ReturnType<typeof ship>> | null,
  { variant, json }: BehaveFlags,
  console: Console,
): void {
  const { config, iteration, steps } = progressOf(run);
  const { policy: _policy, ...best } = bestSnapshot(run);
  const levels = shipped?.policies.map(({ policy: _weights, ...level }) => level) ?? [];
  if (json) {
    printJson(console, { ...config, iteration, steps, best, curve: run.curve, shipped: levels });
    return;
  }
  console.out(`${config.environment}, seed ${config.seed}: ${steps} steps, ${iteration} iterations\n`);
  console.out(
    `best: return ${best.return.toFixed(0)} ± ${best.deviation.toFixed(0)}, normalised ${best.score.toFixed(1)}, `,
  );
  console.out(`after ${best.steps} steps, variant ${variant} of the physics\n`);
  for (const level of levels) {
    console.out(
      `${level.level}: return ${level.return.toFixed(0)} ± ${level.deviation.toFixed(0)} over ${level.episodes} `,
    );
    console.out(`episodes, normalised ${level.score.toFixed(1)}\n`);
  }
}
