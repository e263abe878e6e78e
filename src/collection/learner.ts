/** The two trainers of behaviour policies behind one face: iterations, a state to go on from, the policy so far. */
import { startEngine } from '../environments/engine.ts';
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

/** What both states have. */
export interface LearnerProgress {
  readonly config: TrainingSetting;
  readonly iteration: number;
  readonly steps: number;
}

export interface Learner extends LearnerProgress {
  iterate(): Promise<void>;
  state(): LearnerState;
  /** Without noise. */
  policy(): LearnedPolicy;
  /** Gives back what it took; it learns no more. */
  end(): void;
}

export interface LearnerOptions extends RunOptions {
  /** Told of all episodes, with their rows, in order. */
  seen?: (episodes: readonly EpisodeResult[]) => void;
}

export function progressOf(state: LearnerState): LearnerProgress {
  return 'ars' in state ? state.ars : state.ppo;
}

/** Goes on from a state; `end` it. ARS plays in the pool, PPO in this thread, in an engine of its own. */
export async function startLearner(
  from: LearnerState,
  pool: RolloutPool,
  options: LearnerOptions = {},
): Promise<Learner> {
  return 'ars' in from ? arsLearner(from.ars, pool, options) : ppoLearner(from.ppo, options);
}

function arsLearner(from: ArsState, pool: RolloutPool, { seen, ...run }: LearnerOptions): Learner {
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
      ars = await iterateArs(ars, pool, { ...run, ...(seen && { rows: true, seen }) });
    },
    state: () => ({ ars }),
    policy: () => arsPolicy(ars),
    end: () => undefined,
  };
}

async function ppoLearner(from: PpoState, { seen, signal }: LearnerOptions): Promise<Learner> {
  const { environment: id, variant, seed } = from.config;
  const environment = new Environment(await startEngine(), id, { variant, seed });
  const learner = new PpoLearner(from, environment, seen && ((episode) => seen([episode])));
  return {
    config: from.config,
    get iteration() {
      return learner.iteration;
    },
    get steps() {
      return learner.steps;
    },
    iterate: async () => {
      // An iteration blocks for a second or two; whoever wants to stop it is heard in between.
      await nextTask();
      signal?.throwIfAborted();
      learner.iterate();
    },
    state: () => ({ ppo: learner.state() }),
    policy: () => learner.policy(),
    end: () => environment.free(),
  };
}
