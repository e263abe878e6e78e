/** `lab evaluate`: plays episodes of a checkpoint's policy, and prints returns and scores. */
import { Command, Option } from 'commander';
import { startPhysicsEngine } from '../../environments/engine.ts';
import { physicsLabel, type PhysicsVariant } from '../../environments/physics-variant.ts';
import type { NetworkPolicy } from '../../environments/rollouts/network-policy.ts';
import type { RolloutPool } from '../../environments/rollouts/pool.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { actingExperiment, encodePolicy, type Checkpoint } from '../../locomotion/checkpoint-file.ts';
import { evaluate, type Evaluation, type EvaluationPlan } from '../../locomotion/evaluation.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { policyOf } from '../../locomotion/policy.ts';
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import { printJson, textTable, UsageError, type Console } from '../console.ts';
import { candidates, noChoice } from '../locomotion-options.ts';
import { jsonOption, number, seed } from '../options.ts';
import { environmentOption, variantOption, withPool, workersOption } from '../rollout-options.ts';
import { readCheckpoint, writeWhole } from '../run-folder.ts';
import { scoreCell } from '../score-cells.ts';

interface EvaluateFlags {
  checkpoint: string;
  env: EnvironmentId;
  episodes: number;
  candidates?: number[];
  ship?: string;
  seed: number;
  variant: PhysicsVariant;
  workers: number;
  json?: boolean;
}

export function evaluateCommand(console: Console): Command {
  return new Command('evaluate')
    .description("Plays episodes of a checkpoint's policy and prints what they return.")
    .requiredOption('--checkpoint <file>', 'a file of lab train (checkpoint.safetensors, best.safetensors)')
    .addOption(environmentOption())
    .addOption(
      new Option('--episodes <n>', 'episodes').argParser(number({ min: 1, max: 10_000, whole: true })).default(10),
    )
    .addOption(
      new Option(
        '--candidates <list>',
        'actions that Diffusion-QL chooses among by Q: 1, 50, or several with commas (1,50 unless given)',
      ).argParser(candidates),
    )
    .option('--ship <file>', 'writes the policy alone there, with these scores in its metadata')
    .addOption(new Option('--seed <n>', 'seed of the episodes').argParser(seed).default(0))
    .addOption(variantOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((flags: EvaluateFlags) => evaluateCheckpoint(flags, console));
}

async function evaluateCheckpoint(flags: EvaluateFlags, console: Console): Promise<void> {
  const checkpoint = await readCheckpoint(flags.checkpoint);
  const { task, method } = checkpoint.experiment;
  const { environment } = LOCOMOTION_TASKS[task];
  if (environment !== flags.env) {
    throw new UsageError(`${flags.checkpoint} has a policy of ${environment}, not of ${flags.env}.`);
  }
  const chooses = method === 'diffusion-ql';
  const drawn = flags.candidates ?? (chooses ? [1, 50] : [1]);
  if (!chooses && drawn.some((count) => count > 1)) {
    throw new UsageError(noChoice(method));
  }
  const { version } = await startPhysicsEngine();
  const physics = physicsLabel(flags.variant, version);
  const start = performance.now();
  const { variant, episodes } = flags;
  const evaluations = await withPool(flags.workers, (pool) =>
    playCheckpoint(checkpoint, flags.checkpoint, drawn, { variant, episodes, seed: flags.seed }, pool),
  );
  const seconds = (performance.now() - start) / 1000;
  const { step, dataset } = checkpoint;
  const experiment = actingExperiment(checkpoint);
  if (flags.ship !== undefined) {
    const scores = { physics, episodeSeed: flags.seed, evaluations };
    await writeWhole(flags.ship, encodePolicy(checkpoint, scores));
  }
  if (flags.json) {
    printJson(console, { task, method, step, physics, seed: flags.seed, seconds, dataset, experiment, evaluations });
    return;
  }
  console.out(
    `${LOCOMOTION_METHODS[method].name} on ${dataset.id}, seed ${experiment.seed}, step ${step}: ${physics}\n`,
  );
  const rows = evaluations.map(({ candidates: count, return: mean, deviation, score, lengths }) => [
    String(count),
    mean.value.toFixed(1),
    deviation.toFixed(1),
    `${mean.low.toFixed(0)} – ${mean.high.toFixed(0)}`,
    scoreCell(score),
    (lengths.reduce((sum, length) => sum + length, 0) / lengths.length).toFixed(0),
  ]);
  const head = ['candidates', 'return', 'deviation', '95 % of the mean', 'normalised score', 'steps an episode'];
  console.out(textTable([head, ...rows]));
  console.out(`${flags.episodes} episodes each, ${seconds.toFixed(1)} s\n`);
}

/**
 * Plays episodes of a checkpoint's policy with each number of candidates.
 *
 * @param path Path of the checkpoint, for error messages.
 */
export async function playCheckpoint(
  checkpoint: Checkpoint,
  path: string,
  counts: readonly number[],
  plan: Pick<EvaluationPlan, 'variant' | 'seed' | 'episodes'>,
  pool: RolloutPool,
): Promise<Evaluation[]> {
  const { environment } = LOCOMOTION_TASKS[checkpoint.experiment.task];
  const all: Evaluation[] = [];
  for (const candidates of counts) {
    const policy = readPolicy(checkpoint, candidates, path);
    all.push(await evaluate(policy, { environment, ...plan, candidates }, pool));
  }
  return all;
}

/** @throws Error With the file's name, if a network is missing or has a wrong shape. */
function readPolicy(checkpoint: Checkpoint, count: number, path: string): NetworkPolicy {
  try {
    if (count > 1 && !Object.keys(checkpoint.tensors).some((name) => name.startsWith('critic_target.'))) {
      throw new Error('It has no critics to choose among candidates by; --candidates 1 takes plain samples.');
    }
    return policyOf(checkpoint, { candidates: count });
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
