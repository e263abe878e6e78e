/**
 * The rules and the schema of an `Experiment`, made from the table of settings. A rule gives both the schema and the text
 * that says what would be valid. repair-experiment.ts reads experiments that are not valid.
 */
import { z } from 'zod';
import {
  MAX_MODES,
  MAX_PAINTED,
  MIN_MODES,
  MODE_BOUNDS,
  placementModes,
  snapPainted,
  type Mode,
  type PaintedPoint,
} from '../datasets/bandit.ts';
import { choiceSchema, numberSchema, sameItems, settingSchema, type NumberRule } from '../experiment/field-rules.ts';
import { experimentProblems } from '../experiment/schema-errors.ts';
import { EXPERIMENT_BOUNDS, EXPERIMENT_VERSION, type Experiment } from './experiment.ts';
import { inCatalogueOrder, METHOD_IDS } from './methods.ts';
import { SETTING_FIELDS } from './settings.ts';

export const SEED: NumberRule = { ...EXPERIMENT_BOUNDS.seed, integer: true };
export const BUDGET: NumberRule = { ...EXPERIMENT_BOUNDS.budget, integer: true };
export const MODE_KEYS = ['x', 'y', 'sigma', 'reward'] as const;
export const POINT_KEYS = ['x', 'y', 'reward'] as const;
export const MODE_RULES = Object.fromEntries(
  MODE_KEYS.map((key) => [key, { ...MODE_BOUNDS[key], integer: false }]),
) as unknown as Record<keyof Mode, NumberRule>;

export const PLACEMENTS = ['corners', 'diamond', 'custom'] as const;
export const PRESETS = ['paper', 'fast'] as const;
export const RACES = ['steps', 'seconds'] as const;

export const MODE_COUNT = `a list of ${MIN_MODES} to ${MAX_MODES} modes`;
export const PAINTED_COUNT = `a list of at most ${MAX_PAINTED} points`;

export function sameModes(a: readonly Mode[], b: readonly Mode[]): boolean {
  return a.length === b.length && a.every((mode, index) => MODE_KEYS.every((key) => mode[key] === b[index]![key]));
}

export function isOnGrid(point: PaintedPoint): boolean {
  const snapped = snapPainted(point);
  return POINT_KEYS.every((key) => Object.is(snapped[key], point[key]));
}

const pointShape = {
  x: numberSchema(MODE_RULES.x),
  y: numberSchema(MODE_RULES.y),
  reward: numberSchema(MODE_RULES.reward),
};
const modeSchema = z.strictObject({ ...pointShape, sigma: numberSchema(MODE_RULES.sigma) });
const paintedSchema = z
  .strictObject(pointShape)
  .refine(isOnGrid, { error: 'a point of the grid that painting snaps to' });
const METHODS_RULE = `methods in this order, each once: ${METHOD_IDS.join(', ')}`;

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
const settingsSchema = z.strictObject(
  Object.fromEntries(SETTING_FIELDS.map((field) => [field.key, settingSchema(field).optional()])),
);

export const experimentSchema = z.strictObject({
  version: z.literal(EXPERIMENT_VERSION, { error: String(EXPERIMENT_VERSION) }),
  task: z.literal('bandit', { error: 'bandit' }),
  data: dataSchema,
  methods: z
    .array(choiceSchema(METHOD_IDS), { error: METHODS_RULE })
    .refine((methods) => sameItems(methods, inCatalogueOrder(methods)), { error: METHODS_RULE }),
  preset: choiceSchema(PRESETS),
  settings: settingsSchema,
  seed: numberSchema(SEED),
  budget: numberSchema(BUDGET),
  race: choiceSchema(RACES),
});

/**
 * The experiment, if every field is valid.
 *
 * @throws Error that lists each invalid field, what it holds, and what would be valid.
 */
export function validateExperiment(raw: unknown): Experiment {
  const result = experimentSchema.safeParse(raw);
  if (result.success) return result.data;
  throw new Error(experimentProblems(result.error, raw));
}
