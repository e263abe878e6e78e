/**
 * Reading an experiment that may not be right: it never throws, keeps what is right, mends the rest, and says so in words,
 * a line a field.
 */
import { isMethodId, METHOD_IDS, type MethodId } from './methods.ts';
import {
  MAX_MODES,
  MAX_PAINTED,
  placementModes,
  snapPainted,
  type BanditData,
  type Mode,
  type PaintedPoint,
} from '../datasets/bandit.ts';
import {
  BUDGET,
  inCatalogueOrder,
  MODE_COUNT,
  MODE_KEYS,
  MODE_RULES,
  isOnGrid,
  PAINTED_COUNT,
  PLACEMENTS,
  POINT_KEYS,
  PRESETS,
  RACES,
  sameModes,
  SEED,
} from './experiment-rules.ts';
import {
  describeChoice,
  numberSchema,
  describeNumber,
  settingRule,
  settingSchema,
  describeSetting,
  type NumberRule,
} from '../experiment/field-rules.ts';
import { defaultExperiment, EXPERIMENT_VERSION, type Experiment } from './experiment.ts';
import { PRESET_BUDGET } from './presets.ts';
import { isRecord, truncated, describeValue } from '../experiment/unknown-values.ts';
import { SETTING_FIELDS, type Settings } from './settings.ts';

export interface RepairedExperiment {
  experiment: Experiment;
  /** What was wrong and what stands there now, one line a field; empty if nothing was. */
  repairs: string[];
}

const DEFAULT_MODE: Readonly<Mode> = { x: 0, y: 0, sigma: 0.05, reward: 0 };

/**
 * The experiment that a value means, whatever the value is. A missing field has its default, silently. A wrong one is
 * named in `mended`: a number out of its bounds (or between two right ones) becomes the nearest right one; anything
 * else becomes the default (a setting: the preset's); an unknown field or method is left out.
 */
export function parseExperiment(raw: unknown): RepairedExperiment {
  const mended: string[] = [];
  const experiment = defaultExperiment();
  if (!isRecord(raw)) {
    if (raw !== undefined) mended.push(repairLine('experiment', raw, 'an object', 'the default'));
    return { experiment, repairs: mended };
  }
  const known = Object.keys(experiment);
  reportUnknown(raw, known, mended);
  if (raw['version'] !== undefined && raw['version'] !== EXPERIMENT_VERSION) {
    mended.push(repairLine('version', raw['version'], String(EXPERIMENT_VERSION), `read as ${EXPERIMENT_VERSION}`));
  }
  if (raw['task'] !== undefined && raw['task'] !== 'bandit') {
    mended.push(repairLine('task', raw['task'], 'bandit', 'bandit'));
  }
  experiment.preset = repairChoice('preset', raw['preset'], PRESETS, experiment.preset, mended);
  experiment.data = repairData(raw['data'], experiment.data, mended);
  experiment.methods = repairMethods(raw['methods'], experiment.methods, mended);
  experiment.settings = repairSettings(raw['settings'], mended);
  experiment.seed = repairNumber('seed', raw['seed'], SEED, experiment.seed, mended);
  experiment.budget = repairNumber('steps', raw['budget'], BUDGET, PRESET_BUDGET[experiment.preset], mended);
  experiment.race = repairChoice('race', raw['race'], RACES, experiment.race, mended);
  return { experiment, repairs: mended };
}

function repairNumber(name: string, raw: unknown, rule: NumberRule, fallback: number, mended: string[]): number {
  if (raw === undefined) return fallback;
  const nearest = nearestValid(raw, rule);
  const value = nearest ?? fallback;
  if (value !== raw) mended.push(repairLine(name, raw, describeNumber(rule), String(value)));
  return value;
}

/** The value itself if it is right, else the nearest right one; undefined for what is no number. */
function nearestValid(raw: unknown, rule: NumberRule): number | undefined {
  if (typeof raw !== 'number' || Number.isNaN(raw)) return undefined;
  if (numberSchema(rule).safeParse(raw).success) return raw;
  const unit = rule.multipleOf ?? (rule.integer ? 1 : 0);
  const clamped = Math.min(rule.max, Math.max(rule.min, raw));
  return unit === 0 ? clamped : Math.min(rule.max, Math.max(rule.min, Math.round(clamped / unit) * unit));
}

