/**
 * Gradient steps of several agents as one batch on WebGPU: agents that differ in seed or in one setting share the
 * dispatches. Each gets the same numbers as by itself.
 */
import { tidy } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import { BatchedRecording } from '../tensor/batched-recording.ts';
import type { Draws } from '../tensor/draws.ts';
import { MAX_REPLAY } from '../tensor/replay.ts';
import { MAX_RECORDINGS, stepReport, type StepReport, type SteppedDraws } from './webgpu-step-runner.ts';

/** An agent of a batch. All have the same method and sizes, and each has its own draws. */
export interface BatchedAgent {
  algorithm: Algorithm;
  draws: SteppedDraws;
  /** Makes the batch of the present step of the draws, without reading anything back. */
  batch: (draws: Draws) => Batch;
}

export class BatchedSteps {
  readonly #agents: readonly BatchedAgent[];
  /** By kind of step. A submission of one kind may still be read while the next kind is recorded. */
  readonly #recordings = new Map<string, BatchedRecording>();

  constructor(agents: readonly BatchedAgent[]) {
    if (agents.length === 0) throw new Error('A batch of agents has at least one.');
    this.#agents = agents;
  }

  /** Dispatches of the kind of step that was recorded last; null before. */
  get dispatches(): number | null {
    return [...this.#recordings.values()].at(-1)?.dispatches ?? null;
  }

  /**
   * Runs up to `count` steps of every agent in one submission, and waits for them. It runs one step if that has to be
   * recorded first, and stops before a step of another kind.
   * @returns the reports of each agent
   * @throws Error if the agents are at different steps, or take different kinds of steps.
   */
  async run(count: number): Promise<StepReport[][]> {
    const first = this.#commonStep();
    const kind = this.#kind(first);
    const recording = this.#recordings.get(kind);
    if (!recording) return this.#record(kind);
    let alike = 1;
    while (alike < Math.min(count, MAX_REPLAY) && this.#kind(first + alike) === kind) alike++;
    const submitted = recording.submit(alike, (offset, agent) => this.#setStep(agent, first + offset));
    this.#agents.forEach((_agent, index) => this.#setStep(index, first + alike));
    const rows = await submitted;
    return this.#agents.map((_agent, index) =>
      rows.map((row, offset) => stepReport(first + offset + 1, recording.metrics, row[index] as Float32Array)),
    );
  }

  /** Drops the recordings, after a change of a constant that they contain. */
  clear(): void {
    for (const recording of this.#recordings.values()) recording.dispose();
    this.#recordings.clear();
  }

  async #record(kind: string): Promise<StepReport[][]> {
    const [oldest] = this.#recordings.keys();
    if (oldest !== undefined && this.#recordings.size >= MAX_RECORDINGS) {
      this.#recordings.get(oldest)?.dispose();
      this.#recordings.delete(oldest);
    }
    const steps = this.#agents.map(({ algorithm, draws, batch }) => () => {
      draws.at(algorithm.step);
      return tidy(() => algorithm.trainStep(batch(draws), draws));
    });
    const { recording, metrics } = BatchedRecording.of(steps);
    this.#recordings.set(kind, recording);
    const step = this.#commonStep();
    const [values] = await Promise.all([Promise.all(metrics.map((each) => each.data())), recording.ready]);
    return values.map((of) => [stepReport(step, recording.metrics, of as Float32Array)]);
  }

  #setStep(agent: number, step: number): void {
    const { algorithm, draws } = this.#agents[agent] as BatchedAgent;
    algorithm.step = step;
    draws.at(step);
  }

  /** The step of all agents. */
  #commonStep(): number {
    const steps = new Set(this.#agents.map(({ algorithm }) => algorithm.step));
    const [step] = steps;
    if (steps.size !== 1)
      throw new Error(`The agents of a batch must be at one step, not at ${[...steps].join(', ')}.`);
    return step as number;
  }

  #kind(step: number): string {
    const kinds = new Set(this.#agents.map(({ algorithm }) => algorithm.stepKind?.(step) ?? ''));
    const [kind] = kinds;
    if (kinds.size !== 1)
      throw new Error(`The agents of a batch must take one kind of step, not: ${[...kinds].join('; ')}.`);
    return kind as string;
  }
}
