/**
 * Many episodes at once: a queue, and workers that take a few episodes at a time. What comes out does not depend on how
 * many workers there are, nor on who plays what: an episode's random numbers follow from its seed and number, and results
 * are in the order they were asked for.
 */
import type {
  EpisodeOrder,
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
  readonly orders: readonly EpisodeOrder[];
  /** Of one job; 16 unless told. Fewer give finer progress. */
  readonly mostEpisodes?: number;
}

export interface RolloutProgress {
  readonly episodes: number;
  readonly totalEpisodes: number;
  readonly steps: number;
}

export interface RunOptions {
  onProgress?: (progress: RolloutProgress) => void;
  /** Aborted: `run` throws its reason, and the workers end what they are at for nothing. */
  signal?: AbortSignal;
}

/** Jobs a worker gets in a run, so that those who are done sooner take over from the others. */
const JOBS_EACH = 4;
/** More episodes than this in one job would leave progress and cancelling too coarse. */
const MAX_JOB_EPISODES = 16;
/** An episode whose worker died so often is not tried again. */
const MAX_DEATHS = 3;

interface Run {
  readonly orders: readonly EpisodeOrder[];
  readonly results: EpisodeResult[];
  readonly queue: Pending[];
  readonly options: RunOptions;
  left: number;
  steps: number;
  readonly resolve: (results: EpisodeResult[]) => void;
  readonly reject: (error: unknown) => void;
  /** Listens no longer for its being aborted. */
  readonly release: () => void;
}

interface Pending {
  readonly run: Run;
  readonly job: RolloutJob;
  /** Where its results stand among all. */
  readonly at: number;
  deaths: number;
}

interface Seat {
  /** Null after it died, until there is work again. */
  worker: RolloutWorker | null;
  pending: Pending | null;
}

/** Workers that stay for many runs; one run at a time. `end` it. */
export class RolloutPool {
  private readonly seats: Seat[];
  private readonly spawn: SpawnWorker;
  private current: Run | null = null;
  private jobs = 0;

  /**
   * @param spawn starts a worker: `spawnWebWorker` or `spawnThread`.
   * @param workers how many; each has an engine of its own, some 20 MB.
   */
  constructor(spawn: SpawnWorker, workers: number) {
    if (!Number.isInteger(workers) || workers < 1) throw new RangeError(`A pool has 1 worker or more, not ${workers}.`);
    this.spawn = spawn;
    this.seats = Array.from({ length: workers }, () => ({ worker: null, pending: null }));
    for (const seat of this.seats) seat.worker = this.start(seat);
  }

  get workers(): number {
    return this.seats.length;
  }

  /**
   * Plays the episodes; results in the order of `orders`.
   *
   * @throws Error if a run is under way, if the episodes cannot be played (a policy of another width, say), or if workers
   *   die at the same ones again and again.
   */
  run(
    { policies, orders, mostEpisodes = MAX_JOB_EPISODES, ...setting }: Rollout,
    options: RunOptions = {},
  ): Promise<EpisodeResult[]> {
    if (this.current) return Promise.reject(new Error('This pool is at another run.'));
    if (this.workers === 0) return Promise.reject(new Error('This pool has ended.'));
    if (orders.length === 0) return Promise.resolve([]);
    const unknown = orders.find(({ policy }) => policies[policy] === undefined);
    if (unknown) {
      const { episode, policy } = unknown;
      return Promise.reject(new Error(`Episode ${episode} asks for policy ${policy}; there are ${policies.length}.`));
    }
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const abort = () => this.finish((current) => current.reject(signal?.reason));
      const release = () => signal?.removeEventListener('abort', abort);
      const results = new Array<EpisodeResult>(orders.length);
      const run: Run = { orders, results, queue: [], options, left: orders.length, steps: 0, resolve, reject, release };
      const size = Math.min(mostEpisodes, Math.ceil(orders.length / (JOBS_EACH * this.workers)));
      for (let at = 0; at < orders.length; at += size) {
        run.queue.push({ run, job: this.job(setting, policies, orders.slice(at, at + size)), at, deaths: 0 });
      }
      this.current = run;
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      for (const seat of this.seats) this.next(seat);
    });
  }

  /** Ends the workers, and the run that is under way. */
  end(): void {
    for (const { worker } of this.seats.splice(0)) worker?.end();
    this.finish((run) => run.reject(new Error('The rollout was ended.')));
  }

  /** A job with only those policies that its episodes name. */
  private job(setting: RolloutSetting, policies: readonly Policy[], orders: readonly EpisodeOrder[]): RolloutJob {
    const used = [...new Set(orders.map(({ policy }) => policy))];
    return {
      id: this.jobs++,
      setting,
      policies: used.map((index) => policies[index]!),
      orders: orders.map((order) => ({ ...order, policy: used.indexOf(order.policy) })),
    };
  }

  private start(seat: Seat): RolloutWorker {
    const worker = this.spawn({
      reply: (reply) => {
        if (seat.worker === worker) this.replied(seat, reply);
      },
      died: (reason) => {
        if (seat.worker === worker) this.died(seat, reason);
      },
    });
    return worker;
  }

  private next(seat: Seat): void {
    // A worker may still be at a job of a run that was given up: it takes its next when it answers.
    if (seat.pending) return;
    const pending = this.current?.queue.shift();
    if (!pending) return;
    seat.pending = pending;
    seat.worker ??= this.start(seat);
    seat.worker.send(pending.job);
  }

  private replied(seat: Seat, reply: RolloutReply): void {
    const { pending } = seat;
    if (pending?.job.id !== reply.id) return;
    seat.pending = null;
    if (pending.run === this.current) {
      if (reply.type === 'done') this.note(pending, reply.results);
      else this.finish((run) => run.reject(new Error(reply.message)));
    }
    this.next(seat);
  }

  private note({ run, at, job }: Pending, results: readonly EpisodeResult[]): void {
    results.forEach((result, i) => {
      // The job numbered its policies anew.
      run.results[at + i] = { ...result, policy: run.orders[at + i]!.policy };
      run.steps += result.steps;
    });
    run.left -= job.orders.length;
    const totalEpisodes = run.results.length;
    run.options.onProgress?.({ episodes: totalEpisodes - run.left, totalEpisodes, steps: run.steps });
    if (run.left === 0) this.finish(() => run.resolve(run.results));
  }

  /** The lost episodes go to the front of the queue; a new worker takes the seat when it is given work. */
  private died(seat: Seat, reason: string): void {
    const { pending } = seat;
    seat.worker?.end();
    seat.worker = null;
    seat.pending = null;
    if (pending && pending.run === this.current) {
      pending.deaths++;
      if (pending.deaths < MAX_DEATHS) pending.run.queue.unshift(pending);
      else {
        const episodes = pending.job.orders.map(({ episode }) => episode).join(', ');
        const message = `${MAX_DEATHS} workers died at the same episodes (${episodes}), the last because ${reason}.`;
        this.finish((run) => run.reject(new Error(message)));
      }
    }
    this.next(seat);
  }

  private finish(tell: (run: Run) => void): void {
    const run = this.current;
    this.current = null;
    run?.release();
    if (run) tell(run);
  }
}
