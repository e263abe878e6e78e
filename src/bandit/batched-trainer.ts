/** Trainees of one method that are trained as one batch of agents where there is a GPU: by the dispatches of one. */
import { runningGpu } from '../tensor/engine.ts';
import { BatchedSteps } from '../experiment/batched-steps.ts';
import { explainBatchedOutOfMemory } from '../experiment/out-of-memory.ts';
import { nextTask } from '../experiment/event-loop.ts';
import type { StepReport } from '../experiment/webgpu-step-runner.ts';
import { AdaptiveSubmissionSize } from '../experiment/adaptive-submission-size.ts';
import type { HeadlessRun } from './headless-run.ts';

/** Whether so many trainees of a method are one batch here. */
export function canBatch(count: number): boolean {
  return runningGpu() !== null && count > 1;
}

export class BatchedTrainer {
  readonly #trainees: readonly HeadlessRun[];
  readonly #steps: BatchedSteps;
  readonly #pace = new AdaptiveSubmissionSize();

  constructor(trainees: readonly HeadlessRun[]) {
    this.#trainees = trainees;
    this.#steps = new BatchedSteps(trainees.map(({ agent }) => agent));
  }

  /** Dispatches of a step of all; null before the first. */
  get dispatches(): number | null {
    return this.#steps.dispatches;
  }

  /** The step that all stand at. */
  get step(): number {
    return this.#trainees[0]?.step ?? 0;
  }

  /**
   * Trains all of them to a step, where each gets the numbers that it gets alone.
   * @param goesOn is told how far they have come, after each submission; false ends it there
   * @throws Error that names the first quantity that was not finite, and its step, once nothing is under way any more;
   *   Error if they are not alike but for their seeds and for settings that vary from step to step; Error that says how many
   *   would fit.
   */
  async trainTo(target: number, goesOn: (step: number) => boolean = () => true): Promise<void> {
    let began = performance.now();
    let going = true;
    const hear = (reports: readonly (readonly StepReport[])[]) => {
      const now = performance.now();
      const share = (now - began) / 1000 / this.#trainees.length;
      began = now;
      reports.forEach((own, index) => this.#trainees[index]?.recordReports(own, share));
      if (this.#trainees.some(({ divergence }) => divergence !== null)) going = false;
    };
    // The first is recorded, and compiled: nothing can be queued behind it.
    if (this.dispatches === null && this.step < target) {
      try {
        hear(await this.#steps.run(1));
      } catch (error) {
        throw explainBatchedOutOfMemory(error, this.#trainees.length);
      }
    }
    let behind: Promise<StepReport[][]> = Promise.resolve([]);
    while (going && this.step < target) {
      // The next steps are queued while the GPU is busy with the last.
      const first = this.step;
      const taken = this.#steps.run(Math.min(this.#pace.steps, target - first));
      const taking = this.#pace.time(this.step - first, taken);
      hear(await behind);
      behind = taking;
      if (!goesOn(this.step)) going = false;
      await nextTask();
    }
    hear(await behind);
    for (const trainee of this.#trainees) trainee.assertFinite();
  }

  /** Forgets the recorded step. */
  clear(): void {
    this.#steps.clear();
  }
}

/**
 * Trains all of them to a step, once. As `Together.trainTo`.
 * @returns dispatches of a step of all
 */
export async function trainBatched(
  trainees: readonly HeadlessRun[],
  target: number,
  onStep: (step: number) => void = () => undefined,
): Promise<number> {
  const together = new BatchedTrainer(trainees);
  try {
    await together.trainTo(target, (step) => {
      onStep(step);
      return true;
    });
    return together.dispatches ?? 0;
  } finally {
    together.clear();
  }
}
