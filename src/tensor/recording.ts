/**
 * A gradient step that is captured once and replayed without tfjs: the list of its dispatches and their buffers, like a
 * CUDA graph in PyTorch.
 *
 * A step can be recorded if it reads nothing back, draws its numbers on the GPU (stream-draws.ts), updates variables in
 * place, and gets numbers that change from step to step through step-input.ts.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { bufferOf, isLiveOut, captureStep, releaseStep, webgpu, type CapturedStep } from './step-capture.ts';
import { compileCommands, MAX_REPLAY, Replay } from './replay.ts';
import { scheduleDispatches, fusionLimits } from './webgpu/dispatch-scheduler.ts';

export class Recording {
  /** Names of the scalars that the step reports: the columns of what `submit` returns. */
  readonly metrics: readonly string[];
  /** Resolves when the fused dispatches are compiled. Until then the step is replayed as it was captured. */
  readonly ready: Promise<void>;
  readonly #captured: CapturedStep;
  readonly #replay: Replay;
  readonly #queue: GPUQueue;
  #disposed = false;

  /**
   * Runs and captures a step.
   * @param step returns its scalars by name; they are disposed here
   * @throws Error if the step reads or copies tensors.
   */
  static of(step: () => Record<string, Tensor>): { recording: Recording; metrics: Tensor1D } {
    const captured = captureStep(step);
    return { recording: new Recording(captured), metrics: captured.packed };
  }

  private constructor(captured: CapturedStep) {
    const { gpu } = webgpu();
    const { device } = gpu;
    this.#captured = captured;
    this.#queue = device.queue;
    this.metrics = captured.metrics;
    this.#replay = new Replay(gpu, captured.commands, {
      inputs: bufferOf(gpu, captured.inputTensor),
      inputCount: captured.inputs.length,
      metrics: bufferOf(gpu, captured.packed),
      metricCount: captured.metrics.length,
    });
    const fused = scheduleDispatches(captured.commands, isLiveOut, fusionLimits(device));
    this.ready = compileCommands(device, fused).then((commands) => {
      this.#replay.commands = commands;
    });
  }

  /** Dispatches of one step. */
  get dispatches(): number {
    return this.#replay.commands.length;
  }

  /**
   * Queues `count` more steps in one submission.
   * @param prepare called before each step's inputs are read
   * @returns the steps' metrics [count, metrics], once they have run
   * @throws RangeError for more than MAX_REPLAY steps, or more than one if the host provides whole tensors; Error while
   *   two submissions are in flight.
   */
  submit(count: number, prepare: (step: number) => void): Promise<Float32Array> {
    const { uploads, inputs } = this.#captured;
    const most = uploads.length > 0 ? 1 : MAX_REPLAY;
    if (count < 1 || count > most) throw new RangeError(`A submission takes 1 to ${most} steps, not ${count}.`);
    return this.#replay.submit(count, (step, values, first) => {
      prepare(step);
      for (let slot = 0; slot < inputs.length; slot++) values[first + slot] = (inputs[slot] as () => number)();
      for (const { values: read, buffer } of uploads) {
        this.#queue.writeBuffer(buffer, 0, read() as Float32Array<ArrayBuffer>);
      }
    });
  }

  /** Releases the buffers. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#replay.dispose();
    releaseStep(this.#captured);
  }
}
