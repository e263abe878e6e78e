/**
 * The view of an experiment: the fields of a link besides the experiment itself. `VIEW_FIELDS` is the one table of
 * these fields; links are parsed and written with it.
 */
import { isMethodId, type MethodId } from '../../bandit/methods.ts';
import { ENVIRONMENT_IDS, type EnvironmentId } from '../../environments/bodies/ids.ts';
import { DEFAULT_VARIANT, PHYSICS_VARIANTS, type PhysicsVariant } from '../../environments/physics-variant.ts';
import type { BackendChoice, Speed } from '../../bandit/engine/protocol.ts';
import { formatList } from './format.ts';

export type ThemeChoice = 'auto' | 'light' | 'dark';
export type Axis = 'steps' | 'seconds';
/** How a body is shown: in space, from the side, or in space wherever that goes smoothly. */
type StageChoice = 'auto' | '3d' | '2d';
/** How a policy with a critic acts: on one draw, or on one of fifty, drawn by the softmax of Q or the best by it. */
export type CandidatesChoice = '1' | 'softmax' | 'argmax';
/** The first policy of a body's list. */
export const BEST_POLICY = 'best';

/** Parts of the page that a link can hide, for a classroom or a talk. */
export const HIDEABLE = [
  'header',
  'setup',
  'settings',
  'speed',
  'eta',
  'time',
  'denoising',
  'data',
  'curves',
  'q',
  'metrics',
  'export',
  'engine',
] as const;
export type HideableId = (typeof HIDEABLE)[number];

export const CURVE_QUANTITIES = [
  'inMode',
  'inBest',
  'mmd2',
  'meanReward',
  'regret',
  'effectiveModes',
  'totalVariation',
  'loss',
  'q',
] as const;
export type CurveQuantity = (typeof CURVE_QUANTITIES)[number];

/** How many seeds of a solo method may be trained, including the run's own. */
export const SEED_COUNTS = [1, 3, 5, 8] as const;
type SeedCount = (typeof SEED_COUNTS)[number];

export const SPEEDS: readonly Speed[] = [1, 5, 20, 100, null];
export const MAX_SPEED = 10_000;
export const MAX_BODY_SEED = 2 ** 32 - 1;

export interface View {
  /** Id of a row of the table of pages. */
  page: string;
  /** Key of the dataset that is open on the page of datasets, and that locomotion learns from. */
  dataset: string | null;
  /** Key of the run that is open on the page of locomotion. */
  run: string | null;
  /** What runs on the page of bodies. */
  body: EnvironmentId;
  /** `best`, `random`, `zero`, level and seed of a behaviour policy, as `expert-0`, or the name of a trained one's file. */
  policy: string;
  bodyCandidates: CandidatesChoice;
  physics: PhysicsVariant;
  bodySeed: number;
  stage: StageChoice;
  /** The method (or the data) that fills the page; null shows the whole figure. */
  solo: MethodId | 'data' | null;
  theme: ThemeChoice;
  axis: Axis;
  quantity: CurveQuantity;
  /** Number of seeds of the solo method. */
  seeds: SeedCount;
  /** Gradient step of the snapshot on show; null follows the run. */
  snapshotStep: number | null;
  /** Position in the reverse process, 0 (noise) to 1 (action); null shows only the samples. */
  denoise: number | null;
  speed: Speed;
  engine: BackendChoice;
  hide: readonly HideableId[];
  /** Tables in place of plots. */
  tables: boolean;
  /** Freezes what depends on the clock, for visual tests. */
  test: boolean;
}

export const DEFAULT_VIEW: View = {
  page: 'bandit',
  dataset: null,
  run: null,
  body: 'hopper',
  policy: BEST_POLICY,
  bodyCandidates: 'softmax',
  physics: DEFAULT_VARIANT,
  bodySeed: 0,
  stage: 'auto',
  solo: null,
  theme: 'auto',
  axis: 'steps',
  quantity: 'inMode',
  seeds: 1,
  snapshotStep: null,
  denoise: null,
  speed: null,
  engine: 'auto',
  hide: [],
  tables: false,
  test: false,
};

interface ViewField<Value> {
  /** Name in the link. */
  readonly name: string;
  /** The expected value, for messages. */
  readonly expected: string;
  /** The value, or undefined if the text is invalid. */
  parse(text: string): Value | undefined;
  format(value: Value): string;
}

