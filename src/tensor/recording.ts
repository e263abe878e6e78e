/**
 * A gradient step recorded once and run again without tfjs: the list of its dispatches, with the buffers that they
 * work on. What CUDA graphs are to PyTorch.
 *
 * A step can be recorded if it reads nothing back and draws its numbers on the GPU (stream-draws.ts); what varies from
 * step to step comes from step-input.ts, and variables are updated in place.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { bufferOf, isLiveOut, captureStep, releaseStep, webgpu, type CapturedStep } from './step-capture.ts';
import { compileCommands, MAX_REPLAY, Replay } from './replay.ts';
import { scheduleDispatches, fusionLimits } from './webgpu/dispatch-scheduler.ts';

export class Recording {
  /** Names of the scalars that the step reports: the columns of what `submit` returns. */
  readonly metrics: readonly string[];
  /** Resolves when the step is ready to be run again in as few dispatches as it takes. */
  readonly ready: Promise<void>;
  readonly #note: CapturedStep;
  readonly #replay: Replay;
  readonly #queue: GPUQueue;
  #disposed = false;

  /**
   * Runs a step once, and notes how.
   * @param step returns its scalars by name; they are disposed here
   * @throws Error if the step reads or copies tensors.
   */
  static of(step: () => Record<string, Tensor>): { recording: Recording; metrics: Tensor1D } {
    const note = captureStep(step);
    return { recording: new Recording(note), metrics: note.packed };
  }

  private constructor(note: CapturedStep) {
    const { gpu } = webgpu();
    const { device } = gpu;
    this.#note = note;
    this.#queue = device.queue;
    this.metrics = note.metrics;
    this.#replay = new Replay(gpu, note.commands, {
      inputs: bufferOf(gpu, note.inputTensor),
      inputCount: note.inputs.length,
      metrics: bufferOf(gpu, note.packed),
      metricCount: note.metrics.length,
    });
    const steps = scheduleDispatches(note.commands, isLiveOut, fusionLimits(device));
    this.ready = compileCommands(device, steps).then((commands) => {
      this.#replay.commands = commands;
    });
  }

  /** Dispatches of one step. */
  get dispatches(): number {
    return this.#replay.commands.length;
  }

  /**
   * Queues `count` more steps in one submission.
   * @param prepare called before each, so that the varying numbers are those of that step
   * @returns their metrics [count, metrics], once they have run
   * @throws RangeError for more than MAX_REPLAY steps, or more than one where the host gives whole tensors; Error while
   *   two submissions are under way.
   */
  submit(count: number, prepare: (step: number) => void): Promise<Float32Array> {
    const { uploads, inputs: varying } = this.#note;
    const most = uploads.length > 0 ? 1 : MAX_REPLAY;
    if (count < 1 || count > most) throw new RangeError(`A submission takes 1 to ${most} steps, not ${count}.`);
    return this.#replay.submit(count, (step, given, first) => {
      prepare(step);
      for (let slot = 0; slot < varying.length; slot++) given[first + slot] = (varying[slot] as () => number)();
      for (const { values, buffer } of uploads) {
        this.#queue.writeBuffer(buffer, 0, values() as Float32Array<ArrayBuffer>);
      }
    });
  }

  /** Gives the buffers back. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#replay.dispose();
    releaseStep(this.#note);
  }
}
