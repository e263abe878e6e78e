/**
 * Has other seeds of the method that is on show alone trained, to see how much of its run is chance. They train in a
 * worker of their own, while the run rests: a race by seconds, and the rate on show, would be others beside them. They
 * follow to where the run has come, and are measured at steps at which it was looked at. It knows neither React nor the
 * worker.
 */
import type { MethodId } from '../../../bandit/methods.ts';
import { seedsFrom } from '../../../bandit/experiment.ts';
import type { SeedsEngine, SeedsEvent, SeedsJob, ShownRow } from '../../../bandit/seeds-protocol.ts';
import type { SeriesStore } from '../plots/series/series.ts';
import { experimentStore } from '../stores/experiment-store.ts';
import { frameStore } from '../stores/frame-store.ts';
import { runStore } from '../stores/run-store.ts';
import { viewStore } from '../../shared/view-store.ts';
import { spreadSteps } from './spread-steps.ts';
import { NO_SEEDS, seedsStore, type SeedGroup, type Seeds } from './seeds-store.ts';

/** Until the visitor's hand rests, and the last frame of a run that was paused has come. */
const WAIT_MS = 400;
/** Steps at which all seeds are measured, of each stretch of a run. */
const POINTS = 40;

export interface SeedsConnection {
  engine: SeedsEngine;
  end: () => void;
}

/** A worker, whose seeds are of one method. */
interface Trainer extends SeedsConnection {
  method: MethodId;
  /** What was measured up to, or could not be. */
  reached: number;
}

export class SeedComparison {
  readonly #series: SeriesStore;
  readonly #connect: () => SeedsConnection;
  #trainer: Trainer | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #hidden = false;

  constructor(series: SeriesStore, connect: () => SeedsConnection) {
    this.#series = series;
    this.#connect = connect;
  }

  /** Follows what is on show, and how the run goes. Returns the way out. */
  start(): () => void {
    const leave = [
      viewStore.subscribe((now, before) => {
        if (now.seeds !== before.seeds) this.#drop({ groups: {}, stopped: false });
        // Those of a method that is left rest; a worker holds those of one.
        const isOther = now.solo !== null && now.solo !== 'data' && now.solo !== this.#trainer?.method;
        if (isOther) this.#end();
        this.#follow();
      }),
      runStore.subscribe(() => this.#follow()),
      frameStore.subscribeClock(() => this.#follow()),
    ];
    this.#follow();
    return () => {
      for (const each of leave) each();
      this.clear();
    };
  }

  /** Stays with what there is until `resumeRun`. */
  stop(): void {
    set({ stopped: true });
    this.#follow();
  }

  resume(): void {
    set({ stopped: false, problem: null });
    this.#follow();
  }

  /** The run starts again from step 0: nothing of before belongs to it. */
  clear(): void {
    this.#drop({ ...NO_SEEDS });
  }

  /** These methods leave the run. */
  leaveOut(methods: readonly MethodId[]): void {
    const { groups } = seedsStore.getState();
    const kept = Object.fromEntries(Object.entries(groups).filter(([id]) => !methods.includes(id as MethodId)));
    if (this.#trainer && methods.includes(this.#trainer.method)) this.#drop({ groups: kept });
    else set({ groups: kept });
  }

  /** The run of these methods is no more what another seed would be. @param why in words, as a sentence */
  markIncomparable(methods: readonly MethodId[], why: string): void {
    this.leaveOut(methods);
    const own = Object.fromEntries(methods.map((method) => [method, why]));
    set({ incomparable: { ...seedsStore.getState().incomparable, ...own } });
    this.#series.touch();
  }

  /** A hidden tab rests. */
  visibility(hidden: boolean): void {
    this.#hidden = hidden;
    this.#follow();
  }

  /** Trains, or does not, as is now right. */
  #follow(): void {
    const training = seedsStore.getState().progress !== null;
    if (!this.#method()) {
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
      if (training) void this.#trainer?.engine.pause();
    } else if (!training && !this.#timer) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        void this.#train();
      }, WAIT_MS);
    }
  }

  /** The method whose seeds may train now. */
  #method(): MethodId | null {
    const { seeds, solo: alone, hide } = viewStore.getState();
    const { state } = runStore.getState();
    const { stopped, problem, incomparable: strayed } = seedsStore.getState();
    if (seeds === 1 || alone === null || alone === 'data' || hide.includes('curves')) return null;
    if (this.#hidden || stopped || problem !== null) return null;
    if (state !== 'paused' && state !== 'finished') return null;
    return experimentStore.getState().methods.includes(alone) && strayed[alone] === undefined ? alone : null;
  }

  async #train(): Promise<void> {
    const method = this.#method();
    const job = method && this.#job(method);
    if (!job) return;
    const trainer = (this.#trainer ??= { ...this.#connect(), method: job.method, reached: -1 });
    const isCurrent = () => this.#trainer === trainer;
    set({ progress: { done: 0, total: 0 } });
    try {
      const arrived = await trainer.engine.train(job, (event) => {
        if (isCurrent()) this.#hear(job, event);
      });
      if (arrived) trainer.reached = job.shown.at(-1)?.step ?? 0;
    } catch (error) {
      if (!isCurrent()) return;
      this.#drop({ problem: error instanceof Error ? error.message : String(error) });
    }
    if (!isCurrent()) return;
    set({ progress: null });
    this.#follow();
  }

  /** What is left to train, if there is any. */
  #job(method: MethodId): SeedsJob | null {
    const experiment = experimentStore.getState();
    const { info } = runStore.getState();
    const group = seedsStore.getState().groups[method];
    const [, ...seeds] = seedsFrom(experiment.seed, viewStore.getState().seeds);
    if (!info || group?.lost.length === seeds.length) return null;
    const known = Math.max(group?.points.at(-1)?.step ?? -1, this.#trainer?.reached ?? -1);
    const rows = this.#series.rows(method).filter(({ step }) => step! > known);
    const shown = spreadSteps(rows.map(shownRow), POINTS);
    return shown.length > 0 ? { experiment, method, backend: info.backend, seeds, shown } : null;
  }

  #hear({ experiment, method, seeds }: SeedsJob, event: SeedsEvent): void {
    if (event.type === 'progress') {
      set({ progress: { done: event.done, total: event.total } });
      return;
    }
    const { groups } = seedsStore.getState();
    const group: SeedGroup = groups[method] ?? { seeds: [experiment.seed, ...seeds], points: [], lost: [] };
    const grown =
      event.type === 'point'
        ? { ...group, points: [...group.points, event.point] }
        : { ...group, lost: [...group.lost.filter(({ seed }) => seed !== event.lost.seed), event.lost] };
    set({ groups: { ...groups, [method]: grown } });
    this.#series.touch();
  }

  #drop(change: Partial<Seeds>): void {
    this.#end();
    set({ problem: null, ...change });
    this.#series.touch();
  }

  #end(): void {
    this.#trainer?.end();
    this.#trainer = null;
    set({ progress: null });
  }
}

function shownRow(row: Readonly<Record<string, number>>): ShownRow {
  return { step: row['step']!, values: row };
}

function set(change: Partial<Seeds>): void {
  seedsStore.setState(change);
}
