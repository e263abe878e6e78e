/**
 * Trains the methods of one experiment on the same data, one step of one method at a time. It decides which method steps
 * or is evaluated next, and works in slices that the engine asks for.
 */
import { allFinite, type Divergence } from '../../experiment/divergence.ts';
import { WebGpuStepRunner } from '../../experiment/webgpu-step-runner.ts';
import { compileAhead } from '../../tensor/compile-ahead.ts';
import { readVariables } from '../../tensor/variables.ts';
import type { Experiment } from '../experiment.ts';
import { METHODS, type MethodId } from '../methods.ts';
import type { createAlgorithm } from '../registry.ts';
import type { FrameQueue } from './frame-queue.ts';
import { policyVariables, type MethodRun } from './method-run.ts';
import type { MethodFrame, Speed } from './protocol.ts';
import { RaceMethods } from './race-methods.ts';
import { nextToStep, raceDistance, SamplingBudget, SpeedLimit } from './schedule.ts';
import { Submissions, type CompletedSubmission } from './submissions.ts';

/** Length of a slice, after which messages are handled. */
const SLICE_MS = 30;
/** How long a race at its limit waits before it checks the limit again. */
const LIMIT_WAIT_MS = 4;
/** Steps after which losses are read. */
const UNREAD_STEPS = 50;
/** Largest part of the time for storing finite states. */
const STORE_SHARE = 0.02;

type SliceOutcome =
  | { kind: 'busy'; waitMs: number }
  /** Every method has reached its target or the budget. */
  | { kind: 'ran-out' }
  | { kind: 'diverged'; run: MethodRun; divergence: Divergence }
  /** Not training, and every frame is up to date. */
  | { kind: 'idle' };

export class BanditRace {
  readonly methods: RaceMethods;
  running = false;
  budget: number;
  /** See `ShardEngine.setLimit`. */
  limit: number | null = null;
  elapsedSeconds = 0;
  readonly #race: Experiment['race'];
  readonly #speedLimit = new SpeedLimit();
  readonly #samplingBudget = new SamplingBudget();
  readonly #submissions = new Submissions();
  #compiled: Promise<void> | null = null;
  #stored = { at: Number.NEGATIVE_INFINITY, costMs: 0 };

  constructor(experiment: Experiment, create: typeof createAlgorithm) {
    this.#race = experiment.race;
    this.budget = experiment.budget;
    this.methods = new RaceMethods(experiment, create);
  }

  get runs(): ReadonlyMap<MethodId, MethodRun> {
    return this.methods.runs;
  }

  /** On WebGPU: has the shaders of all methods' steps compiled. The first step waits for them. */
  compileAhead(onProgress: (done: number, total: number) => void): void {
    const steps = [...this.runs.values()].flatMap(({ recorded }) =>
      recorded instanceof WebGpuStepRunner ? [() => recorded.dryRun()] : [],
    );
    // A shader that does not compile is reported as a GPU error; a lost device as a loss.
    if (steps.length > 0) this.#compiled = compileAhead(steps, onProgress).catch(() => undefined);
  }

  setSpeed(speed: Speed): void {
    this.#speedLimit.set(speed);
  }

  /** Trains every method by `steps` from where it is, or to the budget. */
  start(steps: number): void {
    for (const run of this.runs.values()) {
      run.target = run.step + steps;
      if (run.evaluated.step < 0) run.stale = true;
    }
    this.#speedLimit.restart();
    this.#samplingBudget.start(performance.now());
    this.running = true;
  }

  /** Whether a method has not reached its budget. */
  hasWork(): boolean {
    return [...this.runs.values()].some((run) => run.step < this.budget);
  }

