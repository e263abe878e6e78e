/**
 * Reads an experiment that may be invalid: it never throws, keeps what is valid, and repairs the rest, with one sentence
 * for each repaired field.
 */
import { inCatalogueOrder, isMethodId, METHOD_IDS, type MethodId } from './methods.ts';
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
} from './experiment-schema.ts';
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
  /** For each invalid field, what it held and what it is now. */
  repairs: string[];
}

const DEFAULT_MODE: Readonly<Mode> = { x: 0, y: 0, sigma: 0.05, reward: 0 };

/**
 * Reads any value as an experiment. A missing field gets its default, without notice. An invalid number becomes the
 * nearest valid one, anything else the default (for a setting, that of the preset). Unknown fields and methods are left
 * out. `repairs` names each change.
 */
export function parseExperiment(raw: unknown): RepairedExperiment {
  const repairs: string[] = [];
  const experiment = defaultExperiment();
  if (!isRecord(raw)) {
    if (raw !== undefined) repairs.push(repairLine('experiment', raw, 'an object', 'the default'));
    return { experiment, repairs };
  }
  const known = Object.keys(experiment);
  reportUnknown(raw, known, repairs);
  if (raw['version'] !== undefined && raw['version'] !== EXPERIMENT_VERSION) {
    repairs.push(repairLine('version', raw['version'], String(EXPERIMENT_VERSION), `read as ${EXPERIMENT_VERSION}`));
  }
  if (raw['task'] !== undefined && raw['task'] !== 'bandit') {
    repairs.push(repairLine('task', raw['task'], 'bandit', 'bandit'));
  }
  experiment.preset = repairChoice('preset', raw['preset'], PRESETS, experiment.preset, repairs);
  experiment.data = repairData(raw['data'], experiment.data, repairs);
  experiment.methods = repairMethods(raw['methods'], experiment.methods, repairs);
  experiment.settings = repairSettings(raw['settings'], repairs);
  experiment.seed = repairNumber('seed', raw['seed'], SEED, experiment.seed, repairs);
  experiment.budget = repairNumber('steps', raw['budget'], BUDGET, PRESET_BUDGET[experiment.preset], repairs);
  experiment.race = repairChoice('race', raw['race'], RACES, experiment.race, repairs);
  return { experiment, repairs };
}

function repairNumber(name: string, raw: unknown, rule: NumberRule, fallback: number, repairs: string[]): number {
  if (raw === undefined) return fallback;
  const nearest = nearestValid(raw, rule);
  const value = nearest ?? fallback;
  if (value !== raw) repairs.push(repairLine(name, raw, describeNumber(rule), String(value)));
  return value;
}

/** The value itself if it is valid, else the nearest valid one; undefined if it is not a number. */
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
  repairs: string[],
): Option {
  if (raw === undefined) return fallback;
  const found = options.find((option) => option === raw);
  if (found === undefined) repairs.push(repairLine(name, raw, describeChoice(options), fallback));
  return found ?? fallback;
}

function repairSettings(raw: unknown, repairs: string[]): Partial<Settings> {
  if (raw === undefined) return {};
  if (!isRecord(raw)) {
    repairs.push(repairLine('settings', raw, 'an object of settings', "the preset's"));
    return {};
  }
  reportUnknown(
    raw,
    SETTING_FIELDS.map(({ key }) => key),
    repairs,
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
    repairs.push(
      repairLine(field.name, value, describeSetting(field), nearest === undefined ? "the preset's" : String(nearest)),
    );
  }
  return settings;
}

function repairMethods(raw: unknown, fallback: MethodId[], repairs: string[]): MethodId[] {
  if (raw === undefined) return fallback;
  if (!Array.isArray(raw)) {
    repairs.push(repairLine('methods', raw, 'a list of methods', 'all methods'));
    return fallback;
  }
  const entries: unknown[] = raw;
  const invalid = entries.filter((entry) => typeof entry !== 'string' || !isMethodId(entry));
  const valid = inCatalogueOrder(entries.filter((entry) => typeof entry === 'string').filter(isMethodId));
  const all = invalid.length > 0 && valid.length === 0;
  if (invalid.length > 0) {
    const which = invalid.slice(0, 3).map(describeValue).join(', ') + (invalid.length > 3 ? ', …' : '');
    repairs.push(
      `methods: there is no ${which} (there are ${METHOD_IDS.join(', ')}); ${all ? 'all methods are taken' : 'the others are kept'}.`,
    );
  }
  return all ? fallback : valid;
}

