/**
 * The same run with other seeds, trained beside the one on show to compare it with: as one batch of agents where there
 * is a GPU and the policy is a diffusion, else in turn from one measurement to the next. It shares nothing with the
 * engine of the run on show, whose numbers stay what they are.
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
/** In turn: about so long nobody else is asked. */
const TURN_SECONDS = 0.1;
const MAX_STEPS_A_TURN = 50;

type Notify = (event: SeedsEvent) => unknown;

/** What it needs from outside; tests put their own in place. */
export interface SeedRunsDependencies {
  startBackend: (backend: BackendId) => Promise<unknown>;
  /** A run of a method, with the seed of its experiment. */
  create: (experiment: Experiment, method: MethodId) => HeadlessRun;
}

export class SeedRuns implements SeedsEngine {
  readonly #lock = new Mutex();
  /** Grows with every command, so that the work for those before it ends. */
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

  train(job: SeedsJob, tell: (event: SeedsEvent) => Promise<void> | void): Promise<boolean> {
    const command = ++this.#command;
    return this.#lock.run(async () => {
      let heard: unknown;
      const arrived = await this.#train(
        job,
        (event) => (heard = tell(event)),
        () => command === this.#command,
      );
      // Events and answers may go by ways of their own: none is behind its answer.
      await heard;
      return arrived;
    });
  }

  async pause(): Promise<void> {
    this.#command++;
  }

  /** Lets go of everything. */
  async dispose(): Promise<void> {
    await this.pause();
    this.#stopListening();
    await this.#lock.run(() => this.#group?.seeds.dispose());
  }

  async #train(job: SeedsJob, tell: Notify, goesOn: () => boolean): Promise<boolean> {
    if (!goesOn()) return false;
    const seeds = await this.#groupOf(job);
    const target = job.shown.at(-1)?.step ?? 0;
    let told = Number.NEGATIVE_INFINITY;
    const tellAndGoOn = () => {
      const now = performance.now();
      if (now - told > PROGRESS_INTERVAL_MS) {
        told = now;
        tell({ type: 'progress', ...seeds.progress(target) });
      }
      return goesOn();
    };
    for (const shown of job.shown) {
      // What they have passed is no more to be measured.
      if (shown.step < seeds.step) continue;
      if (!tellAndGoOn() || !(await seeds.trainTo(shown.step, tellAndGoOn, tell))) return false;
      const point = await seeds.measure(shown, tell);
      if (seeds.count === 0) break;
      tell({ type: 'point', point });
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
    const trainees = seeds.map((seed) => [seed, this.#dependencies.create({ ...experiment, seed }, method)] as const);
    this.#group = { key, seeds: new SeedGroup(new Map(trainees)) };
    return this.#group.seeds;
  }
}

class SeedGroup {
  /** Those that are finite, by seed. */
  readonly #runs: Map<number, HeadlessRun>;
  #batched: BatchedTrainer | null = null;

  constructor(trainees: Map<number, HeadlessRun>) {
    this.#runs = trainees;
  }

  get count(): number {
    return this.#runs.size;
  }

  /** The step that the furthest stands at. */
  get step(): number {
    return Math.max(0, ...this.#all.map(({ step }) => step));
  }

  progress(target: number): { done: number; total: number } {
    const steps = this.#all.map(({ step }) => step);
    return { done: steps.reduce((sum, step) => sum + step, 0), total: target * steps.length };
  }

  /** Whether they got there. Those that turn non-finite on the way are lost. */
  async trainTo(target: number, goesOn: () => boolean, tell: Notify): Promise<boolean> {
    while (this.#all.some(({ step }) => step < target)) {
      try {
        if (canBatch(this.count)) await this.#trainBatched(target, goesOn);
        else for (const trainee of this.#all) await this.#trainInTurns(trainee, target, goesOn);
      } catch (error) {
        if (!this.#removeDiverged(tell)) throw error;
        continue;
      }
      if (!goesOn()) return this.#all.every(({ step }) => step >= target);
    }
    return true;
  }

  async measure({ step, values }: ShownRow, tell: Notify): Promise<SeedsPoint> {
    const others: SeedRow[] = [];
    for (const [seed, trainee] of this.#runs) {
      const { samples, metrics } = await trainee.measure();
      if (allFinite(samples)) others.push({ seed, metrics, losses: { ...trainee.losses } });
      else this.#remove(seed, { quantity: 'samples', step }, tell);
    }
    const rows = others.map(({ metrics, losses }) => ({ ...losses, ...figuresOf(metrics) }));
    return { step, others, means: meansOver<string>([values, ...rows]) };
  }

  dispose(): void {
    this.#batched?.clear();
    for (const trainee of this.#all) trainee.dispose();
    this.#runs.clear();
  }

  get #all(): HeadlessRun[] {
    return [...this.#runs.values()];
  }

  async #trainBatched(target: number, goesOn: () => boolean): Promise<void> {
    this.#batched ??= new BatchedTrainer(this.#all);
    await this.#batched.trainTo(target, goesOn);
  }

  async #trainInTurns(trainee: HeadlessRun, target: number, goesOn: () => boolean): Promise<void> {
    while (trainee.step < target && goesOn()) {
      const aStep = trainee.step > 0 ? trainee.seconds / trainee.step : TURN_SECONDS;
      const count = Math.min(MAX_STEPS_A_TURN, Math.max(1, Math.floor(TURN_SECONDS / aStep)));
      await trainee.trainTo(Math.min(target, trainee.step + count));
    }
  }

  /** Leaves out those that are not finite any more. Returns whether there are any. */
  #removeDiverged(tell: Notify): boolean {
    const lost = [...this.#runs].flatMap(([seed, { divergence }]) => (divergence ? [{ seed, divergence }] : []));
    for (const { seed, divergence } of lost) this.#remove(seed, divergence, tell);
    return lost.length > 0;
  }

  #remove(seed: number, divergence: { quantity: string; step: number }, tell: Notify): void {
    // A batch is recorded for all that are in it.
    this.#batched?.clear();
    this.#batched = null;
    this.#runs.get(seed)?.dispose();
    this.#runs.delete(seed);
    tell({ type: 'lost', lost: { seed, ...divergence } });
  }
}
