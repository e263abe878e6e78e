/**
 * The trainer of a locomotion run. On WebGPU and wasm steps are recorded; on cpu they run eagerly. All random numbers come
 * from named streams, so that a run resumes from its step alone.
 */
import { dispose } from '@tensorflow/tfjs-core';
import type { Algorithm, StepMetrics } from '../algorithms/algorithm.ts';
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import type { NamedTensor } from '../networks/network.ts';
import { onGpuError } from '../tensor/backend.ts';
import { compileAhead } from '../tensor/compile-ahead.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { explainOutOfMemory } from '../experiment/out-of-memory.ts';
import { WebGpuStepRunner, type StepReport, type StepRunner } from '../experiment/webgpu-step-runner.ts';
import type { Divergence } from '../experiment/divergence.ts';
import { actingRoles } from './checkpoint-file.ts';
import { createStepRunner } from '../experiment/step-runner.ts';
import { AdaptiveSubmissionSize } from '../experiment/adaptive-submission-size.ts';
import { checkDataset, TransitionData, type Dataset } from './data.ts';
import type { DatasetIdentity } from './dataset-identity.ts';
import { locomotionSettings, type LocomotionExperiment } from './experiment.ts';
import { LOCOMOTION_METHODS } from './methods.ts';
import { plainPolicy, type Acting } from './policy.ts';
import { divergenceHints } from './divergence-hints.ts';
import { createLocomotion } from './registry.ts';
import { liveLocomotionSettings, type LocomotionSettings } from './settings.ts';

/** "1,940", or "6.75e+5" for large numbers. */
function rounded(value: number): string {
  return Math.abs(value) < 1e5 ? value.toLocaleString('en-US', { maximumSignificantDigits: 3 }) : value.toPrecision(3);
}

/** Mean of each loss over some steps. */
export interface LossMeans {
  /** The last of those steps. */
  step: number;
  steps: number;
  means: Record<string, number>;
}

export class LocomotionTrainer {
  readonly experiment: LocomotionExperiment;
  readonly algorithm: Algorithm;
  readonly data: TransitionData;
  readonly dataset: DatasetIdentity;
  /** Seconds spent training. */
  seconds = 0;
  /** The loss that is not finite and stopped the run, or null. */
  divergence: Divergence | null = null;
  /** The latest losses. */
  losses: Record<string, number> = {};
  readonly #draws: StreamDraws;
  readonly #recorded: StepRunner | null;
  readonly #submissionSize = new AdaptiveSubmissionSize();
  readonly #batchSize: number;
  readonly #stopListening: () => void;
  #gpuError: string | null = null;
  #settings: LocomotionSettings;
  #sums: Record<string, { sum: number; steps: number }> = {};
  #summed = 0;

