/**
 * Collects datasets by D4RL's recipe (Fu et al., 2020): episodes of behaviour policies of several seeds, whose gaits
 * differ. They must never be called D4RL.
 *
 * The same plan gives the same rows, on any number of workers.
 */
import type { RowSource } from '../datasets/arrays.ts';
import type { Policy } from '../environments/rollouts/policy.ts';
import type { RolloutPool } from '../environments/rollouts/pool.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { EPISODE_STEPS } from '../environments/bodies/index.ts';
import { startArs } from './ars.ts';
import type { BehaviourPolicies, PolicyLevel } from './files.ts';
import { startLearner, type LearnerState } from './learner.ts';
import { startPpo } from './ppo.ts';
import { RowCollector } from './row-collector.ts';
import type { CollectionPlan, CollectOptions } from './plan.ts';

export { BEHAVIOURS, type Behaviour } from './plan.ts';

/** Standard deviation of the noise on a medium policy's actions. */
export const MEDIUM_NOISE = 0.1;

/** Episodes of part i are numbered from i times this. */
const PART_EPISODES = 1_000_000;
/** Most episodes before rows are counted again. */
const MAX_ROUND = 128;
/** Steps of a worker between two progress reports. */
const JOB_STEPS = 2000;

/**
 * Collects a dataset.
 *
 * @throws Error if policies are missing, or of another body.
 */
export async function collect(
  plan: CollectionPlan,
  pool: RolloutPool,
  options: CollectOptions = {},
): Promise<RowSource> {
  checkPlan(plan);
  const log = new RowCollector(plan, monotonic(options.onProgress));
  if (plan.behaviour === 'medium-replay') {
    const shares = split(plan.steps, plan.policies.length);
    for (const [i, made] of plan.policies.entries()) await replayTraining(made, shares[i]!, log, pool, options);
  } else {
    const parts = partsOf(plan);
    const shares = split(plan.steps, parts.length);
    for (const [i, policy] of parts.entries()) await collectPart(plan, policy, i, shares[i]!, log, pool, options);
  }
  return log.source();
}

/** Progress that never decreases: a round may play more rows than are used. */
function monotonic(onProgress: CollectOptions['onProgress']): CollectOptions['onProgress'] {
  let most = 0;
  return (
    onProgress &&
    ((rows, total) => {
      most = Math.max(most, rows);
      onProgress(most, total);
    })
  );
}

/** The policies, which collect equal shares of the rows. */
function partsOf({ behaviour, policies }: CollectionPlan): Policy[] {
  if (behaviour === 'random') return [{ kind: 'uniform' }];
  const levels: PolicyLevel[] = behaviour === 'medium-expert' ? ['medium', 'expert'] : [behaviour as PolicyLevel];
  return levels.flatMap((level) =>
    policies.map((file) => {
      const { policy } = levelIn(file, level);
      return level === 'medium' ? { ...policy, noise: MEDIUM_NOISE } : policy;
    }),
  );
}

/** The policy of a level. @throws Error if the file has none. */
export function levelIn(file: BehaviourPolicies, level: PolicyLevel): BehaviourPolicies['policies'][number] {
  const found = file.policies.find((policy) => policy.level === level);
  if (!found) throw new Error(`The policies of ${file.environment}, seed ${file.made.seed}, have no ${level} one.`);
  return found;
}

function checkPlan({ environment, behaviour, policies, steps }: CollectionPlan): void {
  if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`A dataset has 1 row or more, not ${steps}.`);
  if (behaviour !== 'random' && policies.length === 0) {
    throw new Error(`To collect ${behaviour} data of ${environment}, policies of it are needed.`);
  }
  const other = policies.find((file) => file.environment !== environment);
  if (other) throw new Error(`These are policies of ${other.environment}; the data are to be of ${environment}.`);
}

async function collectPart(
  { environment, variant, seed }: CollectionPlan,
  policy: Policy,
  part: number,
  rows: number,
  log: RowCollector,
  pool: RolloutPool,
  { signal }: CollectOptions,
): Promise<void> {
  const before = log.rows;
  let episode = part * PART_EPISODES;
  const first = episode;
  let left = rows;
  while (left > 0) {
    // Estimated from the episodes so far. Surplus rows are dropped, so the estimate changes no row.
    const length = episode === first ? EPISODE_STEPS : (rows - left) / (episode - first);
    const round = Math.min(MAX_ROUND, Math.max(pool.workers, Math.ceil(left / length)));
    const orders = Array.from({ length: round }, () => ({ episode: episode++, policy: 0 }));
    // Few steps per job for frequent progress; short episodes share a job.
    const mostEpisodes = Math.max(1, Math.round(JOB_STEPS / length));
    const rollout = { environment, variant, seed, policies: [policy], orders, rows: true, mostEpisodes };
    const done = rows - left;
    const results = await pool.run(rollout, {
      onProgress: ({ steps }) => log.report(before + Math.min(rows, done + steps)),
      ...(signal && { signal }),
    });
    for (const result of results) left -= log.add(result, left);
  }
}

/** Repeats the training, which gives the same episodes, and collects an even sample of them. */
async function replayTraining(
  file: BehaviourPolicies,
  rows: number,
  log: RowCollector,
  pool: RolloutPool,
  { signal }: CollectOptions,
): Promise<void> {
  const medium = levelIn(file, 'medium');
  let played = 0;
  let stored = 0;
  const sample = (episodes: readonly EpisodeResult[]) => {
    for (const episode of episodes) {
      played += episode.steps;
      const due = (rows * played) / medium.steps - stored;
      if (due >= episode.steps / 2) stored += log.add(episode, Math.min(rows - stored, episode.steps));
    }
  };
  const learner = await startLearner(beginningOf(file), pool, { onEpisodes: sample, ...(signal && { signal }) });
  try {
    while (learner.iteration < medium.iteration && stored < rows) await learner.iterate();
  } finally {
    learner.end();
  }
}

/** The initial state of the run that trained these policies. */
function beginningOf({ environment, made }: BehaviourPolicies): LearnerState {
  const { steps: _steps, ...settings } = made;
  if (settings.algorithm === 'PPO') {
    const { algorithm: _algorithm, ...config } = settings;
    return { ppo: startPpo({ environment, ...config }) };
  }
  const { algorithm: _algorithm, ...config } = settings;
  return { ars: startArs({ environment, ...config }) };
}

/** Splits a whole number into parts that differ by at most one. */
function split(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, i) => Math.floor(((i + 1) * total) / parts) - Math.floor((i * total) / parts),
  );
}
