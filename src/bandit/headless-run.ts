/** A run of one method without a page: trains as fast as the machine can, and is evaluated on demand. */
import { createAlgorithm } from './registry.ts';
import type { Algorithm } from '../algorithms/algorithm.ts';
import { METHODS, type MethodId } from './methods.ts';
import type { Draws } from '../tensor/draws.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { BANDIT_WIDTHS, BanditTask } from './task.ts';
import { BanditEvaluator, type BanditEvaluation } from './evaluation.ts';
import { nextTask } from '../experiment/event-loop.ts';
import { methodSettings, type Experiment } from './experiment.ts';
import { MethodRun } from './engine/method-run.ts';
import { type Divergence } from '../experiment/divergence.ts';
import type { LiveSettings } from './engine/protocol.ts';
import type { StepReport, StepRunner } from '../experiment/webgpu-step-runner.ts';
import { createStepRunner } from '../experiment/step-runner.ts';
import type { BatchedAgent } from '../experiment/batched-steps.ts';
import { exportWeights, readWeights, writeWeights, type ExportOptions } from './weights.ts';

/** Steps between two reads of the losses, which also keep a GPU from running far ahead. */
const STEPS_PER_READ = 50;

export class HeadlessRun {
  readonly method: MethodId;
  readonly #experiment: Experiment;
  readonly #task: BanditTask;
  readonly #evaluator: BanditEvaluator;
  readonly #draws: StreamDraws;
  readonly #run: MethodRun;

  /** @param samples drawn for each evaluation, at least 4; by default as many as for a frame of the page. */
  constructor(experiment: Experiment, method: MethodId, samples?: number) {
    this.method = method;
    this.#experiment = { ...experiment, methods: [method] };
    const settings = methodSettings(experiment, method);
    this.#task = new BanditTask(experiment.data, experiment.seed);
    this.#evaluator =
      samples === undefined ? new BanditEvaluator(this.#task) : new BanditEvaluator(this.#task, samples, samples);
    this.#draws = new StreamDraws(experiment.seed);
    const algorithm = createAlgorithm(method, settings, BANDIT_WIDTHS, experiment.seed);
    const batch = (draws: Draws) => this.#task.drawBatch(draws, settings.batchSize);
    this.#run = new MethodRun(method, algorithm, settings.batchSize, createStepRunner(algorithm, this.#draws, batch));
  }

  get step(): number {
    return this.#run.step;
  }

  /** Seconds spent training. */
  get seconds(): number {
    return this.#run.seconds;
  }

  get algorithm(): Algorithm {
    return this.#run.algorithm;
  }

  get losses(): Readonly<Record<string, number>> {
    return this.#run.losses;
  }

  /** The first quantity that was not finite; null if all are finite. */
  get divergence(): Divergence | null {
    return this.#run.divergence;
  }

  /** [n, 2] */
  get points(): Float32Array {
    return this.#task.points;
  }

  /**
   * Trains to a step, with the same bits as on the page.
   * @throws Error that names the first quantity that was not finite, and its step.
   */
  async trainTo(target: number): Promise<void> {
    const run = this.#run;
    if (run.recorded) return this.#trainInSubmissions(run.recorded, target);
    while (run.step < target) {
      const began = performance.now();
      const first = run.step;
      const end = Math.min(target, first + STEPS_PER_READ);
      while (run.step < end) run.train(this.#task.batch(run.step, run.batchSize), this.#draws.at(run.step));
      const divergence = await run.readLosses();
      run.addTime((performance.now() - began) / 1000, end - first);
      if (divergence) throw this.#diverged(divergence);
      await nextTask();
    }
  }

  /** The run as one of a batch of agents, which then takes its steps (batched-trainer.ts). */
  get agent(): BatchedAgent {
    const { algorithm, batchSize } = this.#run;
    return { algorithm, draws: this.#draws, batch: (draws) => this.#task.drawBatch(draws, batchSize) };
  }

  /**
   * Records steps that a batch has taken.
   * @param seconds its part of their time
   */
  recordReports(reports: readonly StepReport[], seconds: number): void {
    this.#run.addTime(seconds, reports.length);
    this.#run.divergence ??= this.#run.record(reports);
  }

  /** @throws Error that names the first quantity that was not finite, and its step. */
  assertFinite(): void {
    if (this.divergence) throw this.#diverged(this.divergence);
  }

  /** Samples and metrics, with `settings` in place of the experiment's own for this call. */
  async measure(settings: LiveSettings = {}): Promise<Omit<BanditEvaluation, 'q'>> {
    this.algorithm.configure({ ...settings });
    try {
      const samples = await this.#evaluator.sample(this.algorithm);
      return { samples, metrics: this.#evaluator.metrics(samples) };
    } finally {
      this.algorithm.configure({ ...methodSettings(this.#experiment, this.method) });
    }
  }

  weights(options?: ExportOptions): Promise<Uint8Array> {
    return exportWeights(this.algorithm, { experiment: this.#experiment, method: this.method }, options);
  }

  /** Loads saved weights in place of training. The file may hold only the policy. */
  async load(bytes: Uint8Array): Promise<void> {
    const weights = readWeights(bytes, this.method);
    await writeWeights(this.algorithm, weights, true);
    this.algorithm.step = weights.step;
  }

  /** Queues the next steps while the GPU works on the last ones, then reads the losses of those. */
  async #trainInSubmissions(recorded: StepRunner, target: number): Promise<void> {
    const run = this.#run;
    let behind: Promise<Divergence | null> = Promise.resolve(null);
    let divergence: Divergence | null = null;
    while (!divergence && run.step < target) {
      const began = performance.now();
      const first = run.step;
      const taking = run.trainRecorded(recorded, Math.min(STEPS_PER_READ, target - first));
      divergence = await behind;
      run.addTime((performance.now() - began) / 1000, run.step - first);
      behind = taking;
      await nextTask();
    }
    const began = performance.now();
    const last = await behind;
    run.addTime((performance.now() - began) / 1000, 0);
    divergence ??= last;
    if (divergence) throw this.#diverged(divergence);
  }

  #diverged(divergence: Divergence): Error {
    this.#run.divergence ??= divergence;
    const { quantity, step } = this.#run.divergence;
    return new Error(`${METHODS[this.method].name} diverged: ${quantity} is not finite at step ${step}.`);
  }

  dispose(): void {
    this.#run.dispose();
    this.#evaluator.dispose();
    this.#task.dispose();
  }
}
