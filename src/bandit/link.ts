/** The experiment as text of a link. */
import { decodePainted, encodePainted, type Mode, type PaintedPoint } from '../datasets/bandit.ts';
import { parseExperiment, type RepairedExperiment } from './repair-experiment.ts';
import { MODE_KEYS } from './experiment-schema.ts';
import { sameItems } from '../experiment/field-rules.ts';
import { defaultExperiment, type Experiment } from './experiment.ts';
import { PRESET_BUDGET } from './presets.ts';
import { truncated } from '../experiment/unknown-values.ts';
import { SETTING_FIELDS } from './settings.ts';
import { parseNumber, parseSetting, settingText } from '../experiment/setting-field.ts';

/** Names of the link's fields. Settings have theirs in the table. */
const NAMES = {
  version: 'v',
  preset: 'preset',
  seed: 'seed',
  budget: 'steps',
  race: 'race',
  placement: 'data',
  modes: 'modes',
  painted: 'painted',
  methods: 'methods',
} as const;
const NO_METHODS = 'none';

/**
 * The experiment as fields of a link: what differs from the default, under short names that people can read and write:
 * `preset=paper&seed=3&eta=1&data=diamond&methods=bc-mle,diffusion-ql&modes=x,y,sigma,reward;…`. `decodeExperiment`
 * restores it exactly.
 */
export function encodeExperiment(experiment: Experiment): URLSearchParams {
  const defaults = defaultExperiment();
  const params = new URLSearchParams();
  const { data, preset, methods, settings } = experiment;
  if (preset !== defaults.preset) params.set(NAMES.preset, preset);
  if (experiment.seed !== defaults.seed) params.set(NAMES.seed, String(experiment.seed));
  if (experiment.budget !== PRESET_BUDGET[preset]) params.set(NAMES.budget, String(experiment.budget));
  if (experiment.race !== defaults.race) params.set(NAMES.race, experiment.race);
  if (data.placement === 'custom') params.set(NAMES.modes, modesText(data.modes));
  else if (data.placement !== defaults.data.placement) params.set(NAMES.placement, data.placement);
  if (data.painted.length > 0) params.set(NAMES.painted, encodePainted(data.painted));
  if (!sameItems(methods, defaults.methods)) params.set(NAMES.methods, methods.join(',') || NO_METHODS);
  for (const field of SETTING_FIELDS) {
    const value = settings[field.key];
    if (value !== undefined) params.set(field.name, settingText(value));
  }
  return params;
}

/** Modes as text: `x,y,sigma,reward`, with `;` between modes. */
export function modesText(modes: readonly Readonly<Mode>[]): string {
  return modes.map((mode) => MODE_KEYS.map((key) => String(mode[key])).join(',')).join(';');
}

/**
 * The experiment of a link's fields, repaired as by `parseExperiment`.
 *
 * @param ignore names of fields that others read.
 */
export function decodeExperiment(params: URLSearchParams, ignore: Iterable<string> = []): RepairedExperiment {
  const repairs: string[] = [];
  const ignored = new Set(ignore);
  const names = new Set<string>([...Object.values(NAMES), ...SETTING_FIELDS.map(({ name }) => name)]);
  for (const name of new Set(params.keys())) {
    if (ignored.has(name)) continue;
    if (!names.has(name)) repairs.push(`${truncated(name)}: there is no such field; it is left out.`);
    else if (params.getAll(name).length > 1) repairs.push(`${name}: it is given more than once; the first is taken.`);
  }
  const text = (name: string) => params.get(name) ?? undefined;
  const number = (name: string) => (params.has(name) ? parseNumber(params.get(name)!) : undefined);

  const settings: Record<string, unknown> = {};
  for (const field of SETTING_FIELDS) {
    const value = text(field.name);
    if (value === undefined) continue;
    settings[field.key] = parseSetting(field, value);
  }
  const data: Record<string, unknown> = {
    placement: text(NAMES.placement),
    modes: modesOf(text(NAMES.modes), repairs),
    painted: paintedOf(text(NAMES.painted), repairs),
  };
  const parsed = parseExperiment({
    version: number(NAMES.version),
    preset: text(NAMES.preset),
    seed: number(NAMES.seed),
    budget: number(NAMES.budget),
    race: text(NAMES.race),
    methods: methodsOf(text(NAMES.methods)),
    data,
    settings,
  });
  return { experiment: parsed.experiment, repairs: [...repairs, ...parsed.repairs] };
}

function methodsOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text === '' || text === NO_METHODS ? [] : text.split(',').map((id) => id.trim());
}

function modesOf(text: string | undefined, repairs: string[]): unknown {
  if (text === undefined) return undefined;
  const modes: unknown[] = [];
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const values = part.split(',');
    if (values.length === MODE_KEYS.length) {
      modes.push(Object.fromEntries(MODE_KEYS.map((key, index) => [key, parseNumber(values[index]!)])));
    } else {
      repairs.push(`modes: “${truncated(part)}” is not x,y,sigma,reward; it is left out.`);
    }
  }
  return modes;
}

function paintedOf(text: string | undefined, repairs: string[]): PaintedPoint[] | undefined {
  if (text === undefined) return undefined;
  try {
    return decodePainted(text);
  } catch (error) {
    repairs.push(`painted: ${error instanceof Error ? error.message : String(error)} There are now none.`);
    return undefined;
  }
}
