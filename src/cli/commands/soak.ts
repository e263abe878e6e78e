/** `lab soak`: takes many steps of a body, with resets, and checks that memory does not grow. */
import { Command, Option } from 'commander';
import { startPhysicsEngine } from '../../environments/engine.ts';
import { Environment } from '../../environments/environment.ts';
import type { PhysicsVariant } from '../../environments/physics-variant.ts';
import { createActor } from '../../environments/rollouts/policy.ts';
import type { EnvironmentId } from '../../environments/bodies/ids.ts';
import { printJson, type Console } from '../console.ts';
import { jsonOption, number, seed } from '../options.ts';
import { environmentOption, variantOption } from '../rollout-options.ts';

/** Number of memory samples; `looks` is a key of the JSON output. */
const SAMPLES = 10;

interface SoakFlags {
  env: EnvironmentId;
  variant: PhysicsVariant;
  seed: number;
  steps: number;
  json?: boolean;
}

/** Memory after so many steps. */
interface MemorySample {
  steps: number;
  /** Bytes of the engine's memory, which never shrinks. */
  engineBytes: number;
  /** Resident bytes of the process. */
  residentBytes: number;
}

export function soakCommand(console: Console): Command {
  return new Command('soak')
    .description('Takes many steps of random actions, with a new environment every tenth, and prints what memory does.')
    .addOption(environmentOption())
    .addOption(variantOption())
    .addOption(new Option('--seed <n>', 'seed of the episodes').argParser(seed).default(0))
    .addOption(
      new Option('--steps <n>', 'steps in all')
        .argParser(number({ min: SAMPLES, max: 1e9, whole: true }))
        .default(200_000),
    )
    .addOption(jsonOption())
    .action((flags: SoakFlags) => soak(flags, console));
}

async function soak({ env, variant, seed: number_, steps, json }: SoakFlags, console: Console): Promise<void> {
  const engine = await startPhysicsEngine();
  const looks: MemorySample[] = [];
  let episode = 0;
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const environment = new Environment(engine, env, { variant, seed: number_ });
    episode = takeSteps(
      environment,
      number_,
      episode,
      Math.floor((sample * steps) / SAMPLES) - (looks.at(-1)?.steps ?? 0),
    );
    environment.free();
    looks.push({
      steps: Math.floor((sample * steps) / SAMPLES),
      engineBytes: engine.memoryBytes(),
      residentBytes: process.memoryUsage.rss(),
    });
  }
  const grown = looks.at(-1)!.engineBytes - looks[0]!.engineBytes;
  if (json) {
    printJson(console, { environment: env, variant, steps, episodes: episode, looks, engineGrowth: grown });
    return;
  }
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const sample of looks) {
    console.out(`${sample.steps} steps: engine ${mb(sample.engineBytes)}, process ${mb(sample.residentBytes)}\n`);
  }
  console.out(`${episode} episodes; the engine's memory grew by ${mb(grown)} after the first tenth\n`);
}

/** Takes steps, beginning with episode `first`. @returns The next episode. */
function takeSteps(environment: Environment, seed: number, first: number, steps: number): number {
  const actor = createActor({ kind: 'uniform' }, environment.body.id, seed);
  const action = new Float64Array(environment.body.actions);
  let episode = first;
  let step = 0;
  environment.reset(episode);
  for (let i = 0; i < steps; i++) {
    actor(environment.observation, step++, episode, action);
    const { terminal, timeout } = environment.step(action);
    if (!terminal && !timeout) continue;
    environment.reset(++episode);
    step = 0;
  }
  return episode + 1;
}
