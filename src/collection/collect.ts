/**
 * Datasets after D4RL's recipe (Fu et al. 2020), collected here: episodes of behaviour policies of several seeds, whose
 * gaits differ. Never to be called D4RL.
 *
 * The same plan gives the same rows, on however many workers.
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

/** Standard deviation of the noise on a medium policy's actions, which are within ±1. */
export const MEDIUM_NOISE = 0.1;

/** Episodes of one part are numbered from here times the part's place. */
const PART_EPISODES = 1_000_000;
/** The most episodes between two looks at how many rows there are. */
const MAX_ROUND = 128;
/** Steps of a worker between two looks at progress. */
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
  const log = new RowCollector(plan, rising(options.onProgress));
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

/** Progress that never falls back: of a round, more may be seen than is kept. */
function rising(tell: CollectOptions['onProgress']): CollectOptions['onProgress'] {
  let most = 0;
  return (
    tell &&
    ((rows, total) => {
      most = Math.max(most, rows);
      tell(most, total);
    })
  );
}

/** The policies that take turns, the rows evenly between them. */
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
    // How long episodes are shows with the first; what is too much is left out, so that the guess changes no row.
    const length = episode === first ? EPISODE_STEPS : (rows - left) / (episode - first);
    const round = Math.min(MAX_ROUND, Math.max(pool.workers, Math.ceil(left / length)));
    const orders = Array.from({ length: round }, () => ({ episode: episode++, policy: 0 }));
    // Few steps to a job, so that progress is seen; short episodes go together.
    const mostEpisodes = Math.max(1, Math.round(JOB_STEPS / length));
    const rollout = { environment, variant, seed, policies: [policy], orders, rows: true, mostEpisodes };
    const done = rows - left;
    const results = await pool.run(rollout, {
      onProgress: ({ steps }) => log.tell(before + Math.min(rows, done + steps)),
      ...(signal && { signal }),
    });
    for (const result of results) left -= log.add(result, left);
  }
}

/** Trains once more, which gives the same episodes, and keeps an even share of them. */
async function replayTraining(
  file: BehaviourPolicies,
  rows: number,
  log: RowCollector,
  pool: RolloutPool,
  { signal }: CollectOptions,
): Promise<void> {
  const medium = levelIn(file, 'medium');
  let seen = 0;
  let kept = 0;
  const keep = (episodes: readonly EpisodeResult[]) => {
    for (const episode of episodes) {
      seen += episode.steps;
      const due = (rows * seen) / medium.steps - kept;
      if (due >= episode.steps / 2) kept += log.add(episode, Math.min(rows - kept, episode.steps));
    }
  };
  const learner = await startLearner(beginningOf(file), pool, { seen: keep, ...(signal && { signal }) });
  try {
    while (learner.iteration < medium.iteration && kept < rows) await learner.iterate();
  } finally {
    learner.end();
  }
}

/** The run that made policies, before it learned anything. */
function beginningOf({ environment, made }: BehaviourPolicies): LearnerState {
  const { steps: _steps, ...settings } = made;
  if (settings.algorithm === 'PPO') {
    const { algorithm: _algorithm, ...config } = settings;
    return { ppo: startPpo({ environment, ...config }) };
  }
  const { algorithm: _algorithm, ...config } = settings;
  return { ars: startArs({ environment, ...config }) };
}

/** A whole number in parts that differ by one at most. */
function split(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, i) => Math.floor(((i + 1) * total) / parts) - Math.floor((i * total) / parts),
  );
}
