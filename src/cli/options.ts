/** Flags of the commands that train: one per field of the settings table, and those of the experiment. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { isMethodId, METHOD_IDS, type MethodId } from '../bandit/methods.ts';
import {
  decodePainted,
  MAX_MODES,
  MIN_MODES,
  MODE_BOUNDS,
  placementModes,
  type Mode,
  type Placement,
} from '../datasets/bandit.ts';
import { settingSchema, describeSetting } from '../experiment/field-rules.ts';
import { validateExperiment } from '../bandit/experiment-schema.ts';
import { EXPERIMENT_VERSION, MAX_BUDGET, type BanditData, type Experiment } from '../bandit/experiment.ts';
import { MAX_SEED } from '../experiment/field-rules.ts';
import type { BackendChoice } from '../bandit/engine/protocol.ts';
import { PRESET_BUDGET, type PresetId } from '../bandit/presets.ts';
import { SETTING_FIELDS } from '../bandit/settings.ts';
import { type SettingField } from '../experiment/setting-field.ts';
import { UsageError } from './console.ts';

const MAX_THREADS = 8;
const BACKENDS: readonly BackendChoice[] = ['auto', 'webgpu', 'wasm', 'cpu'];

interface Bounds {
  min: number;
  max: number;
  whole: boolean;
}

/** Parses the number of a flag. @throws InvalidArgumentError With the bounds. */
export function number({ min, max, whole }: Bounds): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`It takes ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Parses a list with commas. */
export function list<Item>(item: (text: string) => Item): (text: string) => Item[] {
  return (text) => text.split(',').map((part) => item(part.trim()));
}

/** Parses method ids with commas, or `all`. */
export function methods(text: string): MethodId[] {
  if (text === 'all') return [...METHOD_IDS];
  const ids = text.split(',').map((id) => id.trim());
  for (const id of ids) {
    if (!isMethodId(id)) throw new InvalidArgumentError(`Methods are ${METHOD_IDS.join(', ')}, or all.`);
  }
  return METHOD_IDS.filter((id) => ids.includes(id));
}

export const steps = number({ min: 0, max: MAX_BUDGET, whole: true });
export const seed = number({ min: 0, max: MAX_SEED, whole: true });
export const sampleCount = number({ min: 10, max: 20_000, whole: true });

export function backendOption(): Option {
  return new Option('--backend <name>', 'what runs the tensors').choices(BACKENDS).default('auto');
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads of wasm (as many as are useful unless given)').argParser(
    number({ min: 1, max: MAX_THREADS, whole: true }),
  );
}

export function jsonOption(): Option {
  return new Option('--json', 'prints one JSON object and nothing else');
}

export function samplesOption(): Option {
  return new Option('--samples <n>', 'samples drawn for the metrics').argParser(sampleCount).default(2000);
}

/** Adds the flags of an experiment, except those in `without`. */
export function addExperimentOptions(command: Command, without: readonly string[] = []): Command {
  const add = (option: Option) => {
    if (!without.includes(option.long ?? '')) command.addOption(option);
  };
  add(new Option('--placement <name>', 'where the modes are').choices(['corners', 'diamond', 'custom']));
  add(new Option('--preset <name>', 'settings to start from').choices(['paper', 'fast']).default('fast'));
  add(new Option('--steps <n>', "gradient steps (the preset's budget unless given)").argParser(steps));
  add(new Option('--seed <n>', 'seed of data, weights and training').argParser(seed).default(0));
  add(new Option('--modes <list>', 'modes of your own: x,y,sigma,reward with ; between modes').argParser(modes));
  add(new Option('--painted <text>', 'painted points, as the page writes them').argParser(painted));
  for (const field of SETTING_FIELDS) settingOptions(field).forEach(add);
  return command;
}

/** The experiment that the flags describe. */
export function experimentFrom(options: Record<string, unknown>, methodIds: readonly MethodId[]): Experiment {
  const preset = (options['preset'] ?? 'fast') as PresetId;
  const settings: Record<string, unknown> = {};
  for (const field of SETTING_FIELDS) {
    const value = options[attributeOf(field)];
    if (value !== undefined) settings[field.key] = value;
  }
  const experiment = {
    version: EXPERIMENT_VERSION,
    task: 'bandit',
    data: dataFrom(options),
    methods: [...methodIds],
    preset,
    settings,
    seed: options['seed'] ?? 0,
    budget: options['steps'] ?? PRESET_BUDGET[preset],
    race: 'steps',
  };
  try {
    return validateExperiment(experiment);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Long flags of a command, for the error about an unknown one. */
export function flagsOf(command: Command): string[] {
  return [...command.createHelp().visibleOptions(command)].map((option) => option.long ?? option.short ?? '');
}

function dataFrom(options: Record<string, unknown>): BanditData {
  const own = options['modes'] as Mode[] | undefined;
  const placement = (options['placement'] as Placement | undefined) ?? (own ? 'custom' : 'corners');
  const points = (options['painted'] as BanditData['painted'] | undefined) ?? [];
  if (own) {
    if (placement !== 'custom')
      throw new UsageError(`--modes gives modes of your own; leave out --placement ${placement}.`);
    return { placement, modes: own, painted: points };
  }
  if (placement === 'custom') throw new UsageError('--placement custom needs --modes.');
  return { placement, modes: placementModes(placement), painted: points };
}

/** The flags of one field of a settings table. */
export function settingOptions(field: SettingField): Option[] {
  const flag = `--${field.name}`;
  switch (field.type) {
    case 'choice': {
      const values = field.options.map((option) => option.value);
      return [new Option(`${flag} <${values.join('|')}>`, field.help).choices(values)];
    }
    case 'flag':
      return [
        new Option(`${flag} [on|off]`, field.help).argParser(onOff).preset(true),
        new Option(`--no-${field.name}`, `The same as ${flag} off.`),
      ];
    default:
      return [new Option(`${flag} <n>`, `${field.help} It is ${describeSetting(field)}.`).argParser(setting(field))];
  }
}

/** Parses the number of a setting. */
function setting(field: SettingField): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!settingSchema(field).safeParse(value).success) {
      throw new InvalidArgumentError(`It takes ${describeSetting(field)}.`);
    }
    return value;
  };
}

/** The key of a field's flag among a command's parsed options. */
export function attributeOf(field: SettingField): string {
  return new Option(`--${field.name}`).attributeName();
}

function onOff(text: string | boolean): boolean {
  if (text === true || text === 'on' || text === 'true') return true;
  if (text === false || text === 'off' || text === 'false') return false;
  throw new InvalidArgumentError('It takes on or off.');
}

function modes(text: string): Mode[] {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  if (parts.length < MIN_MODES || parts.length > MAX_MODES) {
    throw new InvalidArgumentError(`It takes ${MIN_MODES} to ${MAX_MODES} modes.`);
  }
  return parts.map((part) => {
    const values = part.split(',').map((value) => (value.trim() === '' ? Number.NaN : Number(value)));
    const keys = ['x', 'y', 'sigma', 'reward'] as const;
    if (values.length !== keys.length) throw new InvalidArgumentError('A mode is x,y,sigma,reward.');
    const mode = Object.fromEntries(keys.map((key, i) => [key, values[i]])) as unknown as Mode;
    for (const key of keys) {
      const { min, max } = MODE_BOUNDS[key];
      if (!(mode[key] >= min && mode[key] <= max)) {
        throw new InvalidArgumentError(`A mode's ${key} is a number from ${min} to ${max}.`);
      }
    }
    return mode;
  });
}

function painted(text: string): BanditData['painted'] {
  try {
    return decodePainted(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
