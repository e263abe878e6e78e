/**
 * The same step of several agents (seeds, or values of a setting) as one recording. It has as many dispatches as for
 * one agent; each agent has its own workgroups and its own slice of each buffer. Its numbers have the same bits as in a
 * recording of one agent.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { assertRoom } from './memory.ts';
import {
  bufferOf,
  isLiveOut,
  captureStep,
  releaseStep,
  MAX_STEP_INPUTS,
  webgpu,
  type CapturedStep,
} from './step-capture.ts';
import { compileCommand, MAX_REPLAY, Replay } from './replay.ts';
import { scheduleDispatches, mergedPart, fusionLimits } from './webgpu/dispatch-scheduler.ts';
import { stackedPart, type Stack } from './webgpu/stacked-shader.ts';

/** Bytes that an agent's slice of a buffer is padded to: the alignment of bindings that every device supports. */
const ALIGNMENT = 256;

/** The corresponding buffers of all agents, by the first agent's. */
type Counterparts = Map<GPUBuffer, readonly GPUBuffer[]>;

/** @throws Error where the agents' steps are not the same kernels on tensors of the same sizes. */
function counterparts(captures: readonly CapturedStep[]): Counterparts {
  const [first, ...others] = captures as [CapturedStep, ...CapturedStep[]];
  const found: Counterparts = new Map();
  first.commands.forEach(({ part }, i) => {
    if (!part) throw new Error(`Dispatch ${i + 1} of the step is one of tfjs, which cannot be batched.`);
    const theirs = others.map(({ commands }) => commands[i]?.part);
    if (theirs.some((other) => other?.name !== part.name || other.key !== part.key)) {
      throw new Error(
        `The agents of a batch take different steps: dispatch ${i + 1}, ${part.name}, differs among them.`,
      );
    }
    part.bindings.forEach(({ buffer }, place) => {
      found.set(buffer, [buffer, ...theirs.map((other) => other?.bindings[place]?.buffer as GPUBuffer)]);
    });
  });
  if (others.some(({ commands }) => commands.length !== first.commands.length)) {
    throw new Error('The agents of a batch take steps of different lengths.');
  }
  return found;
}

export class BatchedRecording {
  /** Names of the scalars that each agent's step reports. */
  readonly metrics: readonly string[];
  /** Resolves when the step is compiled. */
  readonly ready: Promise<void>;
  readonly #captures: readonly CapturedStep[];
  readonly #stacks: readonly GPUBuffer[];
  readonly #replay: Replay;
  /** Variables: each agent's own buffer, and its slice at the byte `at` of the stack. */
  readonly #variables: readonly { own: GPUBuffer; stack: GPUBuffer; at: number }[];
  readonly #rowWidth: number;
  readonly #dispatches: number;
  #disposed = false;

  /**
   * Runs and captures the step of each agent, one after the other.
   * @param steps return their scalars by name; they are disposed here
   * @returns the recording, and the metrics of each agent (which the recording owns)
   * @throws Error if the steps differ, or one of them reads or copies tensors; OutOfMemoryError if a buffer of all
   *   agents is larger than the device can bind.
   */
  static of(steps: readonly (() => Record<string, Tensor>)[]): { recording: BatchedRecording; metrics: Tensor1D[] } {
    const captures: CapturedStep[] = [];
    try {
      for (const step of steps) captures.push(captureStep(step));
      return { recording: new BatchedRecording(captures), metrics: captures.map(({ packed }) => packed) };
    } catch (error) {
      for (const each of captures) releaseStep(each);
      throw error;
    }
  }

