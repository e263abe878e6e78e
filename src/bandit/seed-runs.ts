/**
 * Trains the page's run with other seeds, for comparison: as one batch on WebGPU, else in turns between evaluations. It
 * shares nothing with the engine of the page's run, whose numbers do not change.
 */
import type { MethodId } from './methods.ts';
import { onDeviceLost, onGpuError, startBackend } from '../tensor/backend.ts';
import { Mutex } from '../experiment/event-loop.ts';
import type { Experiment } from './experiment.ts';
import { allFinite } from '../experiment/divergence.ts';
import type { BackendId } from './engine/protocol.ts';
import { figuresOf, meansOver } from './seed-means.ts';
import type { SeedRow, SeedsEngine, SeedsEvent, SeedsJob, SeedsPoint, ShownRow } from './seeds-protocol.ts';
import { BatchedTrainer, canBatch } from './batched-trainer.ts';
import { HeadlessRun } from './headless-run.ts';

const PROGRESS_INTERVAL_MS = 250;
/** Length of a turn of one seed. */
const TURN_SECONDS = 0.1;
const MAX_STEPS_A_TURN = 50;

type Notify = (event: SeedsEvent) => unknown;

/** What it needs from outside; tests replace it. */
interface SeedRunsDependencies {
  startBackend: (backend: BackendId) => Promise<unknown>;
  /** Makes a run of a method, with the seed of its experiment. */
  create: (experiment: Experiment, method: MethodId) => HeadlessRun;
}

export class SeedRuns implements SeedsEngine {
  readonly #lock = new Mutex();
  /** Grows with every command, which ends the work of earlier commands. */
  #command = 0;
  #started: Promise<unknown> | null = null;
  #group: { key: string; seeds: SeedGroup } | null = null;
  readonly #dependencies: SeedRunsDependencies;
  readonly #stopListening: () => void;

  constructor(parts: Partial<SeedRunsDependencies> = {}) {
    const create = (experiment: Experiment, method: MethodId) => new HeadlessRun(experiment, method);
    this.#dependencies = { startBackend, create, ...parts };
    const fail = (message: string) => this.#lock.interrupt(new Error(message));
    const stop = [
      onDeviceLost((reason) => fail(`The GPU went away (${reason}).`)),
      onGpuError((message) => fail(`The GPU reports an error: ${message}`)),
    ];
    this.#stopListening = () => stop.forEach((each) => each());
  }

