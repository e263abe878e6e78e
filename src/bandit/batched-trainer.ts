/** Trains several runs of one method as a batch on WebGPU, where one step of all takes the dispatches of one run. */
import { AdaptiveSubmissionSize } from '../experiment/adaptive-submission-size.ts';
import { BatchedSteps } from '../experiment/batched-steps.ts';
import { nextTask } from '../experiment/event-loop.ts';
import { explainBatchedOutOfMemory } from '../experiment/out-of-memory.ts';
import type { StepReport } from '../experiment/webgpu-step-runner.ts';
import { runningGpu } from '../tensor/engine.ts';
import type { HeadlessRun } from './headless-run.ts';

/** Whether this number of runs is trained as a batch on the running backend. */
export function canBatch(count: number): boolean {
  return runningGpu() !== null && count > 1;
}

export class BatchedTrainer {
  readonly #runs: readonly HeadlessRun[];
  readonly #steps: BatchedSteps;
  readonly #size = new AdaptiveSubmissionSize();

  constructor(runs: readonly HeadlessRun[]) {
    this.#runs = runs;
    this.#steps = new BatchedSteps(runs.map(({ agent }) => agent));
  }

  /** Dispatches of a step of all runs; null before the first step. */
  get dispatches(): number | null {
    return this.#steps.dispatches;
  }

  /** The step of all runs. */
  get step(): number {
    return this.#runs[0]?.step ?? 0;
  }

  /**
   * Trains all runs to a step. Each gets the same numbers as if it were trained by itself.
   * @param onStep is called with the step after each submission, and returns whether to continue
   * @throws Error that names the first quantity that was not finite, and its step, once nothing is pending; Error if the
   *   runs differ in more than seeds and live settings; Error that says how many runs would fit in memory.
   */
  async trainTo(target: number, onStep: (step: number) => boolean = () => true): Promise<void> {
    let began = performance.now();
    let running = true;
    const record = (reports: readonly (readonly StepReport[])[]) => {
      const now = performance.now();
      const seconds = (now - began) / 1000 / this.#runs.length;
      began = now;
      reports.forEach((own, index) => this.#runs[index]?.recordReports(own, seconds));
      if (this.#runs.some(({ divergence }) => divergence !== null)) running = false;
    };
    // The first step is recorded and compiled, so nothing can be queued after it.
    if (this.dispatches === null && this.step < target) {
      try {
        record(await this.#steps.run(1));
      } catch (error) {
        throw explainBatchedOutOfMemory(error, this.#runs.length);
      }
    }
    let previous: Promise<StepReport[][]> = Promise.resolve([]);
    while (running && this.step < target) {
      // The next steps are queued while the GPU works on the last.
      const first = this.step;
      const submitted = this.#steps.run(Math.min(this.#size.steps, target - first));
      const timed = this.#size.time(this.step - first, submitted);
      record(await previous);
      previous = timed;
      if (!onStep(this.step)) running = false;
      await nextTask();
    }
    record(await previous);
    for (const run of this.#runs) run.assertFinite();
  }

  /** Drops the recorded step. */
  clear(): void {
    this.#steps.clear();
  }
}

/**
 * Trains all runs to a step, once, as `BatchedTrainer.trainTo` does.
 * @returns dispatches of a step of all runs
 */
export async function trainBatched(
  runs: readonly HeadlessRun[],
  target: number,
  onStep: (step: number) => void = () => undefined,
): Promise<number> {
  const trainer = new BatchedTrainer(runs);
  try {
    await trainer.trainTo(target, (step) => {
      onStep(step);
      return true;
    });
    return trainer.dispatches ?? 0;
  } finally {
    trainer.clear();
  }
}
