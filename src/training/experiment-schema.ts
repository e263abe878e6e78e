/**
 * The one schema of an `Experiment`, made from the table of settings, and the experiment as text of a link.
 *
 * Two readings: `validateExperiment` takes a right experiment or throws; `parseExperiment` and `decodeExperiment`
 * never throw, keep what is right, mend the rest, and say so in words, a line a field.
 */
import { z } from 'zod';
import { isMethodId, METHOD_IDS, type MethodId } from '../algorithms/catalogue.ts';
import {
  decodePainted,
  encodePainted,
  MAX_MODES,
  MAX_PAINTED,
  MIN_MODES,
  MODE_BOUNDS,
  placementModes,
  snapPainted,
  type BanditData,
  type Mode,
  type PaintedPoint,
} from '../datasets/bandit.ts';
import { defaultExperiment, EXPERIMENT_BOUNDS, EXPERIMENT_VERSION, type Experiment } from './experiment.ts';
import { PRESET_BUDGET } from './presets.ts';
import { SETTING_FIELDS, type SettingField, type Settings } from './settings.ts';

export interface Mended {
  experiment: Experiment;
  /** What was wrong and what stands there now, one line a field; empty if nothing was. */
  mended: string[];
}

// ---- Rules: each makes its zod schema and its words -----------------------------------------------------------------

interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly multipleOf?: number | undefined;
}

const SEED: NumberRule = { ...EXPERIMENT_BOUNDS.seed, integer: true };
const BUDGET: NumberRule = { ...EXPERIMENT_BOUNDS.budget, integer: true };
const MODE_KEYS = ['x', 'y', 'sigma', 'reward'] as const;
const POINT_KEYS = ['x', 'y', 'reward'] as const;
const MODE_RULES = Object.fromEntries(
  MODE_KEYS.map((key) => [key, { ...MODE_BOUNDS[key], integer: false }]),
) as unknown as Record<keyof Mode, NumberRule>;
const DEFAULT_MODE: Readonly<Mode> = { x: 0, y: 0, sigma: 0.05, reward: 0 };

const PLACEMENTS = ['corners', 'diamond', 'custom'] as const;
const PRESETS = ['paper', 'fast'] as const;
const RACES = ['steps', 'seconds'] as const;

function numberWords({ min, max, integer, multipleOf }: NumberRule): string {
  const kind = multipleOf ? `a multiple of ${multipleOf}` : integer ? 'a whole number' : 'a number';
  return `${kind} from ${min} to ${max}`;
}

function numberSchema(rule: NumberRule): z.ZodNumber {
  const error = numberWords(rule);
  const bounded = z.number({ error }).min(rule.min, { error }).max(rule.max, { error });
  const whole = rule.integer ? bounded.int({ error }) : bounded;
  return rule.multipleOf ? whole.multipleOf(rule.multipleOf, { error }) : whole;
}

function choiceWords(options: readonly string[]): string {
  return options.length === 1 ? options[0]! : `${options.slice(0, -1).join(', ')} or ${options.at(-1)!}`;
}

function choiceSchema<Option extends string>(options: readonly Option[]) {
  return z.enum(options, { error: choiceWords(options) });
}

function optionsOf(field: SettingField & { type: 'choice' }): string[] {
  return field.options.map(({ value }) => value);
}

function settingRule(field: SettingField & { type: 'integer' | 'number' }): NumberRule {
  return { min: field.min, max: field.max, integer: field.type === 'integer', multipleOf: field.multipleOf };
}

/** What a setting may be, in words: "a whole number from 1 to 100". */
export function settingWords(field: SettingField): string {
  if (field.type === 'choice') return choiceWords(optionsOf(field));
  return field.type === 'flag' ? 'on or off' : numberWords(settingRule(field));
}

/** The schema of one setting; the message of each of its issues is `settingWords`. */
export function settingSchema(field: SettingField): z.ZodType<Settings[keyof Settings]> {
  const schema =
    field.type === 'choice'
      ? choiceSchema(optionsOf(field))
      : field.type === 'flag'
        ? z.boolean({ error: 'on or off' })
        : numberSchema(settingRule(field));
  return schema as z.ZodType<Settings[keyof Settings]>;
}

