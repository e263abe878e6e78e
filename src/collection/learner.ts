/** The common interface of the two trainers of behaviour policies, ARS and PPO. */
import { startPhysicsEngine } from '../environments/engine.ts';
import { Environment } from '../environments/environment.ts';
import type { MlpPolicy } from '../environments/rollouts/network-policy.ts';
import type { LinearPolicy } from '../environments/rollouts/policy.ts';
import type { RolloutPool, RunOptions } from '../environments/rollouts/pool.ts';
import type { EpisodeResult } from '../environments/rollouts/protocol.ts';
import { nextTask } from '../experiment/event-loop.ts';
import { arsPolicy, iterateArs, type ArsState } from './ars.ts';
import type { TrainingSetting } from './evaluate.ts';
import { PpoLearner, type PpoState } from './ppo.ts';

export type LearnerState = { readonly ars: ArsState } | { readonly ppo: PpoState };
export type LearnedPolicy = LinearPolicy | MlpPolicy;

/** Fields of both states. */
interface LearnerProgress {
  readonly config: TrainingSetting;
  readonly iteration: number;
  readonly steps: number;
}

interface Learner extends LearnerProgress {
  iterate(): Promise<void>;
  state(): LearnerState;
  /** The policy without noise. */
  policy(): LearnedPolicy;
  /** Frees its resources. */
  end(): void;
}

interface LearnerOptions extends RunOptions {
  /** Gets all episodes with their rows, in order. */
  onEpisodes?: (episodes: readonly EpisodeResult[]) => void;
}

export function progressOf(state: LearnerState): LearnerProgress {
  return 'ars' in state ? state.ars : state.ppo;
}

/** Starts or resumes training; call `end` when done. ARS plays in the pool, PPO in this thread with its own engine. */
export async function startLearner(
  from: LearnerState,
  pool: RolloutPool,
  options: LearnerOptions = {},
): Promise<Learner> {
  return 'ars' in from ? arsLearner(from.ars, pool, options) : ppoLearner(from.ppo, options);
}

function arsLearner(from: ArsState, pool: RolloutPool, { onEpisodes, ...run }: LearnerOptions): Learner {
  let ars = from;
  return {
    config: ars.config,
    get iteration() {
      return ars.iteration;
    },
    get steps() {
      return ars.steps;
    },
    iterate: async () => {
      ars = await iterateArs(ars, pool, { ...run, ...(onEpisodes && { rows: true, onEpisodes }) });
    },
    state: () => ({ ars }),
    policy: () => arsPolicy(ars),
    end: () => undefined,
  };
}

async function ppoLearner(from: PpoState, { onEpisodes, signal }: LearnerOptions): Promise<Learner> {
  const { environment: id, variant, seed } = from.config;
  const environment = new Environment(await startPhysicsEngine(), id, { variant, seed });
  const learner = new PpoLearner(from, environment, onEpisodes && ((episode) => onEpisodes([episode])));
  return {
    config: from.config,
    get iteration() {
      return learner.iteration;
    },
    get steps() {
      return learner.steps;
    },
    iterate: async () => {
      // An iteration blocks for a second or two; messages, such as cancelling, are handled in between.
      await nextTask();
      signal?.throwIfAborted();
      learner.iterate();
    },
    state: () => ({ ppo: learner.state() }),
    policy: () => learner.policy(),
    end: () => environment.free(),
  };
}
