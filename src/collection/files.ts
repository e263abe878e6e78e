/** JSON files of behaviour policies: a resumable training run, and its exported policies. */
import { z } from 'zod';
import { base64ToFloat32, base64ToFloat64, floatsToBase64 } from '../math/float-base64.ts';
import { PHYSICS_VARIANTS } from '../environments/physics-variant.ts';
import { checkNetworks, type MlpPolicy } from '../environments/rollouts/network-policy.ts';
import { checkLinear } from '../environments/rollouts/policy.ts';
import { BODIES } from '../environments/bodies/index.ts';
import { ENVIRONMENT_IDS, type EnvironmentId } from '../environments/bodies/ids.ts';
import { actorCriticParameters } from './actor-critic.ts';
import type { ArsState } from './ars.ts';
import type { LearnedPolicy } from './learner.ts';
import { ppoWidths, type PpoState } from './ppo.ts';
import type { BehaviourRun } from './training-run.ts';

const RUN_FORMAT = 'behaviour-run';
const POLICIES_FORMAT = 'behaviour-policies';
const VERSION = 1;

const finite = z.number({ error: 'a finite number' });
const count = z.int({ error: 'a whole number from 0 on' }).min(0, { error: 'a whole number from 0 on' });
const numbers = z.array(finite, { error: 'a list of finite numbers' });
const text = z.string({ error: 'a text' });
const environment = z.enum(ENVIRONMENT_IDS, { error: `one of ${ENVIRONMENT_IDS.join(', ')}` });
const variant = z.enum(PHYSICS_VARIANTS, { error: `one of ${PHYSICS_VARIANTS.join(', ')}` });
const float32 = floats(32, base64ToFloat32);
const float64 = floats(64, base64ToFloat64);

const arsSettings = {
  variant,
  seed: count,
  directions: count,
  top: count,
  stepSize: finite,
  noise: finite,
  shift: finite,
};
const ppoSettings = {
  variant,
  seed: count,
  decaySteps: count,
  horizon: count,
  epochs: count,
  minibatch: count,
  discount: finite,
  traceDecay: finite,
  clip: finite,
  learningRate: finite,
  valueCoefficient: finite,
  gradientNorm: finite,
  hidden: count,
};
const evaluation = { episodes: count, return: finite, deviation: finite, length: finite };
const point = { iteration: count, steps: count, score: finite, ...evaluation };

const linearPolicy = z.strictObject({
  kind: z.literal('linear'),
  weights: numbers,
  mean: numbers,
  deviation: numbers,
});
/** A network of tanh on normalised observations, clipped to ± `bound`. */
const mlpPolicy = z
  .strictObject({
    kind: z.literal('mlp'),
    sizes: z.array(count, { error: 'a list of widths, from observations to actions' }),
    params: float32,
    mean: numbers,
    deviation: numbers,
    bound: finite,
  })
  .transform(({ kind, sizes, params, mean, deviation, bound }): MlpPolicy => ({
    kind,
    network: { sizes, activation: 'tanh', params },
    squash: 'clip',
    normalisation: { mean: Float32Array.from(mean), deviation: Float32Array.from(deviation), bound },
  }));
const policy = z.discriminatedUnion('kind', [linearPolicy, mlpPolicy], { error: 'a policy of the kind linear or mlp' });

const history = {
  curve: z.array(z.strictObject(point), { error: 'a list of evaluations' }),
  snapshots: z.array(z.strictObject({ ...point, policy }), { error: 'a list of snapshots' }),
};
const moments = z.strictObject({ count, mean: float64, squares: float64 });
const arsRun = z.strictObject({
  ars: z.strictObject({
    config: z.strictObject({ environment, ...arsSettings }),
    iteration: count,
    steps: count,
    weights: numbers,
    count,
    sum: numbers,
    squares: numbers,
  }),
  ...history,
});
const ppoRun = z.strictObject({
  ppo: z.strictObject({
    config: z.strictObject({ environment, ...ppoSettings }),
    iteration: count,
    steps: count,
    params: float64,
    firstMoments: float64,
    secondMoments: float64,
    observations: moments,
    returns: moments,
    discounted: finite,
    episode: count,
    episodeSteps: count,
    qpos: float64,
    qvel: float64,
  }),
  ...history,
});

/** The envelope of a run's file, before its algorithm is known. */
const runEnvelope = z.object({
  format: z.literal(RUN_FORMAT, { error: RUN_FORMAT }),
  version: z.literal(VERSION, { error: String(VERSION) }),
  run: z.record(z.string(), z.unknown(), { error: 'a run' }),
});

const POLICY_LEVELS = ['medium', 'expert'] as const;
export type PolicyLevel = (typeof POLICY_LEVELS)[number];

/** Environment steps of the run. */
const steps = count;
const policiesSchema = z.strictObject({
  format: z.literal(POLICIES_FORMAT, { error: POLICIES_FORMAT }),
  version: z.literal(VERSION, { error: String(VERSION) }),
  environment,
  /** Text of the engine and variant that it was trained in. */
  physics: text,
  made: z.discriminatedUnion(
    'algorithm',
    [
      z.strictObject({ algorithm: z.literal('ARS V2-t'), ...arsSettings, steps }),
      z.strictObject({ algorithm: z.literal('PPO'), ...ppoSettings, steps }),
    ],
    { error: 'settings of the algorithm "ARS V2-t" or "PPO"' },
  ),
  /** Steps and normalised score of each evaluation. */
  curve: z.array(z.tuple([count, finite]), { error: 'a list of pairs: steps, score' }),
  policies: z.array(
    z.strictObject({ level: z.enum(POLICY_LEVELS, { error: POLICY_LEVELS.join(' or ') }), ...point, policy }),
    { error: 'a list of policies' },
  ),
});

