/**
 * A locomotion experiment as fields of a link, under the names of its table: what differs from the preset. Links of the
 * bandit have no field `task`.
 */
import { parseNumber, parseSetting, settingText } from '../experiment/setting-field.ts';
import { settingSchema, describeSetting } from '../experiment/field-rules.ts';
import { truncated } from '../experiment/unknown-values.ts';
import { LOCOMOTION_RULES, presetLocomotion, validateLocomotion, type LocomotionExperiment } from './experiment.ts';
import { isLocomotionMethodId, LOCOMOTION_METHOD_IDS } from './methods.ts';
import { LOCOMOTION_PRESETS } from './presets.ts';
import { LOCOMOTION_FIELDS } from './settings.ts';
import { isLocomotionTaskId, LOCOMOTION_TASK_IDS } from './tasks.ts';

const NAMES = {
  task: 'task',
  method: 'algorithm',
  preset: 'preset',
  seed: 'seed',
  budget: 'steps',
  every: 'evaluate-every',
  episodes: 'episodes',
} as const;

/** Whether a link's fields describe a locomotion experiment. */
export function isLocomotionLink(params: URLSearchParams): boolean {
  return params.has(NAMES.task);
}

/** `decodeLocomotion` restores it exactly. */
export function encodeLocomotion(experiment: LocomotionExperiment): URLSearchParams {
  const { task, method, preset, settings, seed, budget, evaluation } = experiment;
  const base = presetLocomotion(task, method, preset);
  const params = new URLSearchParams({ [NAMES.task]: task, [NAMES.method]: method, [NAMES.preset]: preset });
  if (seed !== base.seed) params.set(NAMES.seed, String(seed));
  if (budget !== base.budget) params.set(NAMES.budget, String(budget));
  if (evaluation.every !== base.evaluation.every) params.set(NAMES.every, String(evaluation.every));
  if (evaluation.episodes !== base.evaluation.episodes) params.set(NAMES.episodes, String(evaluation.episodes));
  for (const { key, name } of LOCOMOTION_FIELDS) {
    const value = settings[key];
    if (value !== undefined) params.set(name, settingText(value));
  }
  return params;
}

interface RepairedLocomotion {
  experiment: LocomotionExperiment;
  /** A sentence for each invalid field: what it held, and what is used in its place. */
  repairs: string[];
}

/**
 * The experiment of a link's fields. An invalid field gets the default, and is named in `repairs`.
 *
 * @param ignore names of fields that others read.
 */
export function decodeLocomotion(params: URLSearchParams, ignore: Iterable<string> = []): RepairedLocomotion {
  const repairs: string[] = [];
  const pick = <Option extends string>(name: string, options: readonly Option[], is: (text: string) => boolean) => {
    const text = params.get(name);
    if (text !== null && is(text)) return text as Option;
    const [first] = options as readonly [Option];
    if (text !== null) repairs.push(`${name}: “${truncated(text)}” is not ${options.join(', ')}; ${first} is taken.`);
    return first;
  };
  const task = pick(NAMES.task, LOCOMOTION_TASK_IDS, isLocomotionTaskId);
  const method = pick(NAMES.method, LOCOMOTION_METHOD_IDS, isLocomotionMethodId);
  const preset = pick(NAMES.preset, LOCOMOTION_PRESETS, (text) =>
    (LOCOMOTION_PRESETS as readonly string[]).includes(text),
  );
  const base = presetLocomotion(task, method, preset);
  const whole = (name: string, rule: { min: number; max: number }, otherwise: number) => {
    const text = params.get(name);
    if (text === null) return otherwise;
    const value = parseNumber(text);
    if (typeof value === 'number' && Number.isInteger(value) && value >= rule.min && value <= rule.max) return value;
    const valid = `a whole number from ${rule.min} to ${rule.max}`;
    repairs.push(`${name}: “${truncated(text)}” is not ${valid}; ${otherwise} is taken.`);
    return otherwise;
  };
  const settings: Record<string, unknown> = {};
  for (const field of LOCOMOTION_FIELDS) {
    const text = params.get(field.name);
    if (text === null) continue;
    const value = parseSetting(field, text);
    if (settingSchema(field).safeParse(value).success) settings[field.key] = value;
    else repairs.push(`${field.name}: “${truncated(text)}” is not ${describeSetting(field)}; the preset’s is taken.`);
  }
  const known = new Set([...Object.values(NAMES), ...LOCOMOTION_FIELDS.map(({ name }) => name), ...ignore]);
  for (const name of new Set(params.keys())) {
    if (!known.has(name)) repairs.push(`${truncated(name)}: there is no such field; it is left out.`);
  }
  const { seed, budget, every, episodes } = LOCOMOTION_RULES;
  const experiment = validateLocomotion({
    ...base,
    settings,
    seed: whole(NAMES.seed, seed, base.seed),
    budget: whole(NAMES.budget, budget, base.budget),
    evaluation: {
      every: whole(NAMES.every, every, base.evaluation.every),
      episodes: whole(NAMES.episodes, episodes, base.evaluation.episodes),
    },
  });
  return { experiment, repairs };
}

/** The `lab` command that trains the same without a page, with the folders `data` and `out`. */
export function trainCommandLine(experiment: LocomotionExperiment, data: string, out: string): string {
  const args = ['npm', 'run', '--silent', 'lab', '--', 'train', '--data', data, '--out', out];
  for (const [name, value] of encodeLocomotion(experiment)) {
    if (name !== 'candidates') args.push(`--${name}`, value);
  }
  return args.join(' ');
}
