/**
 * Trains the solo method with other seeds, to show how much of its run is chance. They train in their own worker while
 * the run is paused, because they would change its speed and a race by seconds. They follow the run up to its latest
 * step and are measured at steps where it was observed. This module does not depend on React or on the worker.
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

/** Waits for further changes, and for the last frame of a paused run. */
const WAIT_MS = 400;
/** Steps at which all seeds are measured, per job. */
const POINTS = 40;

export interface SeedsConnection {
  engine: SeedsEngine;
  end: () => void;
}

/** A worker that trains the seeds of one method. */
interface Trainer extends SeedsConnection {
  method: MethodId;
  /** Last step that was measured or attempted. */
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

  /** Follows the view and the run. Returns a function that stops it. */
  start(): () => void {
    const leave = [
      viewStore.subscribe((now, before) => {
        if (now.seeds !== before.seeds) this.#drop({ groups: {}, stopped: false });
        // A worker has the seeds of one method; results of other methods are stored.
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

  /** Stops training until `resume`; results are stored. */
  stop(): void {
    set({ stopped: true });
    this.#follow();
  }

  resume(): void {
    set({ stopped: false, problem: null });
    this.#follow();
  }

  /** The run starts again from step 0: drops all results. */
  clear(): void {
    this.#drop({ ...NO_SEEDS });
  }

  /** Drops methods that were removed from the run. */
  leaveOut(methods: readonly MethodId[]): void {
    const { groups } = seedsStore.getState();
    const remaining = Object.fromEntries(Object.entries(groups).filter(([id]) => !methods.includes(id as MethodId)));
    if (this.#trainer && methods.includes(this.#trainer.method)) this.#drop({ groups: remaining });
    else set({ groups: remaining });
  }

  /** Other seeds cannot repeat the run of these methods. @param why as a sentence */
  markIncomparable(methods: readonly MethodId[], why: string): void {
    this.leaveOut(methods);
    const own = Object.fromEntries(methods.map((method) => [method, why]));
    set({ incomparable: { ...seedsStore.getState().incomparable, ...own } });
    this.#series.touch();
  }

  /** Pauses in a hidden tab. */
  visibility(hidden: boolean): void {
    this.#hidden = hidden;
    this.#follow();
  }

  /** Starts or pauses training to match the current state. */
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
    const { seeds, solo, hide } = viewStore.getState();
    const { state } = runStore.getState();
    const { stopped, problem, incomparable: strayed } = seedsStore.getState();
    if (seeds === 1 || solo === null || solo === 'data' || hide.includes('curves')) return null;
    if (this.#hidden || stopped || problem !== null) return null;
    if (state !== 'paused' && state !== 'finished') return null;
    return experimentStore.getState().methods.includes(solo) && strayed[solo] === undefined ? solo : null;
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
        if (isCurrent()) this.#onEvent(job, event);
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

  /** The remaining training, if any. */
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

  #onEvent({ experiment, method, seeds }: SeedsJob, event: SeedsEvent): void {
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
