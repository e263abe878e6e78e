/** Flags of the commands that train and evaluate locomotion policies. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  LOCOMOTION_RULES,
  LOCOMOTION_VERSION,
  presetLocomotion,
  validateLocomotion,
  type LocomotionExperiment,
} from '../locomotion/experiment.ts';
import { LOCOMOTION_METHOD_IDS, LOCOMOTION_METHODS, type LocomotionMethodId } from '../locomotion/methods.ts';
import { LOCOMOTION_PRESET_WORDS, LOCOMOTION_PRESETS, type LocomotionPresetId } from '../locomotion/presets.ts';
import { LOCOMOTION_FIELDS } from '../locomotion/settings.ts';
import { LOCOMOTION_TASK_IDS, type LocomotionTaskId } from '../locomotion/tasks.ts';
import { UsageError } from './console.ts';
import { attributeOf, list, number, seed, settingOptions } from './options.ts';

/** Settings whose flag name is used otherwise by these commands. */
const NOT_SETTINGS = ['candidates'];

/** Maximum candidates that a policy chooses among. */
const MAX_CANDIDATES = 50;
const MAX_SEEDS = 100;

export const candidates = list(number({ min: 1, max: MAX_CANDIDATES, whole: true }));

/** The error for several candidates with a method that does not choose among them. */
export function noChoice(method: LocomotionMethodId): string {
  return `${LOCOMOTION_METHODS[method].name} does not choose among candidates; leave out --candidates.`;
}

/** Parses seeds: a list with commas, in which `a..b` is the range from a to b. */
export function seeds(text: string): number[] {
  const found = text.split(',').flatMap((part) => {
    const [from, to = from, ...more] = part.trim().split('..');
    if (more.length > 0 || from === undefined || to === undefined) throw badSeeds();
    const [a, b] = [seed(from), seed(to)];
    if (b < a || b - a >= MAX_SEEDS) throw badSeeds();
    return Array.from({ length: b - a + 1 }, (_, i) => a + i);
  });
  return [...new Set(found)];
}

function badSeeds(): InvalidArgumentError {
  return new InvalidArgumentError(`It takes seeds with commas, or a range like 0..4, at most ${MAX_SEEDS}.`);
}

/** Adds the flags of a locomotion experiment. */
export function addLocomotionOptions(command: Command): Command {
  const rule = ({ min, max }: { min: number; max: number }) => number({ min, max, whole: true });
  command
    .addOption(new Option('--task <name>', 'body and behaviour').choices(LOCOMOTION_TASK_IDS).makeOptionMandatory())
    .addOption(new Option('--algorithm <name>', 'the method').choices(LOCOMOTION_METHOD_IDS).makeOptionMandatory())
    .addOption(
      new Option('--preset <name>', LOCOMOTION_PRESETS.map((id) => LOCOMOTION_PRESET_WORDS[id]).join(' '))
        .choices(LOCOMOTION_PRESETS)
        .default('paper'),
    )
    .addOption(
      new Option('--steps <n>', "gradient steps in all (the preset's unless given)").argParser(
        rule(LOCOMOTION_RULES.budget),
      ),
    )
    .addOption(
      new Option('--evaluate-every <n>', "steps between two evaluations (the preset's unless given)").argParser(
        rule(LOCOMOTION_RULES.every),
      ),
    )
    .addOption(
      new Option('--episodes <n>', 'episodes of an evaluation (10 unless given)').argParser(
        rule(LOCOMOTION_RULES.episodes),
      ),
    );
  for (const field of LOCOMOTION_FIELDS) {
    if (NOT_SETTINGS.includes(field.name)) continue;
    settingOptions(field).forEach((option) => command.addOption(option));
  }
  return command;
}

/** The experiment that the flags describe. @throws UsageError With each wrong field. */
export function locomotionFrom(options: Record<string, unknown>, seed_: number): LocomotionExperiment {
  const [task, method, preset] = [options['task'], options['algorithm'], options['preset']] as [
    LocomotionTaskId,
    LocomotionMethodId,
    LocomotionPresetId,
  ];
  const base = presetLocomotion(task, method, preset);
  const settings: Record<string, unknown> = {};
  for (const field of LOCOMOTION_FIELDS) {
    const value = NOT_SETTINGS.includes(field.name) ? undefined : options[attributeOf(field)];
    if (value !== undefined) settings[field.key] = value;
  }
  try {
    return validateLocomotion({
      ...base,
      version: LOCOMOTION_VERSION,
      settings,
      seed: seed_,
      budget: options['steps'] ?? base.budget,
      evaluation: {
        every: options['evaluateEvery'] ?? base.evaluation.every,
        episodes: options['episodes'] ?? base.evaluation.episodes,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