function repairData(raw: unknown, fallback: BanditData, repairs: string[]): BanditData {
  if (raw === undefined) return fallback;
  if (!isRecord(raw)) {
    repairs.push(repairLine('data', raw, 'an object with placement, modes and painted', 'corners'));
    return fallback;
  }
  reportUnknown(raw, Object.keys(fallback), repairs);
  const modes = repairModes(raw['modes'], repairs);
  const placement = repairChoice('data', raw['placement'], PLACEMENTS, modes ? 'custom' : 'corners', repairs);
  const painted = repairPainted(raw['painted'], repairs);
  if (placement === 'custom') {
    if (!modes) repairs.push('data: custom comes with modes, and there are none; it is now corners.');
    return modes ? { placement, modes, painted } : { placement: 'corners', modes: placementModes('corners'), painted };
  }
  const published = placementModes(placement);
  if (!modes || sameModes(modes, published)) return { placement, modes: published, painted };
  repairs.push(`data: the modes are not those of ${placement}; it is now custom.`);
  return { placement: 'custom', modes, painted };
}

/** The modes, repaired where needed; undefined if there are none, so that those of the placement apply. */
function repairModes(raw: unknown, repairs: string[]): Mode[] | undefined {
  if (raw === undefined) return undefined;
  const entries = Array.isArray(raw) ? (raw as unknown[]) : [];
  const modes: Mode[] = [];
  entries.slice(0, MAX_MODES).forEach((entry, index) => {
    if (!isRecord(entry)) {
      repairs.push(`modes: number ${index + 1}, ${describeValue(entry)}, is not x,y,sigma,reward; it is left out.`);
      return;
    }
    const mode = { ...DEFAULT_MODE };
    for (const key of MODE_KEYS) {
      const value = entry[key] === undefined ? null : entry[key];
      mode[key] = repairNumber(
        `modes, number ${index + 1}, ${key}`,
        value,
        MODE_RULES[key],
        DEFAULT_MODE[key],
        repairs,
      );
    }
    reportUnknown(entry, MODE_KEYS, repairs);
    modes.push(mode);
  });
  if (entries.length > MAX_MODES) {
    repairs.push(`modes: there are ${entries.length}, and ${MAX_MODES} is the most; the first ${MAX_MODES} are kept.`);
  }
  if (modes.length > 0) return modes;
  repairs.push(repairLine('modes', raw, MODE_COUNT, "the placement's"));
  return undefined;
}

function repairPainted(raw: unknown, repairs: string[]): PaintedPoint[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    repairs.push(repairLine('painted', raw, PAINTED_COUNT, 'empty'));
    return [];
  }
  const entries: unknown[] = raw;
  const readable = entries.filter(
    (entry): entry is PaintedPoint => isRecord(entry) && POINT_KEYS.every((key) => Number.isFinite(entry[key])),
  );
  const points = readable.slice(0, MAX_PAINTED).map(snapPainted);
  const moved = points.filter((_, index) => !isOnGrid(readable[index]!)).length;
  if (readable.length < entries.length) {
    repairs.push(`painted: ${entries.length - readable.length} points are not x, y and reward; they are left out.`);
  }
  if (readable.length > MAX_PAINTED) {
    repairs.push(
      `painted: there are ${readable.length} points, and ${MAX_PAINTED} is the most; the first ${MAX_PAINTED} are kept.`,
    );
  }
  if (moved > 0)
    repairs.push(`painted: ${moved} points lie off the grid that painting snaps to; they are moved onto it.`);
  return points;
}

function reportUnknown(raw: Record<string, unknown>, known: readonly string[], repairs: string[]): void {
  for (const key of Object.keys(raw)) {
    if (!known.includes(key)) repairs.push(`${truncated(key)}: there is no such field; it is left out.`);
  }
}

function repairLine(name: string, found: unknown, right: string, now: string): string {
  return `${name}: ${describeValue(found)} is not ${right}; it is now ${now}.`;
}