// ---- The schema -----------------------------------------------------------------------------------------------------

const pointShape = {
  x: numberSchema(MODE_RULES.x),
  y: numberSchema(MODE_RULES.y),
  reward: numberSchema(MODE_RULES.reward),
};
const modeSchema = z.strictObject({ ...pointShape, sigma: numberSchema(MODE_RULES.sigma) });
const paintedSchema = z
  .strictObject(pointShape)
  .refine(onGrid, { error: 'a point of the grid that painting snaps to' });
const MODE_COUNT = `a list of ${MIN_MODES} to ${MAX_MODES} modes`;
const PAINTED_COUNT = `a list of at most ${MAX_PAINTED} points`;
const METHODS_WORDS = `methods in this order, each once: ${METHOD_IDS.join(', ')}`;

const dataSchema = z
  .strictObject({
    placement: choiceSchema(PLACEMENTS),
    modes: z
      .array(modeSchema, { error: MODE_COUNT })
      .min(MIN_MODES, { error: MODE_COUNT })
      .max(MAX_MODES, { error: MODE_COUNT }),
    painted: z.array(paintedSchema, { error: PAINTED_COUNT }).max(MAX_PAINTED, { error: PAINTED_COUNT }),
  })
  .refine((data) => data.placement === 'custom' || sameModes(data.modes, placementModes(data.placement)), {
    path: ['modes'],
    error: 'the modes of the placement (others have the placement custom)',
  });

/** Of every field of the table, what it may be. */
export const settingsSchema = z.strictObject(
  Object.fromEntries(SETTING_FIELDS.map((field) => [field.key, settingSchema(field).optional()])),
);

export const experimentSchema = z.strictObject({
  version: z.literal(EXPERIMENT_VERSION, { error: String(EXPERIMENT_VERSION) }),
  task: z.literal('bandit', { error: 'bandit' }),
  data: dataSchema,
  methods: z
    .array(choiceSchema(METHOD_IDS), { error: METHODS_WORDS })
    .refine((methods) => sameList(methods, inOrder(methods)), { error: METHODS_WORDS }),
  preset: choiceSchema(PRESETS),
  settings: settingsSchema,
  seed: numberSchema(SEED),
  budget: numberSchema(BUDGET),
  race: choiceSchema(RACES),
});

/**
 * The experiment, if it is right in every field.
 *
 * @throws Error that lists each wrong field, what it holds, and what would be right.
 */