  /** @throws Error if the dataset has another body or width, or no transition. */
  constructor(experiment: LocomotionExperiment, { trajectories, takenOver = false, ...identity }: Dataset) {
    const settings = locomotionSettings(experiment);
    const { task, method, seed } = experiment;
    checkDataset({ ...identity, trajectories }, task);
    const { rewards, normalizeStates, batchSize } = settings;
    this.experiment = experiment;
    this.dataset = identity;
    this.#settings = settings;
    this.#batchSize = batchSize;
    this.data = new TransitionData(trajectories, { seed, rewards, normalizeStates, takenOver });
    this.algorithm = createLocomotion(method, settings, this.data.widths, seed);
    this.#draws = new StreamDraws(seed);
    this.#recorded = createStepRunner(this.algorithm, this.#draws, (draws) => this.data.drawBatch(draws, batchSize));
    if (this.#recorded) this.data.move();
    this.#stopListening = onGpuError((message) => (this.#gpuError ??= message));
  }

  get step(): number {
    return this.algorithm.step;
  }

  get settings(): Readonly<LocomotionSettings> {
    return this.#settings;
  }

  /**
   * On WebGPU: compiles the shaders of a step in parallel; the first step would compile them in sequence. That step
   * reports errors of compilation.
   */
  async compileAhead(onProgress: (done: number, total: number) => void = () => undefined): Promise<void> {
    const recorded = this.#recorded;
    if (!(recorded instanceof WebGpuStepRunner)) return;
    await compileAhead([() => recorded.dryRun()], onProgress).catch(() => undefined);
  }

  /**
   * Takes up to `count` steps. It stops at a loss that is not finite, and sets `divergence`.
   * @throws Error that names a batch size that fits, if memory runs out; Error with an uncaptured GPU error, after which
   *   steps may be missing.
   */
  async train(count: number): Promise<void> {
    this.#assertSound();
    const end = this.step + count;
    const began = performance.now();
    try {
      if (this.#recorded) await this.#trainRecorded(this.#recorded, end);
      else while (this.step < end && !this.divergence) this.#addReport(await this.#plainStep());
    } catch (error) {
      throw explainOutOfMemory(error, LOCOMOTION_METHODS[this.experiment.method].name, this.#batchSize);
    }
    this.#assertSound();
    this.seconds += (performance.now() - began) / 1000;
  }

  /** The experiment with the current live settings, which the policy acts by. */
  get acting(): LocomotionExperiment {
    const begun = locomotionSettings(this.experiment);
    const changed = Object.entries(liveLocomotionSettings(this.#settings)).filter(
      ([key, value]) => value !== begun[key as keyof LocomotionSettings],
    );
    return { ...this.experiment, settings: { ...this.experiment.settings, ...Object.fromEntries(changed) } };
  }

  /** Returns and resets the means of the losses since the last call; null if no step was taken. */
  takeMeans(): LossMeans | null {
    if (this.#summed === 0) return null;
    const means = Object.fromEntries(Object.entries(this.#sums).map(([name, { sum, steps }]) => [name, sum / steps]));
    const taken = { step: this.step, steps: this.#summed, means };
    this.#sums = {};
    this.#summed = 0;
    return taken;
  }

  /**
   * A warning that the critic diverges, or null. No policy has a |Q| above the largest |r|/(1 − γ), so a larger target is
   * an error of the critic.
   */
  alarm(): string | null {
    const { discount } = this.#settings;
    const target = this.losses['targetQ'];
    if (!LOCOMOTION_METHODS[this.experiment.method].hasCritic || target === undefined || discount >= 1) return null;
    const bound = this.data.largestReward / (1 - discount);
    if (Math.abs(target) <= bound) return null;
    return (
      `The critic diverges: its mean target is ${rounded(target)}, and no policy can have more than ` +
      `${rounded(bound)} with these rewards. What may hold it: ${divergenceHints(this.experiment.method)}.`
    );
  }

  /** Changes live settings. */
  configure(settings: Partial<LocomotionSettings>): void {
    const live = liveLocomotionSettings(settings);
    this.#settings = { ...this.#settings, ...live };
    this.algorithm.configure({ ...live });
  }

  /** The current policy, for rollouts. */
  async policy(acting: Acting): Promise<NetworkPolicy> {
    // A live change may select other weights (`sampleWith`).
    const experiment = this.acting;
    const tensors: Record<string, NamedTensor> = {};
    for (const role of actingRoles(experiment)) {
      const network = await this.algorithm.networks[role]!.read();
      for (const [name, tensor] of Object.entries(network)) tensors[`${role}.${name}`] = tensor;
    }
    return plainPolicy(experiment, this.#settings, tensors, this.data.normalisation, acting);
  }

  dispose(): void {
    this.#stopListening();
    this.#recorded?.clear();
    this.algorithm.dispose();
    this.data.dispose();
  }

  #assertSound(): void {
    if (this.#gpuError !== null) throw new Error(`The GPU reports an error: ${this.#gpuError}`);
  }

  /** On a GPU the next steps are queued while the last ones run; elsewhere each report is read before the next step. */
  async #trainRecorded(recorded: StepRunner, end: number): Promise<void> {
    let pending: Promise<StepReport[]> = Promise.resolve([]);
    while (this.step < end && !this.divergence) {
      const first = this.step;
      const taken = recorded.run(recorded.submitsTogether ? Math.min(end - first, this.#submissionSize.steps) : 1);
      const taking = this.#submissionSize.time(this.step - first, taken);
      // On a GPU it is awaited one turn later; until then a rejection must not count as unhandled.
      taking.catch(() => undefined);
      const [awaited, next] = recorded.submitsTogether ? [pending, taking] : [taking, Promise.resolve([])];
      for (const report of await awaited) this.#addReport(report);
      pending = next;
    }
    for (const report of await pending) this.#addReport(report);
  }

  async #plainStep(): Promise<StepReport> {
    const batch = this.data.batch(this.step, this.#batchSize);
    const metrics: StepMetrics = this.algorithm.trainStep(batch, this.#draws.at(this.step));
    const entries = Object.entries(metrics).map(async ([name, scalar]): Promise<[string, number]> => {
      const [value] = await scalar.data();
      return [name, value as number];
    });
    const losses = Object.fromEntries(await Promise.all(entries));
    dispose([metrics, { ...batch }]);
    return { step: this.step, losses };
  }

  #addReport({ step, losses }: StepReport): void {
    if (this.divergence) return;
    this.losses = { ...this.losses, ...losses };
    this.#summed++;
    for (const [name, value] of Object.entries(losses)) {
      if (!Number.isFinite(value)) this.divergence ??= { quantity: name, step };
      const entry = (this.#sums[name] ??= { sum: 0, steps: 0 });
      entry.sum += value;
      entry.steps++;
    }
  }
}
