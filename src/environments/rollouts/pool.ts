/**
 * A pool of rollout workers, which take a few episodes at a time from a queue. Results do not depend on the number of
 * workers: an episode's random numbers follow from its seed and number, and results have the order of the request.
 */
import type {
  EpisodeRequest,
  EpisodeResult,
  RolloutJob,
  RolloutReply,
  RolloutSetting,
  RolloutWorker,
  SpawnWorker,
} from './protocol.ts';
import type { Policy } from './policy.ts';

export interface Rollout extends RolloutSetting {
  readonly policies: readonly Policy[];
  readonly orders: readonly EpisodeRequest[];
  /** Episodes of one job; default 16. Fewer give finer progress. */
  readonly mostEpisodes?: number;
}

export interface RolloutProgress {
  readonly episodes: number;
  readonly totalEpisodes: number;
  readonly steps: number;
}

export interface RunOptions {
  onProgress?: (progress: RolloutProgress) => void;
  /** If aborted, `run` rejects with its reason; results of jobs in progress are dropped. */
  signal?: AbortSignal;
}

/** Jobs of a worker in a run, so that faster workers take over from slower ones. */
const JOBS_EACH = 4;
/** More episodes in one job would make progress and cancelling too coarse. */
const MAX_JOB_EPISODES = 16;
/** A job whose workers died this often fails. */
const MAX_DEATHS = 3;

interface Run {
  readonly orders: readonly EpisodeRequest[];
  readonly results: EpisodeResult[];
  readonly queue: Pending[];
  readonly options: RunOptions;
  left: number;
  steps: number;
  readonly resolve: (results: EpisodeResult[]) => void;
  readonly reject: (error: unknown) => void;
  /** Removes the abort listener. */
  readonly release: () => void;
}

interface Pending {
  readonly run: Run;
  readonly job: RolloutJob;
  /** Index of its first result. */
  readonly at: number;
  deaths: number;
}

interface WorkerSlot {
  /** Null after it died, until there is another job. */
  worker: RolloutWorker | null;
  pending: Pending | null;
}

/** Workers for many runs, one run at a time; call `end` when done. */
export class RolloutPool {
  readonly #slots: WorkerSlot[];
  readonly #spawn: SpawnWorker;
  #current: Run | null = null;
  #jobs = 0;

  /**
   * @param spawn starts a worker: `spawnWebWorker` or `spawnThread`.
   * @param workers how many; each has its own engine of some 20 MB.
   */
  constructor(spawn: SpawnWorker, workers: number) {
    if (!Number.isInteger(workers) || workers < 1) throw new RangeError(`A pool has 1 worker or more, not ${workers}.`);
    this.#spawn = spawn;
    this.#slots = Array.from({ length: workers }, () => ({ worker: null, pending: null }));
    for (const slot of this.#slots) slot.worker = this.#start(slot);
  }

  get workers(): number {
    return this.#slots.length;
  }

  /**
   * Plays the episodes and returns results in the order of `orders`.
   *
   * @throws Error if another run is in progress, if an episode cannot be played (a policy of another width, for
   *   example), or if workers repeatedly die at the same episodes.
   */
  run(
    { policies, orders, mostEpisodes = MAX_JOB_EPISODES, ...setting }: Rollout,
    options: RunOptions = {},
  ): Promise<EpisodeResult[]> {
    if (this.#current) return Promise.reject(new Error('This pool is at another run.'));
    if (this.workers === 0) return Promise.reject(new Error('This pool has ended.'));
    if (orders.length === 0) return Promise.resolve([]);
    const unknown = orders.find(({ policy }) => policies[policy] === undefined);
    if (unknown) {
      const { episode, policy } = unknown;
      return Promise.reject(new Error(`Episode ${episode} asks for policy ${policy}; there are ${policies.length}.`));
    }
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const abort = () => this.#finish((current) => current.reject(signal?.reason));
      const release = () => signal?.removeEventListener('abort', abort);
      const results = new Array<EpisodeResult>(orders.length);
      const run: Run = { orders, results, queue: [], options, left: orders.length, steps: 0, resolve, reject, release };
      const size = Math.min(mostEpisodes, Math.ceil(orders.length / (JOBS_EACH * this.workers)));
      for (let at = 0; at < orders.length; at += size) {
        run.queue.push({ run, job: this.#job(setting, policies, orders.slice(at, at + size)), at, deaths: 0 });
      }
      this.#current = run;
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      for (const slot of this.#slots) this.#next(slot);
    });
  }

  /** Terminates the workers and rejects the current run. */
  end(): void {
    for (const { worker } of this.#slots.splice(0)) worker?.end();
    this.#finish((run) => run.reject(new Error('The rollout was ended.')));
  }

  /** A job with only the policies that its episodes use. */
  #job(setting: RolloutSetting, policies: readonly Policy[], orders: readonly EpisodeRequest[]): RolloutJob {
    const used = [...new Set(orders.map(({ policy }) => policy))];
    return {
      id: this.#jobs++,
      setting,
      policies: used.map((index) => policies[index]!),
      orders: orders.map((order) => ({ ...order, policy: used.indexOf(order.policy) })),
    };
  }

  #start(slot: WorkerSlot): RolloutWorker {
    const worker = this.#spawn({
      reply: (reply) => {
        if (slot.worker === worker) this.#replied(slot, reply);
      },
      died: (reason) => {
        if (slot.worker === worker) this.#died(slot, reason);
      },
    });
    return worker;
  }

  #next(slot: WorkerSlot): void {
    // A worker that still runs a job of an aborted run takes its next job when it replies.
    if (slot.pending) return;
    const pending = this.#current?.queue.shift();
    if (!pending) return;
    slot.pending = pending;
    slot.worker ??= this.#start(slot);
    slot.worker.send(pending.job);
  }

  #replied(slot: WorkerSlot, reply: RolloutReply): void {
    const { pending } = slot;
    if (pending?.job.id !== reply.id) return;
    slot.pending = null;
    if (pending.run === this.#current) {
      if (reply.type === 'done') this.#addResults(pending, reply.results);
      else this.#finish((run) => run.reject(new Error(reply.message)));
    }
    this.#next(slot);
  }

  #addResults({ run, at, job }: Pending, results: readonly EpisodeResult[]): void {
    results.forEach((result, i) => {
      // The job renumbered its policies.
      run.results[at + i] = { ...result, policy: run.orders[at + i]!.policy };
      run.steps += result.steps;
    });
    run.left -= job.orders.length;
    const totalEpisodes = run.results.length;
    run.options.onProgress?.({ episodes: totalEpisodes - run.left, totalEpisodes, steps: run.steps });
    if (run.left === 0) this.#finish(() => run.resolve(run.results));
  }

  /** Puts the lost episodes at the front of the queue; the slot gets a new worker with its next job. */
  #died(slot: WorkerSlot, reason: string): void {
    const { pending } = slot;
    slot.worker?.end();
    slot.worker = null;
    slot.pending = null;
    if (pending && pending.run === this.#current) {
      pending.deaths++;
      if (pending.deaths < MAX_DEATHS) pending.run.queue.unshift(pending);
      else {
        const episodes = pending.job.orders.map(({ episode }) => episode).join(', ');
        const message = `${MAX_DEATHS} workers died at the same episodes (${episodes}), the last because ${reason}.`;
        this.#finish((run) => run.reject(new Error(message)));
      }
    }
    this.#next(slot);
  }

  #finish(settle: (run: Run) => void): void {
    const run = this.#current;
    this.#current = null;
    run?.release();
    if (run) settle(run);
  }
}
