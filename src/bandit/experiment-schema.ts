/**
 * The one schema of an `Experiment`, made from the table of settings. What is not quite right is read by
 * repair-experiment.ts.
 */
import { z } from 'zod';
import { METHOD_IDS } from './methods.ts';
import { MAX_MODES, MAX_PAINTED, MIN_MODES, placementModes } from '../datasets/bandit.ts';
import { experimentProblems } from '../experiment/schema-errors.ts';
import {
  BUDGET,
  inCatalogueOrder,
  MODE_COUNT,
  MODE_RULES,
  isOnGrid,
  PAINTED_COUNT,
  PLACEMENTS,
  PRESETS,
  RACES,
  sameModes,
  SEED,
} from './experiment-rules.ts';
import { choiceSchema, numberSchema, sameItems, settingSchema } from '../experiment/field-rules.ts';
import { EXPERIMENT_VERSION, type Experiment } from './experiment.ts';
import { SETTING_FIELDS } from './settings.ts';

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
 * The experiment, if it is right in every field.
 *
 * @throws Error that lists each wrong field, what it holds, and what would be right.
 */
export function validateExperiment(raw: unknown): Experiment {
  const result = experimentSchema.safeParse(raw);
  if (result.success) return result.data;
  throw new Error(experimentProblems(result.error, raw));
}