  private constructor(captures: readonly CapturedStep[]) {
    const { gpu } = webgpu();
    const { device } = gpu;
    const [first] = captures as [CapturedStep];
    if (first.uploads.length > 0) throw new Error('A step with tensors from the host cannot be batched.');
    this.#captures = captures;
    this.metrics = first.metrics;
    const written = new Set(first.commands.flatMap(({ writes }) => writes));
    const stacks = new Map<GPUBuffer, Stack>();
    const variables: { own: GPUBuffer; stack: GPUBuffer; at: number }[] = [];
    const encoder = device.createCommandEncoder();
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const stepBuffers = new Set([bufferOf(gpu, first.inputTensor), bufferOf(gpu, first.packed)]);
    const apart = [...counterparts(captures)].filter(([own, all]) => {
      const shared = all.every((buffer) => buffer === own);
      if (shared && written.has(own)) throw new Error('The agents of a batch write the same tensor.');
      return !shared;
    });
    const strideOf = ({ size }: GPUBuffer) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    assertRoom(Math.max(...apart.map(([own]) => strideOf(own))) * captures.length, device.limits);
    for (const [own, all] of apart) {
      const stride = strideOf(own);
      const stack = device.createBuffer({ size: stride * captures.length, usage: STORAGE | COPY_SRC | COPY_DST });
      stacks.set(own, { buffer: stack, stride });
      all.forEach((buffer, agent) => {
        encoder.copyBufferToBuffer(buffer, 0, stack, stride * agent, buffer.size);
        const isVariable = written.has(own) && isLiveOut(own) && !stepBuffers.has(own);
        if (isVariable) variables.push({ own: buffer, stack, at: stride * agent });
      });
    }
    device.queue.submit([encoder.finish()]);
    this.#variables = variables;
    this.#stacks = [...stacks.values()].map(({ buffer }) => buffer);
    const inputs = stacks.get(bufferOf(gpu, first.inputTensor)) as Stack;
    const metrics = stacks.get(bufferOf(gpu, first.packed)) as Stack;
    this.#rowWidth = metrics.stride / 4;
    this.#replay = new Replay(gpu, [], {
      inputs: inputs.buffer,
      inputCount: MAX_STEP_INPUTS * captures.length,
      metrics: metrics.buffer,
      metricCount: this.#rowWidth * captures.length,
    });
    const fused = scheduleDispatches(first.commands, isLiveOut, fusionLimits(device));
    this.#dispatches = fused.length;
    const stackOf = (buffer: GPUBuffer) => stacks.get(buffer) ?? null;
    this.ready = Promise.all(
      fused.map((sequences) => compileCommand(device, stackedPart(mergedPart(sequences), stackOf), captures.length)),
    ).then((commands) => {
      this.#replay.commands = commands;
    });
  }

  /** Dispatches of one step, of all agents. */
  get dispatches(): number {
    return this.#dispatches;
  }

  /**
   * Queues `count` more steps of every agent in one submission. Later commands in the queue see the agents' variables
   * as these steps leave them.
   * @param prepare called for each agent before each step's inputs are read
   * @returns the metrics, by step and agent, once the steps have run
   * @throws RangeError for more than MAX_REPLAY steps; Error before it is ready, and while two submissions are in
   *   flight.
   */
  async submit(count: number, prepare: (step: number, agent: number) => void): Promise<Float32Array[][]> {
    if (count < 1 || count > MAX_REPLAY)
      throw new RangeError(`A submission takes 1 to ${MAX_REPLAY} steps, not ${count}.`);
    if (this.#replay.commands.length === 0) throw new Error('The recording is not ready yet.');
    const captures = this.#captures;
    const values = await this.#replay.submit(
      count,
      (step, values, first) => {
        captures.forEach(({ inputs }, agent) => {
          prepare(step, agent);
          inputs.forEach((value, slot) => {
            values[first + agent * MAX_STEP_INPUTS + slot] = value();
          });
        });
      },
      {
        before: (encoder) => {
          for (const { own, stack, at } of this.#variables) encoder.copyBufferToBuffer(own, 0, stack, at, own.size);
        },
        after: (encoder) => {
          for (const { own, stack, at } of this.#variables) encoder.copyBufferToBuffer(stack, at, own, 0, own.size);
        },
      },
    );
    const width = this.#rowWidth;
    return Array.from({ length: count }, (_, step) =>
      captures.map((_, agent) => {
        const at = (step * captures.length + agent) * width;
        return values.subarray(at, at + this.metrics.length);
      }),
    );
  }

  /** Releases the buffers. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#replay.dispose();
    for (const stack of this.#stacks) stack.destroy();
    for (const each of this.#captures) releaseStep(each);
  }
}
