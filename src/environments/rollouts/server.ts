/** Plays a rollout worker's episodes in its own engine. Independent of the kind of worker. */
import { startPhysicsEngine, type PhysicsEngine } from '../engine.ts';
import { Environment } from '../environment.ts';
import { playEpisode } from './episode.ts';
import { createActor } from './policy.ts';
import type { RolloutJob, RolloutReply, RolloutSetting } from './protocol.ts';

export class RolloutServer {
  readonly #engine: Promise<PhysicsEngine>;
  #environment: Environment | null = null;
  #seed = 0;

  constructor(engine: Promise<PhysicsEngine> = startPhysicsEngine()) {
    this.#engine = engine;
    // The first job reports the error.
    this.#engine.catch(() => undefined);
  }

  /** Runs a job. Never throws: an error becomes a reply. */
  async serve({ id, setting, policies, orders }: RolloutJob): Promise<RolloutReply> {
    try {
      const environment = this.#environmentFor(setting, await this.#engine);
      const actors = new Map(
        [...new Set(orders.map(({ policy }) => policy))].map((index) => {
          const policy = policies[index];
          if (!policy) throw new Error(`Episodes ask for policy ${index}; the job brings ${policies.length}.`);
          return [index, createActor(policy, setting.environment, setting.seed)];
        }),
      );
      const results = orders.map((order) => playEpisode(environment, actors.get(order.policy)!, order, setting));
      return { type: 'done', id, results };
    } catch (error) {
      return { type: 'failed', id, message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Frees the engine's memory. */
  end(): void {
    this.#environment?.free();
    this.#environment = null;
  }

  /** The environment of the last job if the settings are the same. */
  #environmentFor({ environment: id, variant, seed }: RolloutSetting, engine: PhysicsEngine): Environment {
    const last = this.#environment;
    if (last?.body.id === id && last.variant === variant && this.#seed === seed) return last;
    this.end();
    this.#seed = seed;
    this.#environment = new Environment(engine, id, { variant, seed });
    return this.#environment;
  }
}

/** The buffers of a reply, which are transferred rather than copied. */
export function rolloutTransferables(reply: RolloutReply): ArrayBuffer[] {
  if (reply.type !== 'done') return [];
  return reply.results.flatMap(({ rows }) =>
    rows ? [rows.observations, rows.actions, rows.rewards].map((array) => array.buffer as ArrayBuffer) : [],
  );
}
