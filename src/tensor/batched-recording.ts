/**
 * The same step of several agents (seeds, or values of a setting) recorded as one: as many dispatches as for one agent,
 * in which each agent has workgroups and memory of its own. Its numbers are those of the agent alone.
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

/** What one agent's memory is padded to in a buffer of all: what a binding is aligned to on every device. */
const ALIGNMENT = 256;

/** Buffers that stand for one another in the agents' steps, by the first agent's. */
type Counterparts = Map<GPUBuffer, readonly GPUBuffer[]>;

/** @throws Error where the agents' steps are not the same kernels on tensors of the same sizes. */
function counterparts(notes: readonly CapturedStep[]): Counterparts {
  const [first, ...others] = notes as [CapturedStep, ...CapturedStep[]];
  const found: Counterparts = new Map();
  first.commands.forEach(({ part }, i) => {
    if (!part)
      throw new Error(`Dispatch ${i + 1} of the step is one of tfjs, which is not to be had for a batch of agents.`);
    const theirs = others.map(({ commands }) => commands[i]?.part);
    if (theirs.some((other) => other?.name !== part.name || other.key !== part.key)) {
      throw new Error(
        `The agents of a batch take different steps: dispatch ${i + 1}, ${part.name}, is not that of all.`,
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
  /** Resolves when the step is ready to be run again. */
  readonly ready: Promise<void>;
  readonly #notes: readonly CapturedStep[];
  readonly #stacks: readonly GPUBuffer[];
  readonly #replay: Replay;
  /** Variables: where each stands alone, and in the buffer of all. */
  readonly #variables: readonly { own: GPUBuffer; stack: GPUBuffer; at: number }[];
  readonly #rowWidth: number;
  readonly #dispatches: number;
  #disposed = false;

  /**
   * Runs each agent's step once, one after the other, and notes how.
   * @param steps return their scalars by name; they are disposed here
   * @returns the recording, and what each agent reported (which belongs to it)
   * @throws Error if the steps are not alike, or one of them reads or copies tensors; OutOfMemoryError if a buffer of all
   *   agents is beyond what the device can bind.
   */
  static of(steps: readonly (() => Record<string, Tensor>)[]): { recording: BatchedRecording; metrics: Tensor1D[] } {
    const notes: CapturedStep[] = [];
    try {
      for (const step of steps) notes.push(captureStep(step));
      return { recording: new BatchedRecording(notes), metrics: notes.map(({ packed }) => packed) };
    } catch (error) {
      for (const note of notes) releaseStep(note);
      throw error;
    }
  }

  private constructor(notes: readonly CapturedStep[]) {
    const { gpu } = webgpu();
    const { device } = gpu;
    const [first] = notes as [CapturedStep];
    if (first.uploads.length > 0) throw new Error('A batch of agents takes no tensors from the host.');
    this.#notes = notes;
    this.metrics = first.metrics;
    const written = new Set(first.commands.flatMap(({ writes }) => writes));
    const stacks = new Map<GPUBuffer, Stack>();
    const variables: { own: GPUBuffer; stack: GPUBuffer; at: number }[] = [];
    const encoder = device.createCommandEncoder();
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const held = new Set([bufferOf(gpu, first.inputTensor), bufferOf(gpu, first.packed)]);
    const apart = [...counterparts(notes)].filter(([own, all]) => {
      const shared = all.every((buffer) => buffer === own);
      if (shared && written.has(own)) throw new Error('The agents of a batch write the same tensor.');
      return !shared;
    });
    const strideOf = ({ size }: GPUBuffer) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    assertRoom(Math.max(...apart.map(([own]) => strideOf(own))) * notes.length, device.limits);
    for (const [own, all] of apart) {
      const stride = strideOf(own);
      const stack = device.createBuffer({ size: stride * notes.length, usage: STORAGE | COPY_SRC | COPY_DST });
      stacks.set(own, { buffer: stack, stride });
      all.forEach((buffer, agent) => {
        encoder.copyBufferToBuffer(buffer, 0, stack, stride * agent, buffer.size);
        const isVariable = written.has(own) && isLiveOut(own) && !held.has(own);
        if (isVariable) variables.push({ own: buffer, stack, at: stride * agent });
      });
    }
    device.queue.submit([encoder.finish()]);
    this.#variables = variables;
    this.#stacks = [...stacks.values()].map(({ buffer }) => buffer);
    const given = stacks.get(bufferOf(gpu, first.inputTensor)) as Stack;
    const reported = stacks.get(bufferOf(gpu, first.packed)) as Stack;
    this.#rowWidth = reported.stride / 4;
    this.#replay = new Replay(gpu, [], {
      inputs: given.buffer,
      inputCount: MAX_STEP_INPUTS * notes.length,
      metrics: reported.buffer,
      metricCount: this.#rowWidth * notes.length,
    });
    const merged = scheduleDispatches(first.commands, isLiveOut, fusionLimits(device));
    this.#dispatches = merged.length;
    const stackOf = (buffer: GPUBuffer) => stacks.get(buffer) ?? null;
    this.ready = Promise.all(
      merged.map((sequences) => compileCommand(device, stackedPart(mergedPart(sequences), stackOf), notes.length)),
    ).then((commands) => {
      this.#replay.commands = commands;
    });
  }

  /** Dispatches of one step, of all agents. */
  get dispatches(): number {
    return this.#dispatches;
  }

  /**
   * Queues `count` more steps of every agent in one submission. What is queued behind it sees the agents' variables as
   * they are after these steps.
   * @param prepare called before each, for each agent, so that the varying numbers are those of that step
   * @returns their metrics, by step and agent, once they have run
   * @throws RangeError for more than MAX_REPLAY steps; Error before it is ready, and while two submissions are under way.
   */
  async submit(count: number, prepare: (step: number, agent: number) => void): Promise<Float32Array[][]> {
    if (count < 1 || count > MAX_REPLAY)
      throw new RangeError(`A submission takes 1 to ${MAX_REPLAY} steps, not ${count}.`);
    if (this.#replay.commands.length === 0) throw new Error('The recording is not ready yet.');
    const notes = this.#notes;
    const values = await this.#replay.submit(
      count,
      (step, given, first) => {
        notes.forEach(({ inputs: varying }, agent) => {
          prepare(step, agent);
          varying.forEach((value, slot) => {
            given[first + agent * MAX_STEP_INPUTS + slot] = value();
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
      notes.map((_note, agent) => {
        const at = (step * notes.length + agent) * width;
        return values.subarray(at, at + this.metrics.length);
      }),
    );
  }

  /** Gives the buffers back. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#replay.dispose();
    for (const stack of this.#stacks) stack.destroy();
    for (const note of this.#notes) releaseStep(note);
  }
}
