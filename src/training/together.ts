/** Trainees of one method that are trained as one batch of agents where there is a GPU: by the dispatches of one. */
import { MAX_REPLAY } from '../tensor/replay.ts';
import { BatchedSteps } from './batched-steps.ts';
import { nextTask } from './event-loop.ts';
import type { StepReport } from './recorded-steps.ts';
import type { Trainee } from './trainee.ts';

/**
 * Trains all of them to a step on WebGPU, where each gets the numbers that it gets alone.
 * @param onStep is told how far they have come, after each submission
 * @returns dispatches of a step of all
 * @throws Error that names the first quantity that was not finite, and its step; Error if they are not alike but for
 *   their seeds and for settings that vary from step to step.
 */
export async function trainTogether(
  trainees: readonly Trainee[],
  target: number,
  onStep: (step: number) => void = () => undefined,
): Promise<number> {
  const steps = new BatchedSteps(trainees.map(({ agent }) => agent));
  let began = performance.now();
  const hear = (reports: readonly (readonly StepReport[])[]) => {
    const now = performance.now();
    const share = (now - began) / 1000 / trainees.length;
    began = now;
    reports.forEach((own, index) => trainees[index]?.heard(own, share));
  };
  try {
    // The first is recorded, and compiled: nothing can be queued behind it.
    if (target > (trainees[0]?.step ?? target)) hear(await steps.take(1));
    let behind: Promise<StepReport[][]> = Promise.resolve([]);
    const reached = () => trainees[0]?.step ?? target;
    while (reached() < target) {
      // The next steps are queued while the GPU is busy with the last.
      const taking = steps.take(Math.min(MAX_REPLAY, target - reached()));
      hear(await behind);
      behind = taking;
      onStep(reached());
      await nextTask();
    }
    hear(await behind);
    return steps.dispatches ?? 0;
  } finally {
    steps.clear();
  }
}
