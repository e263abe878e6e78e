/** Files of behaviour policies, JSON both: a training run, to go on from; and what is shipped of one. */
import { z } from 'zod';
import { PHYSICS_VARIANTS } from '../../environments/physics-variant.ts';
import { checkLinear } from '../../environments/rollouts/policy.ts';
import { ENVIRONMENT_IDS, TASKS } from '../../environments/tasks.ts';
import type { BehaviourRun } from './run.ts';

const RUN_FORMAT = 'behaviour-run';
const POLICIES_FORMAT = 'behaviour-policies';
const VERSION = 1;

const finite = z.number({ error: 'a finite number' });
const count = z.int({ error: 'a whole number from 0 on' }).min(0, { error: 'a whole number from 0 on' });
const numbers = z.array(finite, { error: 'a list of finite numbers' });
const text = z.string({ error: 'a text' });
const environment = z.enum(ENVIRONMENT_IDS, { error: `one of ${ENVIRONMENT_IDS.join(', ')}` });
const variant = z.enum(PHYSICS_VARIANTS, { error: `one of ${PHYSICS_VARIANTS.join(', ')}` });

const hyperparameters = { directions: count, top: count, stepSize: finite, noise: finite, shift: finite };
const evaluation = { episodes: count, return: finite, deviation: finite, length: finite };
const point = { iteration: count, steps: count, score: finite, ...evaluation };
const policy = z.strictObject({
  kind: z.literal('linear', { error: 'linear' }),
  weights: numbers,
  mean: numbers,
  deviation: numbers,
});

const runSchema = z.strictObject({
  format: z.literal(RUN_FORMAT, { error: RUN_FORMAT }),
  version: z.literal(VERSION, { error: String(VERSION) }),
  run: z.strictObject({
    ars: z.strictObject({
      config: z.strictObject({ environment, variant, seed: count, ...hyperparameters }),
      iteration: count,
      steps: count,
      weights: numbers,
      count,
      sum: numbers,
      squares: numbers,
    }),
    curve: z.array(z.strictObject(point), { error: 'a list of evaluations' }),
    snapshots: z.array(z.strictObject({ ...point, policy }), { error: 'a list of snapshots' }),
  }),
});

export const POLICY_LEVELS = ['medium', 'expert'] as const;
export type PolicyLevel = (typeof POLICY_LEVELS)[number];

const policiesSchema = z.strictObject({
  format: z.literal(POLICIES_FORMAT, { error: POLICIES_FORMAT }),
  version: z.literal(VERSION, { error: String(VERSION) }),
  environment,
  /** The engine and variant that it was trained in, in words. */
  physics: text,
  made: z.strictObject({
    algorithm: text,
    variant,
    seed: count,
    ...hyperparameters,
    /** Steps of the environment that the run has learned from. */
    steps: count,
  }),
  /** Steps and normalised score of each evaluation. */
  curve: z.array(z.tuple([count, finite]), { error: 'a list of pairs: steps, score' }),
  policies: z.array(
    z.strictObject({ level: z.enum(POLICY_LEVELS, { error: POLICY_LEVELS.join(' or ') }), ...point, policy }),
    { error: 'a list of policies' },
  ),
});

/** What is shipped of a run: its policies by level, and how they were made. */
export type BehaviourPolicies = z.infer<typeof policiesSchema>;

export function encodeRun(run: BehaviourRun): string {
  return `${JSON.stringify({ format: RUN_FORMAT, version: VERSION, run })}\n`;
}

/**
 * A run to go on from.
 *
 * @throws Error that names the field that is wrong, and what would be right.
 */
export function decodeRun(json: string): BehaviourRun {
  const { run } = read(json, runSchema, RUN_FORMAT);
  const { observations, actions } = TASKS[run.ars.config.environment];
  const widths = { weights: observations * actions, sum: observations, squares: observations } as const;
  for (const field of ['weights', 'sum', 'squares'] as const) {
    const { length } = run.ars[field];
    if (length !== widths[field]) {
      throw new Error(`run.ars.${field} has ${length} numbers; ${run.ars.config.environment} needs ${widths[field]}.`);
    }
  }
  for (const snapshot of run.snapshots) checkLinear(snapshot.policy, run.ars.config.environment);
  return run;
}

export function encodePolicies(policies: Omit<BehaviourPolicies, 'format' | 'version'>): string {
  const file: BehaviourPolicies = { format: POLICIES_FORMAT, version: VERSION, ...policies };
  return `${JSON.stringify(file)}\n`;
}

/**
 * Shipped policies.
 *
 * @throws Error that names the field that is wrong, and what would be right; or the width that a policy should have.
 */
export function decodePolicies(json: string): BehaviourPolicies {
  const file = read(json, policiesSchema, POLICIES_FORMAT);
  for (const { policy } of file.policies) checkLinear(policy, file.environment);
  return file;
}

function read<Schema extends z.ZodType>(json: string, schema: Schema, format: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`It is no JSON: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? issue.path.join('.') : 'the whole';
  throw new Error(`It is no file of the format "${format}": ${where} should be ${issue?.message ?? 'otherwise'}.`);
}