  train(job: SeedsJob, notify: (event: SeedsEvent) => Promise<void> | void): Promise<boolean> {
    const command = ++this.#command;
    return this.#lock.run(async () => {
      let handled: unknown;
      const arrived = await this.#train(
        job,
        (event) => (handled = notify(event)),
        () => command === this.#command,
      );
      // Events and answers use separate ports: the answer must not overtake an event.
      await handled;
      return arrived;
    });
  }

  async pause(): Promise<void> {
    this.#command++;
  }

  /** Releases everything. */
  async dispose(): Promise<void> {
    await this.pause();
    this.#stopListening();
    await this.#lock.run(() => this.#group?.seeds.dispose());
  }

  async #train(job: SeedsJob, notify: Notify, shouldContinue: () => boolean): Promise<boolean> {
    if (!shouldContinue()) return false;
    const seeds = await this.#groupOf(job);
    const target = job.shown.at(-1)?.step ?? 0;
    let reportedAt = Number.NEGATIVE_INFINITY;
    const reportProgress = () => {
      const now = performance.now();
      if (now - reportedAt > PROGRESS_INTERVAL_MS) {
        reportedAt = now;
        notify({ type: 'progress', ...seeds.progress(target) });
      }
      return shouldContinue();
    };
    for (const shown of job.shown) {
      // Steps that were passed cannot be evaluated any more.
      if (shown.step < seeds.step) continue;
      if (!reportProgress() || !(await seeds.trainTo(shown.step, reportProgress, notify))) return false;
      const point = await seeds.measure(shown, notify);
      if (seeds.count === 0) break;
      notify({ type: 'point', point });
    }
    return true;
  }

  async #groupOf({ experiment, method, backend, seeds }: SeedsJob): Promise<SeedGroup> {
    this.#started ??= this.#dependencies.startBackend(backend);
    await this.#started;
    const { budget: _budget, methods: _methods, race: _race, ...same } = experiment;
    const key = JSON.stringify([same, method, seeds]);
    if (this.#group?.key === key) return this.#group.seeds;
    this.#group?.seeds.dispose();
    const runs = seeds.map((seed) => [seed, this.#dependencies.create({ ...experiment, seed }, method)] as const);
    this.#group = { key, seeds: new SeedGroup(new Map(runs)) };
    return this.#group.seeds;
  }
}

class SeedGroup {
  /** The runs that are finite, by seed. */
  readonly #runs: Map<number, HeadlessRun>;
  #batched: BatchedTrainer | null = null;

  constructor(runs: Map<number, HeadlessRun>) {
    this.#runs = runs;
  }

  get count(): number {
    return this.#runs.size;
  }

  /** The largest step of all runs. */
  get step(): number {
    return Math.max(0, ...this.#all.map(({ step }) => step));
  }

  progress(target: number): { done: number; total: number } {
    const steps = this.#all.map(({ step }) => step);
    return { done: steps.reduce((sum, step) => sum + step, 0), total: target * steps.length };
  }

  /** Returns whether the runs reached the step. Runs that diverge are removed. */
  async trainTo(target: number, shouldContinue: () => boolean, notify: Notify): Promise<boolean> {
    while (this.#all.some(({ step }) => step < target)) {
      try {
        if (canBatch(this.count)) await this.#trainBatched(target, shouldContinue);
        else for (const run of this.#all) await this.#trainInTurns(run, target, shouldContinue);
      } catch (error) {
        if (!this.#removeDiverged(notify)) throw error;
        continue;
      }
      if (!shouldContinue()) return this.#all.every(({ step }) => step >= target);
    }
    return true;
  }

  async measure({ step, values }: ShownRow, notify: Notify): Promise<SeedsPoint> {
    const others: SeedRow[] = [];
    for (const [seed, run] of this.#runs) {
      const { samples, metrics } = await run.measure();
      if (allFinite(samples)) others.push({ seed, metrics, losses: { ...run.losses } });
      else this.#remove(seed, { quantity: 'samples', step }, notify);
    }
    const rows = others.map(({ metrics, losses }) => ({ ...losses, ...figuresOf(metrics) }));
    return { step, others, means: meansOver<string>([values, ...rows]) };
  }

  dispose(): void {
    this.#batched?.clear();
    for (const run of this.#all) run.dispose();
    this.#runs.clear();
  }

  get #all(): HeadlessRun[] {
    return [...this.#runs.values()];
  }

  async #trainBatched(target: number, shouldContinue: () => boolean): Promise<void> {
    this.#batched ??= new BatchedTrainer(this.#all);
    await this.#batched.trainTo(target, shouldContinue);
  }

  async #trainInTurns(run: HeadlessRun, target: number, shouldContinue: () => boolean): Promise<void> {
    while (run.step < target && shouldContinue()) {
      const aStep = run.step > 0 ? run.seconds / run.step : TURN_SECONDS;
      const count = Math.min(MAX_STEPS_A_TURN, Math.max(1, Math.floor(TURN_SECONDS / aStep)));
      await run.trainTo(Math.min(target, run.step + count));
    }
  }

  /** Removes the runs that are not finite. Returns whether there are any. */
  #removeDiverged(notify: Notify): boolean {
    const lost = [...this.#runs].flatMap(([seed, { divergence }]) => (divergence ? [{ seed, divergence }] : []));
    for (const { seed, divergence } of lost) this.#remove(seed, divergence, notify);
    return lost.length > 0;
  }

  #remove(seed: number, divergence: { quantity: string; step: number }, notify: Notify): void {
    // A batch is recorded for all of its runs.
    this.#batched?.clear();
    this.#batched = null;
    this.#runs.get(seed)?.dispose();
    this.#runs.delete(seed);
    notify({ type: 'lost', lost: { seed, ...divergence } });
  }
}