/** Exported policies of a run by level, and its settings. */
export type BehaviourPolicies = z.infer<typeof policiesSchema>;

export function encodeBehaviourRun({ curve, snapshots, ...learner }: BehaviourRun): string {
  const run = { ...learner, curve, snapshots: snapshots.map(withPlainPolicy) };
  return `${JSON.stringify({ format: RUN_FORMAT, version: VERSION, run }, floatsAsText)}\n`;
}

/**
 * Decodes a run to resume.
 *
 * @throws Error that names the wrong field, and what was expected.
 */
export function decodeBehaviourRun(json: string): BehaviourRun {
  const envelope = read(json, runEnvelope, RUN_FORMAT);
  const schema = 'ppo' in envelope.run ? ppoRun : arsRun;
  const run: BehaviourRun = check(envelope.run, schema, RUN_FORMAT, ['run']);
  if ('ars' in run) checkArs(run.ars);
  else checkPpo(run.ppo);
  const { environment: id } = ('ars' in run ? run.ars : run.ppo).config;
  for (const snapshot of run.snapshots) checkPolicy(snapshot.policy, id);
  return run;
}

export function encodePolicies({ policies, ...rest }: Omit<BehaviourPolicies, 'format' | 'version'>): string {
  const file = { format: POLICIES_FORMAT, version: VERSION, ...rest, policies: policies.map(withPlainPolicy) };
  return `${JSON.stringify(file, floatsAsText)}\n`;
}

/**
 * Decodes exported policies.
 *
 * @throws Error that names the wrong field and what was expected, or the width that a policy should have.
 */
export function decodePolicies(json: string): BehaviourPolicies {
  const file = read(json, policiesSchema, POLICIES_FORMAT);
  for (const { policy } of file.policies) checkPolicy(policy, file.environment);
  return file;
}

/** @throws Error that names the width found, and the body's. */
function checkPolicy(policy: LearnedPolicy, id: EnvironmentId): void {
  if (policy.kind === 'linear') checkLinear(policy, id);
  else checkNetworks(policy, id);
}

function checkArs(ars: ArsState): void {
  const { observations, actions } = BODIES[ars.config.environment];
  const widths = { weights: observations * actions, sum: observations, squares: observations } as const;
  for (const field of ['weights', 'sum', 'squares'] as const) {
    checkWidth(`run.ars.${field}`, ars[field], widths[field], ars.config.environment);
  }
}

function checkPpo(ppo: PpoState): void {
  const { environment: id } = ppo.config;
  const widths = ppoWidths(ppo.config);
  const parameters = actorCriticParameters(widths);
  const { qpos, qvel } = BODIES[id].observation.restore(new Float64Array(widths.observations));
  // Before the first iteration the body has no state yet.
  const begun = ppo.iteration === 0 ? 0 : 1;
  const expected: [string, ArrayLike<number>, number][] = [
    ['params', ppo.params, parameters],
    ['firstMoments', ppo.firstMoments, parameters],
    ['secondMoments', ppo.secondMoments, parameters],
    ['observations.mean', ppo.observations.mean, widths.observations],
    ['observations.squares', ppo.observations.squares, widths.observations],
    ['returns.mean', ppo.returns.mean, 1],
    ['returns.squares', ppo.returns.squares, 1],
    ['qpos', ppo.qpos, begun * qpos.length],
    ['qvel', ppo.qvel, begun * qvel.length],
  ];
  for (const [field, values, width] of expected) checkWidth(`run.ppo.${field}`, values, width, id);
}

function checkWidth(field: string, { length }: ArrayLike<number>, width: number, id: EnvironmentId): void {
  if (length !== width) throw new Error(`${field} has ${length} numbers; ${id} needs ${width}.`);
}

/** A policy in the form of a file. */
function withPlainPolicy<Holder extends { readonly policy: LearnedPolicy }>(holder: Holder) {
  const { policy } = holder;
  if (policy.kind === 'linear') return holder;
  const { network, normalisation } = policy;
  if (network.activation !== 'tanh' || policy.squash !== 'clip' || !normalisation) {
    throw new Error('A file takes networks of tanh, on normalised observations, whose actions are clipped.');
  }
  const { mean, deviation, bound = Infinity } = normalisation;
  const { sizes, params } = network;
  return { ...holder, policy: { kind: policy.kind, sizes, params, mean: [...mean], deviation: [...deviation], bound } };
}

/** For `JSON.stringify`. */
function floatsAsText(_key: string, value: unknown): unknown {
  return value instanceof Float32Array || value instanceof Float64Array ? floatsToBase64(value) : value;
}

/** Base64 of floats. */
function floats<Floats extends Float32Array | Float64Array>(bits: number, decode: (text: string) => Floats) {
  const error = `base64 of finite floats of ${bits} bits`;
  return z.string({ error }).transform((value, context): Floats => {
    try {
      const decoded = decode(value);
      if (decoded.every(Number.isFinite)) return decoded;
    } catch {
      // Reported below, like numbers that are not finite.
    }
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

function read<Schema extends z.ZodType>(json: string, schema: Schema, format: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`It is no JSON: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
  return check(value, schema, format, []);
}

/** @param path of the value in the file. */
function check<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  format: string,
  path: readonly string[],
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = [...path, ...(issue?.path ?? [])].join('.') || 'the whole';
  throw new Error(`It is no file of the format "${format}": ${where} should be ${issue?.message ?? 'otherwise'}.`);
}
