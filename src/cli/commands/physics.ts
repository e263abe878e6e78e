/** `lab physics`: replays steps recorded in Gym's environments, and prints the errors. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { startPhysicsEngine } from '../../environments/engine.ts';
import { physicsLabel, type PhysicsVariant } from '../../environments/physics-variant.ts';
import {
  parsePhysicsRecording,
  replayPhysics,
  VELOCITY_TOLERANCE,
  type PhysicsRecording,
} from '../../environments/recording.ts';
import { percent, printJson, UsageError, type Console } from '../console.ts';
import { jsonOption } from '../options.ts';
import { variantOption } from '../rollout-options.ts';

interface PhysicsFlags {
  variant: PhysicsVariant;
  json?: boolean;
}

export function physicsCommand(console: Console): Command {
  return new Command('physics')
    .description("Replays one-step transitions recorded in Gym's environments, and prints how far ours land from them.")
    .argument('<file>', 'a recording (JSON: environment, transitions)')
    .addOption(variantOption())
    .addOption(jsonOption())
    .action((file: string, flags: PhysicsFlags) => physics(file, flags, console));
}

async function physics(file: string, { variant, json }: PhysicsFlags, console: Console): Promise<void> {
  const recording = await readRecording(file);
  const engine = await startPhysicsEngine();
  const { transitions, ...errors } = replayPhysics(recording, engine, variant);
  const environment = recording.task.gymId;
  const engineName = physicsLabel(variant, engine.version);
  if (json) {
    printJson(console, { ...errors, environment, transitions, variant, physics: engineName });
    return;
  }
  console.out(`${environment}, ${transitions} recorded steps, replayed in ${engineName}\n`);
  console.out(`steps with all velocities within ${VELOCITY_TOLERANCE}: ${percent(errors.within)}\n`);
  console.out(`velocity error: median ${errors.medianVelocityError.toExponential(1)}, `);
  console.out(`99th percentile ${errors.p99VelocityError.toExponential(1)}\n`);
  console.out(`reward error: median ${errors.medianRewardError.toExponential(1)}\n`);
}

async function readRecording(file: string): Promise<PhysicsRecording> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file} could not be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    return parsePhysicsRecording(text);
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