export function choice<Value extends string>(name: string, values: readonly Value[]): ViewField<Value> {
  return {
    name,
    expected: `one of ${formatList(values)}`,
    parse: (text) => values.find((value) => value === text),
    format: (value) => value,
  };
}

function flag(name: string): ViewField<boolean> {
  return {
    name,
    expected: '1 or 0',
    parse: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    format: (value) => (value ? '1' : '0'),
  };
}

/** A number, or a word for null. */
function numberOr(word: string, name: string, min: number, max: number, integer: boolean): ViewField<number | null> {
  const kind = integer ? 'a whole number' : 'a number';
  return {
    name,
    expected: `${kind} from ${min} to ${max}, or ${word}`,
    parse(text) {
      if (text === word) return null;
      const value = Number(text);
      const fits = text.trim() !== '' && Number.isFinite(value) && value >= min && value <= max;
      return fits && (!integer || Number.isInteger(value)) ? value : undefined;
    },
    format: (value) => (value === null ? word : String(integer ? value : Number(value.toFixed(4)))),
  };
}

/** The key of something stored in the browser, or empty. */
function keyOf(name: string, expected: string): ViewField<string | null> {
  return {
    name,
    expected,
    parse: (text) => (text === '' ? null : /^[a-z]+-[0-9a-f]{1,64}$/.test(text) ? text : undefined),
    format: (value) => value ?? '',
  };
}

export const VIEW_FIELDS: { readonly [Key in keyof View]: ViewField<View[Key]> } = {
  // The link checks it against the table of pages.
  page: { name: 'page', expected: 'the name of a page', parse: (text) => text, format: (value) => value },
  dataset: keyOf('dataset', 'the key of a stored dataset'),
  run: keyOf('run', 'the key of a stored run'),
  body: choice('body', ENVIRONMENT_IDS),
  policy: {
    name: 'policy',
    expected: 'best, random, zero, or a shipped policy such as expert-0 or hopper-diffusion-ql',
    parse: (text) => (/^(best|random|zero|[a-z][a-z0-9]*(-[a-z0-9]+){1,12})$/.test(text) ? text : undefined),
    format: (value) => value,
  },
  bodyCandidates: choice('body-candidates', ['1', 'softmax', 'argmax']),
  physics: choice('physics', PHYSICS_VARIANTS),
  bodySeed: {
    name: 'body-seed',
    expected: `a whole number from 0 to ${MAX_BODY_SEED}`,
    parse: (text) => (/^\d{1,10}$/.test(text) && Number(text) <= MAX_BODY_SEED ? Number(text) : undefined),
    format: String,
  },
  stage: choice('stage', ['auto', '3d', '2d']),
  solo: {
    name: 'show',
    expected: 'all, data, or the name of a method',
    parse: (text) => (text === 'all' ? null : text === 'data' || isMethodId(text) ? text : undefined),
    format: (value) => value ?? 'all',
  },
  theme: choice('theme', ['auto', 'light', 'dark']),
  axis: choice('axis', ['steps', 'seconds']),
  quantity: choice('plot', CURVE_QUANTITIES),
  seeds: {
    name: 'seeds',
    expected: `how many seeds in all: ${formatList(SEED_COUNTS.map(String))}`,
    parse: (text) => SEED_COUNTS.find((count) => String(count) === text),
    format: String,
  },
  snapshotStep: numberOr('now', 'moment', 0, 1_000_000, true),
  denoise: numberOr('off', 'denoise', 0, 1, false),
  speed: numberOr('full', 'speed', 1, MAX_SPEED, false),
  engine: choice('engine', ['auto', 'webgpu', 'wasm', 'cpu']),
  hide: {
    name: 'hide',
    expected: `a list, with commas, of ${formatList(HIDEABLE)}`,
    parse(text) {
      const parts = text.split(',').filter((part) => part !== '');
      const known = HIDEABLE.filter((id) => parts.includes(id));
      return known.length === new Set(parts).size ? known : undefined;
    },
    format: (value) => value.join(','),
  },
  tables: flag('tables'),
  test: flag('test'),
};

export const VIEW_KEYS = Object.keys(VIEW_FIELDS) as (keyof View)[];
export const VIEW_NAMES: readonly string[] = VIEW_KEYS.map((key) => VIEW_FIELDS[key].name);