export function validateExperiment(raw: unknown): Experiment {
  const result = experimentSchema.safeParse(raw);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => {
    const where = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${where ? `${where}.` : ''}${key}: there is no such field`);
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (isRecord(at) || Array.isArray(at) ? Reflect.get(at, key) : undefined),
      raw,
    );
    // An object in place of a value has a message of zod's own.
    const right = issue.code === 'invalid_type' && issue.expected === 'object' ? 'an object' : issue.message;
    return [`${where || 'experiment'}: ${shown(value)} is not ${right}`];
  });
  throw new Error(`This is no right experiment. ${[...new Set(problems)].join('; ')}.`);
}

// ---- Mending --------------------------------------------------------------------------------------------------------

/**
 * The experiment that a value means, whatever the value is. A missing field has its default, silently. A wrong one is
 * named in `mended`: a number out of its bounds (or between two right ones) becomes the nearest right one; anything
 * else becomes the default (a setting: the preset's); an unknown field or method is left out.
 */
export function parseExperiment(raw: unknown): Mended {
  const mended: string[] = [];
  const experiment = defaultExperiment();
  if (!isRecord(raw)) {
    if (raw !== undefined) mended.push(line('experiment', raw, 'an object', 'the default'));
    return { experiment, mended };
  }
  const known = Object.keys(experiment);
  reportUnknown(raw, known, mended);
  if (raw['version'] !== undefined && raw['version'] !== EXPERIMENT_VERSION) {
    mended.push(line('version', raw['version'], String(EXPERIMENT_VERSION), `read as ${EXPERIMENT_VERSION}`));
  }
  if (raw['task'] !== undefined && raw['task'] !== 'bandit') {
    mended.push(line('task', raw['task'], 'bandit', 'bandit'));
  }
  experiment.preset = mendChoice('preset', raw['preset'], PRESETS, experiment.preset, mended);
  experiment.data = mendData(raw['data'], experiment.data, mended);
  experiment.methods = mendMethods(raw['methods'], experiment.methods, mended);
  experiment.settings = mendSettings(raw['settings'], mended);
  experiment.seed = mendNumber('seed', raw['seed'], SEED, experiment.seed, mended);
  experiment.budget = mendNumber('steps', raw['budget'], BUDGET, PRESET_BUDGET[experiment.preset], mended);
  experiment.race = mendChoice('race', raw['race'], RACES, experiment.race, mended);
  return { experiment, mended };
}

function mendNumber(name: string, raw: unknown, rule: NumberRule, fallback: number, mended: string[]): number {
  if (raw === undefined) return fallback;
  const nearest = nearestRight(raw, rule);
  const value = nearest ?? fallback;
  if (value !== raw) mended.push(line(name, raw, numberWords(rule), String(value)));
  return value;
}

/** The value itself if it is right, else the nearest right one; undefined for what is no number. */
function nearestRight(raw: unknown, rule: NumberRule): number | undefined {
  if (typeof raw !== 'number' || Number.isNaN(raw)) return undefined;
  if (numberSchema(rule).safeParse(raw).success) return raw;
  const unit = rule.multipleOf ?? (rule.integer ? 1 : 0);
  const clamped = Math.min(rule.max, Math.max(rule.min, raw));
  return unit === 0 ? clamped : Math.min(rule.max, Math.max(rule.min, Math.round(clamped / unit) * unit));
}

function mendChoice<Option extends string>(
  name: string,
  raw: unknown,
  options: readonly Option[],
  fallback: Option,
  mended: string[],
): Option {
  if (raw === undefined) return fallback;
  const found = options.find((option) => option === raw);
  if (found === undefined) mended.push(line(name, raw, choiceWords(options), fallback));
  return found ?? fallback;
}

function mendSettings(raw: unknown, mended: string[]): Partial<Settings> {
  if (raw === undefined) return {};
  if (!isRecord(raw)) {
    mended.push(line('settings', raw, 'an object of settings', "the preset's"));
    return {};
  }
  reportUnknown(
    raw,
    SETTING_FIELDS.map(({ key }) => key),
    mended,
  );
  const settings: Record<string, unknown> = {};
  for (const field of SETTING_FIELDS) {
    const value = raw[field.key];
    if (value === undefined) continue;
    if (settingSchema(field).safeParse(value).success) {
      settings[field.key] = value;
      continue;
    }
    const isNumber = field.type === 'integer' || field.type === 'number';
    const nearest = isNumber ? nearestRight(value, settingRule(field)) : undefined;
    if (nearest !== undefined) settings[field.key] = nearest;
    mended.push(line(field.name, value, settingWords(field), nearest === undefined ? "the preset's" : String(nearest)));
  }
  return settings;
}

function mendMethods(raw: unknown, fallback: MethodId[], mended: string[]): MethodId[] {
  if (raw === undefined) return fallback;
  if (!Array.isArray(raw)) {
    mended.push(line('methods', raw, 'a list of methods', 'all methods'));
    return fallback;
  }
  const entries: unknown[] = raw;
  const wrong = entries.filter((entry) => typeof entry !== 'string' || !isMethodId(entry));
  const right = inOrder(entries.filter((entry) => typeof entry === 'string').filter(isMethodId));
  const all = wrong.length > 0 && right.length === 0;
  if (wrong.length > 0) {
    const which = wrong.slice(0, 3).map(shown).join(', ') + (wrong.length > 3 ? ', …' : '');
    mended.push(
      `methods: there is no ${which} (there are ${METHOD_IDS.join(', ')}); ${all ? 'all methods are taken' : 'the others are kept'}.`,
    );
  }
  return all ? fallback : right;
}

function mendData(raw: unknown, fallback: BanditData, mended: string[]): BanditData {
  if (raw === undefined) return fallback;
  if (!isRecord(raw)) {
    mended.push(line('data', raw, 'an object with placement, modes and painted', 'corners'));
    return fallback;
  }
  reportUnknown(raw, Object.keys(fallback), mended);
  const modes = mendModes(raw['modes'], mended);
  const placement = mendChoice('data', raw['placement'], PLACEMENTS, modes ? 'custom' : 'corners', mended);
  const painted = mendPainted(raw['painted'], mended);
  if (placement === 'custom') {
    if (!modes) mended.push('data: custom comes with modes, and there are none; it is now corners.');
    return modes ? { placement, modes, painted } : { placement: 'corners', modes: placementModes('corners'), painted };
  }
  const published = placementModes(placement);
  if (!modes || sameModes(modes, published)) return { placement, modes: published, painted };
  mended.push(`data: the modes are not those of ${placement}; it is now custom.`);
  return { placement: 'custom', modes, painted };
}

/** The right or mended modes; undefined if there are none, so that the placement's take their place. */
function mendModes(raw: unknown, mended: string[]): Mode[] | undefined {
  if (raw === undefined) return undefined;
  const entries = Array.isArray(raw) ? (raw as unknown[]) : [];
  const modes: Mode[] = [];
  entries.slice(0, MAX_MODES).forEach((entry, index) => {
    if (!isRecord(entry)) {
      mended.push(`modes: number ${index + 1}, ${shown(entry)}, is not x,y,sigma,reward; it is left out.`);
      return;
    }
    const mode = { ...DEFAULT_MODE };
    for (const key of MODE_KEYS) {
      const value = entry[key] === undefined ? null : entry[key];
      mode[key] = mendNumber(`modes, number ${index + 1}, ${key}`, value, MODE_RULES[key], DEFAULT_MODE[key], mended);
    }
    reportUnknown(entry, MODE_KEYS, mended);
    modes.push(mode);
  });
  if (entries.length > MAX_MODES) {
    mended.push(`modes: there are ${entries.length}, and ${MAX_MODES} is the most; the first ${MAX_MODES} are kept.`);
  }
  if (modes.length > 0) return modes;
  mended.push(line('modes', raw, MODE_COUNT, "the placement's"));
  return undefined;
}

function mendPainted(raw: unknown, mended: string[]): PaintedPoint[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    mended.push(line('painted', raw, PAINTED_COUNT, 'empty'));
    return [];
  }
  const entries: unknown[] = raw;
  const readable = entries.filter(
    (entry): entry is PaintedPoint => isRecord(entry) && POINT_KEYS.every((key) => Number.isFinite(entry[key])),
  );
  const points = readable.slice(0, MAX_PAINTED).map(snapPainted);
  const moved = points.filter((_, index) => !onGrid(readable[index]!)).length;
  if (readable.length < entries.length) {
    mended.push(`painted: ${entries.length - readable.length} points are not x, y and reward; they are left out.`);
  }
  if (readable.length > MAX_PAINTED) {
    mended.push(
      `painted: there are ${readable.length} points, and ${MAX_PAINTED} is the most; the first ${MAX_PAINTED} are kept.`,
    );
  }
  if (moved > 0)
    mended.push(`painted: ${moved} points lie off the grid that painting snaps to; they are moved onto it.`);
  return points;
}

function reportUnknown(raw: Record<string, unknown>, known: readonly string[], mended: string[]): void {
  for (const key of Object.keys(raw)) {
    if (!known.includes(key)) mended.push(`${shortened(key)}: there is no such field; it is left out.`);
  }
}

function line(name: string, found: unknown, right: string, now: string): string {
  return `${name}: ${shown(found)} is not ${right}; it is now ${now}.`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `“${shortened(value)}”`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

// ---- The link -------------------------------------------------------------------------------------------------------

/** Names of the link's fields beside the settings, which have theirs in the table. */
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
 * The experiment as fields of a link: what differs from the default, under short names, for people to read and write:
 * `preset=paper&seed=3&eta=1&data=diamond&methods=bc-mle,diffusion-ql&modes=x,y,sigma,reward;…`. `decodeExperiment`
 * gives it back exactly.
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
  if (!sameList(methods, defaults.methods)) params.set(NAMES.methods, methods.join(',') || NO_METHODS);
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

/** A setting's value as text: a number, an option's name, `on` or `off`. */
export function settingText(value: Settings[keyof Settings]): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

/**
 * The experiment of a link's fields; mends as `parseExperiment`.
 *
 * @param ignore names of fields that belong to somebody else, and are no mistakes.
 */
export function decodeExperiment(params: URLSearchParams, ignore: Iterable<string> = []): Mended {
  const mended: string[] = [];
  const ignored = new Set(ignore);
  const names = new Set<string>([...Object.values(NAMES), ...SETTING_FIELDS.map(({ name }) => name)]);
  for (const name of new Set(params.keys())) {
    if (ignored.has(name)) continue;
    if (!names.has(name)) mended.push(`${shortened(name)}: there is no such field; it is left out.`);
    else if (params.getAll(name).length > 1) mended.push(`${name}: it is given more than once; the first is taken.`);
  }
  const text = (name: string) => params.get(name) ?? undefined;

  const settings: Record<string, unknown> = {};
  for (const field of SETTING_FIELDS) {
    const value = text(field.name);
    if (value === undefined) continue;
    settings[field.key] = field.type === 'flag' ? flagOf(value) : field.type === 'choice' ? value : numberOf(value);
  }
  const data: Record<string, unknown> = {
    placement: text(NAMES.placement),
    modes: modesOf(text(NAMES.modes), mended),
    painted: paintedOf(text(NAMES.painted), mended),
  };
  const parsed = parseExperiment({
    version: numberOf(text(NAMES.version)),
    preset: text(NAMES.preset),
    seed: numberOf(text(NAMES.seed)),
    budget: numberOf(text(NAMES.budget)),
    race: text(NAMES.race),
    methods: methodsOf(text(NAMES.methods)),
    data,
    settings,
  });
  return { experiment: parsed.experiment, mended: [...mended, ...parsed.mended] };
}

/** The number that a text is, or the text itself, for a message. */
function numberOf(text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  const plain = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : text;
}

function flagOf(text: string): boolean | string {
  if (['on', 'true', '1'].includes(text)) return true;
  return ['off', 'false', '0'].includes(text) ? false : text;
}

function methodsOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text === '' || text === NO_METHODS ? [] : text.split(',').map((id) => id.trim());
}

function modesOf(text: string | undefined, mended: string[]): unknown {
  if (text === undefined) return undefined;
  const modes: unknown[] = [];
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const values = part.split(',');
    if (values.length === MODE_KEYS.length) {
      modes.push(Object.fromEntries(MODE_KEYS.map((key, index) => [key, numberOf(values[index])])));
    } else {
      mended.push(`modes: “${shortened(part)}” is not x,y,sigma,reward; it is left out.`);
    }
  }
  return modes;
}

function paintedOf(text: string | undefined, mended: string[]): PaintedPoint[] | undefined {
  if (text === undefined) return undefined;
  try {
    return decodePainted(text);
  } catch (error) {
    mended.push(`painted: ${error instanceof Error ? error.message : String(error)} There are now none.`);
    return undefined;
  }
}

// ---- Comparisons ----------------------------------------------------------------------------------------------------

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sameModes(a: readonly Mode[], b: readonly Mode[]): boolean {
  return a.length === b.length && a.every((mode, index) => MODE_KEYS.every((key) => mode[key] === b[index]![key]));
}

function onGrid(point: PaintedPoint): boolean {
  const snapped = snapPainted(point);
  return POINT_KEYS.every((key) => Object.is(snapped[key], point[key]));
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** The methods in the catalogue's order, each once. */
function inOrder(methods: readonly MethodId[]): MethodId[] {
  return METHOD_IDS.filter((id) => methods.includes(id));
}
