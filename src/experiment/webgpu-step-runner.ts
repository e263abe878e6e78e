/** Gradient steps on WebGPU: each kind of step is recorded at its first, and run again without tfjs after that. */
import { tidy } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import type { Draws } from '../tensor/draws.ts';
import { packScalars } from '../tensor/step-capture.ts';
import { Recording } from '../tensor/recording.ts';
import { MAX_REPLAY } from '../tensor/replay.ts';

/** What one step reported, by name. */
export interface StepReport {
  /** The step's number, from 1. */
  step: number;
  losses: Record<string, number>;
}

/** Draws that can be set to a step: stream-draws.ts, or a recording of another program's. */
export interface SteppedDraws extends Draws {
  at(step: number): Draws;
}

/** Takes gradient steps that were recorded. */
export interface StepRunner {
  /** Whether several steps taken at once cost less than one by one: on WebGPU, where they are submitted together. */
  readonly submitsTogether: boolean;
  /** Takes up to `count` steps, and waits for them. */
  run(count: number): Promise<StepReport[]>;
  /** Forgets what was recorded: after a change of what is built into a step. */
  clear(): void;
}

/** Kinds of step that are held at a time: those of a delayed update. */
const MAX_RECORDINGS = 2;

export class WebGpuStepRunner implements StepRunner {
  readonly submitsTogether = true;
  readonly #algorithm: Algorithm;
  readonly #draws: SteppedDraws;
  readonly #batch: (draws: Draws) => Batch;
  readonly #recordings = new Map<string, Recording>();

  /** @param batch makes the batch of the step that the draws stand at, without reading anything back. */
  constructor(algorithm: Algorithm, draws: SteppedDraws, batch: (draws: Draws) => Batch) {
    this.#algorithm = algorithm;
    this.#draws = draws;
    this.#batch = batch;
  }

  /** Dispatches of the next step; null before it was recorded. */
  get dispatches(): number | null {
    return this.#recordings.get(this.#kind(this.#algorithm.step))?.dispatches ?? null;
  }

  /**
   * Takes up to `count` steps in one submission, and waits for them: one where it must be recorded first, fewer where
   * the next kind of step is another. The algorithm stands behind them as soon as the call returns, so that the next
   * may be queued meanwhile; at most two may be under way.
   */
  async run(count: number): Promise<StepReport[]> {
    const algorithm = this.#algorithm;
    const first = algorithm.step;
    const kind = this.#kind(first);
    const recording = this.#recordings.get(kind);
    if (!recording) return [await this.#record(kind)];
    let alike = 1;
    while (alike < Math.min(count, MAX_REPLAY) && this.#kind(first + alike) === kind) alike++;
    const submitted = recording.submit(alike, (offset) => {
      algorithm.step = first + offset;
      this.#draws.at(algorithm.step);
    });
    algorithm.step = first + alike;
    const values = await submitted;
    const width = recording.metrics.length;
    return Array.from({ length: alike }, (_, row) =>
      stepReport(first + row + 1, recording.metrics, values.subarray(row * width, (row + 1) * width)),
    );
  }

  /** What the next step would dispatch, for compilePipeline: the algorithm is left as it is. */
  dryRun(): void {
    const algorithm = this.#algorithm;
    const { step } = algorithm;
    this.#draws.at(step);
    packScalars(algorithm.trainStep(this.#batch(this.#draws), this.#draws));
    algorithm.step = step;
  }

  /** Forgets what was recorded: after a change of what is built into a step. */
  clear(): void {
    for (const recording of this.#recordings.values()) recording.dispose();
    this.#recordings.clear();
  }

  async #record(kind: string): Promise<StepReport> {
    const algorithm = this.#algorithm;
    const [oldest] = this.#recordings.keys();
    if (oldest !== undefined && this.#recordings.size >= MAX_RECORDINGS) {
      this.#recordings.get(oldest)?.dispose();
      this.#recordings.delete(oldest);
    }
    this.#draws.at(algorithm.step);
    const { recording, metrics } = Recording.of(() =>
      tidy(() => algorithm.trainStep(this.#batch(this.#draws), this.#draws)),
    );
    this.#recordings.set(kind, recording);
    const { step } = algorithm;
    const [values] = await Promise.all([metrics.data(), recording.ready]);
    return stepReport(step, recording.metrics, values as Float32Array);
  }

  #kind(step: number): string {
    return this.#algorithm.stepKind?.(step) ?? '';
  }
}

/** What one step reported, from its numbers. */
export function stepReport(step: number, names: readonly string[], values: Float32Array): StepReport {
  return { step, losses: Object.fromEntries(names.map((name, i) => [name, values[i] as number])) };
}
