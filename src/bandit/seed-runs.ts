/**
 * The same run with other seeds, trained beside the one on show to compare it with: as one batch of agents where there
 * is a GPU and the policy is a diffusion, else in turn from one measurement to the next. It shares nothing with the
 * engine of the run on show, whose numbers stay what they are.
 */
import type { MethodId } from './methods.ts';
import { onDeviceLost, onGpuError, startBackend } from '../tensor/backend.ts';
import { Exclusive } from '../experiment/event-loop.ts';
import type { Experiment } from './experiment.ts';
import { allFinite } from '../experiment/divergence.ts';
import type { BackendId } from './engine/protocol.ts';
import { figuresOf, meansOver } from './seed-means.ts';
import type { SeedRow, SeedsEngine, SeedsEvent, SeedsJob, SeedsPoint, ShownRow } from './seeds-protocol.ts';
import { Together, trainsTogether } from './batched-trainer.ts';
import { Trainee } from './headless-run.ts';

const TELL_EVERY_MS = 250;
/** In turn: about so long nobody else is asked. */
const TURN_SECONDS = 0.1;
const MOST_STEPS_A_TURN = 50;

type Tell = (event: SeedsEvent) => unknown;

/** What it needs from outside; tests put their own in place. */
export interface SeedRunsParts {
  startBackend: (backend: BackendId) => Promise<unknown>;
  /** A run of a method, with the seed of its experiment. */
  create: (experiment: Experiment, method: MethodId) => Trainee;
}

export class SeedRuns implements SeedsEngine {
  readonly #lock = new Exclusive();
  /** Grows with every command, so that the work for those before it ends. */
  #command = 0;
  #started: Promise<unknown> | null = null;
  #group: { key: string; seeds: SeedGroup } | null = null;
  readonly #parts: SeedRunsParts;
  readonly #stopListening: () => void;

  constructor(parts: Partial<SeedRunsParts> = {}) {
    const create = (experiment: Experiment, method: MethodId) => new Trainee(experiment, method);
    this.#parts = { startBackend, create, ...parts };
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

  async rest(): Promise<void> {
    this.#command++;
  }

  /** Lets go of everything. */
  async dispose(): Promise<void> {
    await this.rest();
    this.#stopListening();
    await this.#lock.run(() => this.#group?.seeds.dispose());
  }

  async #train(job: SeedsJob, tell: Tell, goesOn: () => boolean): Promise<boolean> {
    if (!goesOn()) return false;
    const seeds = await this.#groupOf(job);
    const target = job.shown.at(-1)?.step ?? 0;
    let told = Number.NEGATIVE_INFINITY;
    const tellAndGoOn = () => {
      const now = performance.now();
      if (now - told > TELL_EVERY_MS) {
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
    this.#started ??= this.#parts.startBackend(backend);
    await this.#started;
    const { budget: _budget, methods: _methods, race: _race, ...same } = experiment;
    const key = JSON.stringify([same, method, seeds]);
    if (this.#group?.key === key) return this.#group.seeds;
    this.#group?.seeds.dispose();
    const trainees = seeds.map((seed) => [seed, this.#parts.create({ ...experiment, seed }, method)] as const);
    this.#group = { key, seeds: new SeedGroup(new Map(trainees)) };
    return this.#group.seeds;
  }
}

class SeedGroup {
  /** Those that are finite, by seed. */
  readonly #trainees: Map<number, Trainee>;
  #together: Together | null = null;

  constructor(trainees: Map<number, Trainee>) {
    this.#trainees = trainees;
  }

  get count(): number {
    return this.#trainees.size;
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
  async trainTo(target: number, goesOn: () => boolean, tell: Tell): Promise<boolean> {
    while (this.#all.some(({ step }) => step < target)) {
      try {
        if (trainsTogether(this.count)) await this.#takeTogether(target, goesOn);
        else for (const trainee of this.#all) await this.#takeTurns(trainee, target, goesOn);
      } catch (error) {
        if (!this.#lose(tell)) throw error;
        continue;
      }
      if (!goesOn()) return this.#all.every(({ step }) => step >= target);
    }
    return true;
  }

  async measure({ step, values }: ShownRow, tell: Tell): Promise<SeedsPoint> {
    const others: SeedRow[] = [];
    for (const [seed, trainee] of this.#trainees) {
      const { samples, metrics } = await trainee.measure();
      if (allFinite(samples)) others.push({ seed, metrics, losses: { ...trainee.losses } });
      else this.#leaveOut(seed, { quantity: 'samples', step }, tell);
    }
    const rows = others.map(({ metrics, losses }) => ({ ...losses, ...figuresOf(metrics) }));
    return { step, others, means: meansOver<string>([values, ...rows]) };
  }

  dispose(): void {
    this.#together?.clear();
    for (const trainee of this.#all) trainee.dispose();
    this.#trainees.clear();
  }

  get #all(): Trainee[] {
    return [...this.#trainees.values()];
  }

  async #takeTogether(target: number, goesOn: () => boolean): Promise<void> {
    this.#together ??= new Together(this.#all);
    await this.#together.trainTo(target, goesOn);
  }

  async #takeTurns(trainee: Trainee, target: number, goesOn: () => boolean): Promise<void> {
    while (trainee.step < target && goesOn()) {
      const aStep = trainee.step > 0 ? trainee.seconds / trainee.step : TURN_SECONDS;
      const count = Math.min(MOST_STEPS_A_TURN, Math.max(1, Math.floor(TURN_SECONDS / aStep)));
      await trainee.trainTo(Math.min(target, trainee.step + count));
    }
  }

  /** Leaves out those that are not finite any more. Returns whether there are any. */
  #lose(tell: Tell): boolean {
    const lost = [...this.#trainees].flatMap(([seed, { divergence }]) => (divergence ? [{ seed, divergence }] : []));
    for (const { seed, divergence } of lost) this.#leaveOut(seed, divergence, tell);
    return lost.length > 0;
  }

  #leaveOut(seed: number, divergence: { quantity: string; step: number }, tell: Tell): void {
    // A batch is recorded for all that are in it.
    this.#together?.clear();
    this.#together = null;
    this.#trainees.get(seed)?.dispose();
    this.#trainees.delete(seed);
    tell({ type: 'lost', lost: { seed, ...divergence } });
  }
}