  /** The progress of the slowest method, in steps or seconds; null if none has steps left. */
  slowest(): number | null {
    const run = nextToStep(this.runs.values(), this.#race, this.budget);
    return run && raceDistance(run, this.#race);
  }

  markStale(methods?: readonly MethodId[]): void {
    for (const run of this.runs.values()) if (!methods || methods.includes(run.method)) run.stale = true;
  }

  /** Works for about `SLICE_MS`: takes steps if running, evaluates, and posts frames to the queue. */
  async slice(frames: FrameQueue): Promise<SliceOutcome> {
    const began = performance.now();
    const wasRunning = this.running;
    try {
      const outcome = await this.#work(frames, began);
      // Nothing is pending between two slices, so a command may change anything.
      return this.#settle(await this.#submissions.drain()) ?? outcome;
    } finally {
      if (wasRunning) this.elapsedSeconds += (performance.now() - began) / 1000;
    }
  }

  /** Continues a race whose device was lost, from its last finite states. Returns the smallest of their steps. */
  resume(lost: BanditRace): number {
    this.elapsedSeconds = lost.elapsedSeconds;
    this.budget = lost.budget;
    const step = this.methods.restoreFrom(lost.methods);
    this.#samplingBudget.start(performance.now());
    return step;
  }

  #nextToEvaluate(frames: FrameQueue, now: number): MethodRun | null {
    const waiting = (run: MethodRun) => frames.has(run.method);
    if (this.running) return this.#samplingBudget.next(this.runs.values(), now, waiting);
    for (const run of this.runs.values()) if (run.stale && !run.divergence) return run;
    return null;
  }

  #isAtLimit(run: MethodRun): boolean {
    return this.limit !== null && raceDistance(run, this.#race) >= this.limit;
  }

  async #work(frames: FrameQueue, began: number): Promise<SliceOutcome> {
    do {
      const now = performance.now();
      const stale = this.#nextToEvaluate(frames, now);
      if (stale) {
        const ended = this.#settle(await this.#submissions.drain());
        if (ended) return ended;
        const divergence = await this.#evaluate(stale, frames);
        if (divergence) return this.#diverged(stale, divergence);
        continue;
      }
      if (!this.running) return { kind: 'idle' };
      const run = nextToStep(this.runs.values(), this.#race, this.budget);
      if (!run) return { kind: 'ran-out' };
      const waitMs = this.#isAtLimit(run) ? LIMIT_WAIT_MS : Math.min(this.#speedLimit.wait(run, now), SLICE_MS);
      if (waitMs > 0) {
        this.#samplingBudget.idle(waitMs / 1000);
        return { kind: 'busy', waitMs };
      }
      const ended = this.#settle(await this.#turn(run));
      if (ended) return ended;
    } while (performance.now() - began < SLICE_MS);
    return { kind: 'busy', waitMs: 0 };
  }

  /** One step of a method; on WebGPU a submission of several steps, which returns the submission before. */
  async #turn(run: MethodRun): Promise<CompletedSubmission | null> {
    await this.#compiled;
    const { recorded } = run;
    const first = run.step;
    if (recorded?.submitsTogether) {
      const limit = this.#race === 'steps' ? this.limit : null;
      const left = Math.min(this.budget, run.target, Math.ceil(limit ?? run.target)) - first;
      return this.#submissions.queue(run, recorded, this.#speedLimit.isSet ? 1 : left);
    }
    const began = performance.now();
    let divergence: Divergence | null = null;
    if (recorded) {
      divergence = await run.trainRecorded(recorded, 1);
    } else {
      run.train(this.methods.task.batch(first, run.batchSize), this.methods.draws.at(first));
      if (run.unread >= UNREAD_STEPS) divergence = await run.readLosses();
    }
    return { run, steps: run.step - first, milliseconds: performance.now() - began, divergence };
  }

  /** Accounts for trained steps. Returns the outcome if they end the slice. */
  #settle(done: CompletedSubmission | null): SliceOutcome | null {
    if (!done) return null;
    const { run, steps, milliseconds, divergence } = done;
    run.addTime(milliseconds / 1000, steps);
    this.#samplingBudget.train(milliseconds / 1000);
    return divergence && this.#diverged(run, divergence);
  }

  /** Evaluates a method: posts its frame, stores a snapshot, and checks that everything is finite. */
  async #evaluate(run: MethodRun, frames: FrameQueue): Promise<Divergence | null> {
    const divergence = await run.readLosses();
    if (divergence) return divergence;
    const began = performance.now();
    const { step, seconds, stepsPerSecond, losses, method } = run;
    run.stale = false;
    const { samples, metrics, q } = await this.methods.evaluator.evaluate(run.algorithm);
    if (!allFinite(samples)) return (await run.storeFiniteState()) ?? { quantity: 'samples', step };
    if (run.snapshots.accepts(step)) {
      const policy = policyVariables(method, run.algorithm);
      const weights = METHODS[method].isDiffusion ? await readVariables(policy) : null;
      run.snapshots.add({ step, seconds, samples: samples.slice(), metrics, losses, q: q?.slice() ?? null, weights });
    }
    const frame: MethodFrame = { method, step, shipped: false, seconds, stepsPerSecond, samples, metrics, losses, q };
    frames.post(frame, this.elapsedSeconds);
    const found = await this.#storeState(run);
    const now = performance.now();
    const cost = (now - began) / 1000;
    run.evaluated = { step, at: now, cost: run.evaluated.cost > 0 ? (run.evaluated.cost + cost) / 2 : cost };
    this.#samplingBudget.spend(cost);
    return found;
  }

  /** Stores a finite state, unless the last one is too recent for the cost. */
  async #storeState(run: MethodRun): Promise<Divergence | null> {
    const newest = run.finiteStates.at(-1);
    const began = performance.now();
    if (newest && this.running && began - this.#stored.at < this.#stored.costMs / STORE_SHARE) return null;
    const divergence = await run.storeFiniteState();
    const now = performance.now();
    this.#stored = { at: now, costMs: now - began };
    return divergence;
  }

  #diverged(run: MethodRun, divergence: Divergence): SliceOutcome {
    this.running = false;
    run.divergence = divergence;
    return { kind: 'diverged', run, divergence };
  }
}
