/** The methods of a race: their runs on the same data, their snapshots and weights, and how they are restored. */
import type { Algorithm } from '../../algorithms/algorithm.ts';
import { createStepRunner } from '../../experiment/step-runner.ts';
import type { Draws } from '../../tensor/draws.ts';
import { StreamDraws } from '../../tensor/stream-draws.ts';
import { writeVariables } from '../../tensor/variables.ts';
import { BanditEvaluator } from '../evaluation.ts';
import { methodSettings, type Experiment } from '../experiment.ts';
import { METHODS, type MethodId } from '../methods.ts';
import type { createAlgorithm } from '../registry.ts';
import { BANDIT_WIDTHS, BanditTask } from '../task.ts';
import { exportWeights, readWeights, writeWeights } from '../weights.ts';
import { MethodRun, policyVariables } from './method-run.ts';
import type { LiveSettings } from './protocol.ts';
import type { MethodSnapshot } from './snapshots.ts';

export class RaceMethods {
  readonly task: BanditTask;
  readonly evaluator: BanditEvaluator;
  readonly draws: StreamDraws;
  readonly runs = new Map<MethodId, MethodRun>();
  readonly #experiment: Experiment;
  readonly #create: typeof createAlgorithm;
  /** Algorithms into which the weights of snapshots are written. */
  readonly #scratch = new Map<MethodId, Algorithm>();

  constructor(experiment: Experiment, create: typeof createAlgorithm) {
    this.#experiment = structuredClone(experiment);
    this.#create = create;
    this.task = new BanditTask(experiment.data, experiment.seed);
    this.evaluator = new BanditEvaluator(this.task);
    this.draws = new StreamDraws(experiment.seed);
    for (const method of experiment.methods) this.add(method);
  }

  /** A method from step 0. */
  add(method: MethodId): MethodRun {
    const run = this.#start(method, this.#build(method));
    this.runs.set(method, run);
    return run;
  }

  /** @throws Error if the method is not part of the experiment. */
  run(method: MethodId): MethodRun {
    const run = this.runs.get(method);
    if (!run) throw new Error(`${METHODS[method].name} is not part of this experiment.`);
    return run;
  }

  /** Adds and drops methods, in the order given. Returns the added ones. */
  setMethods(methods: readonly MethodId[]): MethodId[] {
    const before = new Map(this.runs);
    this.runs.clear();
    for (const method of methods) {
      const run = before.get(method);
      if (run) this.runs.set(method, run);
      else this.add(method);
    }
    for (const run of before.values()) if (!this.runs.has(run.method)) this.#drop(run);
    return methods.filter((method) => !before.has(method));
  }

  configure(settings: LiveSettings): void {
    this.#experiment.settings = { ...this.#experiment.settings, ...settings };
    for (const run of this.runs.values()) run.algorithm.configure(settings);
    for (const algorithm of this.#scratch.values()) algorithm.configure(settings);
  }

  /** The snapshot of a method at or before a step. */
  snapshotAt(method: MethodId, step: number): MethodSnapshot {
    const snapshot = this.run(method).snapshots.at(step);
    if (!snapshot) throw new Error(`There is no snapshot of ${METHODS[method].name} at or before step ${step}.`);
    return snapshot;
  }

  /** A copy of the policy at a snapshot. It belongs to the race, and the next call overwrites it. */
  scratchAt(method: MethodId, step: number): Algorithm {
    const snapshot = this.snapshotAt(method, step);
    if (!snapshot.weights) throw new Error(`${METHODS[method].name} has no reverse process.`);
    let scratch = this.#scratch.get(method);
    if (!scratch) {
      scratch = this.#build(method);
      this.#scratch.set(method, scratch);
    }
    writeVariables(policyVariables(method, scratch), snapshot.weights);
    scratch.step = snapshot.step;
    return scratch;
  }

  /** @param whole what differs from the race in the whole experiment, which several races may train. */
  weights(method: MethodId, whole: Pick<Experiment, 'methods' | 'budget'>): Promise<Uint8Array> {
    const experiment = { ...this.#experiment, ...whole };
    return exportWeights(this.run(method).algorithm, { experiment, method });
  }

  /**
   * Continues from saved weights, at their step, with fresh optimisers.
   * @throws Error that names the tensor, its expected and its found shape; nothing is changed.
   */
  async importWeights(method: MethodId, bytes: Uint8Array): Promise<void> {
    const old = this.run(method);
    const weights = readWeights(bytes, method);
    const algorithm = this.#build(method);
    try {
      await writeWeights(algorithm, weights);
    } catch (error) {
      algorithm.dispose();
      throw error;
    }
    algorithm.step = weights.step;
    this.#drop(old);
    const run = this.#start(method, algorithm);
    run.target = old.target;
    this.runs.set(method, run);
    await run.storeFiniteState();
  }

  /** A method that diverged and was not rolled back yet. */
  diverged(): MethodRun | undefined {
    return [...this.runs.values()].find((run) => run.divergence !== null);
  }

  /** Restores the last finite state of every method that diverged, and the one before if it diverges again. */
  rollback(): void {
    for (const run of this.runs.values()) {
      if (!run.divergence) continue;
      const state = run.finiteStates.at(-1);
      if (!state) {
        this.#replace(run);
        continue;
      }
      run.restore(state);
      if (run.finiteStates.length > 1) run.finiteStates.pop();
    }
  }

  /** Copies the runs of a race whose device was lost, at their last finite states. Returns the smallest of their steps. */
  restoreFrom(lost: RaceMethods): number {
    for (const old of lost.runs.values()) {
      const run = this.runs.get(old.method) ?? this.add(old.method);
      run.target = old.target;
      for (const snapshot of old.snapshots.all()) run.snapshots.add(snapshot);
      run.finiteStates = old.finiteStates;
      const state = old.finiteStates.at(-1);
      if (state) run.restore(state);
      else run.snapshots.truncate(-1);
    }
    return Math.min(...[...this.runs.values()].map((run) => run.step));
  }

  dispose(): void {
    for (const run of this.runs.values()) this.#drop(run);
    this.runs.clear();
    this.evaluator.dispose();
    this.task.dispose();
  }

  /** Restarts a method from step 0. */
  #replace(run: MethodRun): void {
    this.#drop(run);
    this.add(run.method);
  }

  #drop(run: MethodRun): void {
    run.dispose();
    this.#scratch.get(run.method)?.dispose();
    this.#scratch.delete(run.method);
  }

  #start(method: MethodId, algorithm: Algorithm): MethodRun {
    const { batchSize } = this.#settings(method);
    const batch = (draws: Draws) => this.task.drawBatch(draws, batchSize);
    return new MethodRun(method, algorithm, batchSize, createStepRunner(algorithm, this.draws, batch));
  }

  #build(method: MethodId): Algorithm {
    return this.#create(method, this.#settings(method), BANDIT_WIDTHS, this.#experiment.seed);
  }

  #settings(method: MethodId) {
    return methodSettings(this.#experiment, method);
  }
}
