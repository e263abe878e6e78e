/** What a rollout worker does: plays the episodes it is told to, in an engine of its own. It knows no kind of worker. */
import { startEngine, type Engine } from '../engine.ts';
import { Environment } from '../environment.ts';
import { playEpisode } from './episode.ts';
import { createActor } from './policy.ts';
import type { RolloutJob, RolloutReply, RolloutSetting } from './protocol.ts';

export class RolloutServer {
  private readonly engine: Promise<Engine>;
  private environment: Environment | null = null;
  private seed = 0;

  constructor(engine: Promise<Engine> = startEngine()) {
    this.engine = engine;
    // Who asks first hears of it.
    this.engine.catch(() => undefined);
  }

  /** Does a job. Never throws: what goes wrong is a reply. */
  async serve({ id, setting, policies, orders }: RolloutJob): Promise<RolloutReply> {
    try {
      const environment = this.environmentFor(setting, await this.engine);
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

  /** Gives the engine its memory back. */
  end(): void {
    this.environment?.free();
    this.environment = null;
  }

  /** The environment of the last job, where it is the same. */
  private environmentFor({ environment: id, variant, seed }: RolloutSetting, engine: Engine): Environment {
    const last = this.environment;
    if (last?.body.id === id && last.variant === variant && this.seed === seed) return last;
    this.end();
    this.seed = seed;
    this.environment = new Environment(engine, id, { variant, seed });
    return this.environment;
  }
}

/** The buffers of a reply, which are handed over rather than copied. */
export function transferables(reply: RolloutReply): ArrayBuffer[] {
  if (reply.type !== 'done') return [];
  return reply.results.flatMap(({ rows }) =>
    rows ? [rows.observations, rows.actions, rows.rewards].map((array) => array.buffer as ArrayBuffer) : [],
  );
}