function repairChoice<Option extends string>(
  name: string,
  raw: unknown,
  options: readonly Option[],
  fallback: Option,
  mended: string[],
): Option {
  if (raw === undefined) return fallback;
  const found = options.find((option) => option === raw);
  if (found === undefined) mended.push(repairLine(name, raw, describeChoice(options), fallback));
  return found ?? fallback;
}

function repairSettings(raw: unknown, mended: string[]): Partial<Settings> {
  if (raw === undefined) return {};
  if (!isRecord(raw)) {
    mended.push(repairLine('settings', raw, 'an object of settings', "the preset's"));
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
    const nearest = isNumber ? nearestValid(value, settingRule(field)) : undefined;
    if (nearest !== undefined) settings[field.key] = nearest;
    mended.push(repairLine(field.name, value, describeSetting(field), nearest === undefined ? "the preset's" : String(nearest)));
  }
  return settings;
}

function repairMethods(raw: unknown, fallback: MethodId[], mended: string[]): MethodId[] {
  if (raw === undefined) return fallback;
  if (!Array.isArray(raw)) {
    mended.push(repairLine('methods', raw, 'a list of methods', 'all methods'));
    return fallback;
  }
  const entries: unknown[] = raw;
  const wrong = entries.filter((entry) => typeof entry !== 'string' || !isMethodId(entry));
  const right = inCatalogueOrder(entries.filter((entry) => typeof entry === 'string').filter(isMethodId));
  const all = wrong.length > 0 && right.length === 0;
  if (wrong.length > 0) {
    const which = wrong.slice(0, 3).map(describeValue).join(', ') + (wrong.length > 3 ? ', …' : '');
    mended.push(
      `methods: there is no ${which} (there are ${METHOD_IDS.join(', ')}); ${all ? 'all methods are taken' : 'the others are kept'}.`,
    );
  }
  return all ? fallback : right;
}

function repairData(raw: unknown, fallback: BanditData, mended: string[]): BanditData {
  if (raw === undefined) return fallback;
  if (!isRecord(raw)) {
    mended.push(repairLine('data', raw, 'an object with placement, modes and painted', 'corners'));
    return fallback;
  }
  reportUnknown(raw, Object.keys(fallback), mended);
  const modes = repairModes(raw['modes'], mended);
  const placement = repairChoice('data', raw['placement'], PLACEMENTS, modes ? 'custom' : 'corners', mended);
  const painted = repairPainted(raw['painted'], mended);
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
function repairModes(raw: unknown, mended: string[]): Mode[] | undefined {
  if (raw === undefined) return undefined;
  const entries = Array.isArray(raw) ? (raw as unknown[]) : [];
  const modes: Mode[] = [];
  entries.slice(0, MAX_MODES).forEach((entry, index) => {
    if (!isRecord(entry)) {
      mended.push(`modes: number ${index + 1}, ${describeValue(entry)}, is not x,y,sigma,reward; it is left out.`);
      return;
    }
    const mode = { ...DEFAULT_MODE };
    for (const key of MODE_KEYS) {
      const value = entry[key] === undefined ? null : entry[key];
      mode[key] = repairNumber(`modes, number ${index + 1}, ${key}`, value, MODE_RULES[key], DEFAULT_MODE[key], mended);
    }
    reportUnknown(entry, MODE_KEYS, mended);
    modes.push(mode);
  });
  if (entries.length > MAX_MODES) {
    mended.push(`modes: there are ${entries.length}, and ${MAX_MODES} is the most; the first ${MAX_MODES} are kept.`);
  }
  if (modes.length > 0) return modes;
  mended.push(repairLine('modes', raw, MODE_COUNT, "the placement's"));
  return undefined;
}

function repairPainted(raw: unknown, mended: string[]): PaintedPoint[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    mended.push(repairLine('painted', raw, PAINTED_COUNT, 'empty'));
    return [];
  }
  const entries: unknown[] = raw;
  const readable = entries.filter(
    (entry): entry is PaintedPoint => isRecord(entry) && POINT_KEYS.every((key) => Number.isFinite(entry[key])),
  );
  const points = readable.slice(0, MAX_PAINTED).map(snapPainted);
  const moved = points.filter((_, index) => !isOnGrid(readable[index]!)).length;
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
    if (!known.includes(key)) mended.push(`${truncated(key)}: there is no such field; it is left out.`);
  }
}

function repairLine(name: string, found: unknown, right: string, now: string): string {
  return `${name}: ${describeValue(found)} is not ${right}; it is now ${now}.`;
}
