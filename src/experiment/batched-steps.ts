/**
 * Gradient steps of several agents as one batch on WebGPU: seeds, or values of one setting, by the same dispatches. Each
 * agent's numbers are those that it has alone.
 */
import { tidy } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import { BatchedRecording } from '../tensor/batched-recording.ts';
import type { Draws } from '../tensor/draws.ts';
import { MAX_REPLAY } from '../tensor/replay.ts';
import { stepReport, type StepReport, type SteppedDraws } from './webgpu-step-runner.ts';

/** One of a batch: of the same method and sizes as the others, with draws of its own. */
export interface BatchedAgent {
  algorithm: Algorithm;
  draws: SteppedDraws;
  /** Makes the batch of the step that the draws stand at, without reading anything back. */
  batch: (draws: Draws) => Batch;
}

export class BatchedSteps {
  readonly #agents: readonly BatchedAgent[];
  #recorded: { kind: string; recording: BatchedRecording } | null = null;

  constructor(agents: readonly BatchedAgent[]) {
    if (agents.length === 0) throw new Error('A batch of agents has at least one.');
    this.#agents = agents;
  }

  /** Dispatches of the next step; null before it was recorded. */
  get dispatches(): number | null {
    return this.#recorded?.recording.dispatches ?? null;
  }

  /**
   * Takes up to `count` steps of every agent in one submission, and waits for them: one where it must be recorded first,
   * fewer where the next kind of step is another.
   * @returns the reports of each agent
   * @throws Error if the agents do not stand at one step, or take different kinds of steps.
   */
  async run(count: number): Promise<StepReport[][]> {
    const first = this.#commonStep();
    const kind = this.#kind(first);
    if (this.#recorded?.kind !== kind) return this.#record(kind);
    const { recording } = this.#recorded;
    let alike = 1;
    while (alike < Math.min(count, MAX_REPLAY) && this.#kind(first + alike) === kind) alike++;
    const submitted = recording.submit(alike, (offset, agent) => this.#setStep(agent, first + offset));
    this.#agents.forEach((_agent, index) => this.#setStep(index, first + alike));
    const rows = await submitted;
    return this.#agents.map((_agent, index) =>
      rows.map((row, offset) => stepReport(first + offset + 1, recording.metrics, row[index] as Float32Array)),
    );
  }

  /** Forgets what was recorded: after a change of what is built into a step. */
  clear(): void {
    this.#recorded?.recording.dispose();
    this.#recorded = null;
  }

  async #record(kind: string): Promise<StepReport[][]> {
    this.clear();
    const steps = this.#agents.map(({ algorithm, draws, batch }) => () => {
      draws.at(algorithm.step);
      return tidy(() => algorithm.trainStep(batch(draws), draws));
    });
    const { recording, metrics } = BatchedRecording.of(steps);
    this.#recorded = { kind, recording };
    const step = this.#commonStep();
    const [values] = await Promise.all([Promise.all(metrics.map((each) => each.data())), recording.ready]);
    return values.map((of) => [stepReport(step, recording.metrics, of as Float32Array)]);
  }

  #setStep(agent: number, step: number): void {
    const { algorithm, draws } = this.#agents[agent] as BatchedAgent;
    algorithm.step = step;
    draws.at(step);
  }

  /** The step that all stand at. */
  #commonStep(): number {
    const steps = new Set(this.#agents.map(({ algorithm }) => algorithm.step));
    const [step] = steps;
    if (steps.size !== 1) throw new Error(`The agents of a batch stand at one step, not at ${[...steps].join(', ')}.`);
    return step as number;
  }

  #kind(step: number): string {
    const kinds = new Set(this.#agents.map(({ algorithm }) => algorithm.stepKind?.(step) ?? ''));
    const [kind] = kinds;
    if (kinds.size !== 1)
      throw new Error(`The agents of a batch take one kind of step, not: ${[...kinds].join('; ')}.`);
    return kind as string;
  }
}
