/** Gradient steps on WebGPU: the first step of each kind is recorded, and later ones replay it without tfjs. */
import { tidy } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import type { Draws } from '../tensor/draws.ts';
import { packScalars } from '../tensor/step-capture.ts';
import { Recording } from '../tensor/recording.ts';
import { MAX_REPLAY } from '../tensor/replay.ts';

/** The losses of one step, by name. */
export interface StepReport {
  /** The step's number, from 1. */
  step: number;
  losses: Record<string, number>;
}

/** Draws that can be set to a step: stream-draws.ts, or a recording of another program's. */
export interface SteppedDraws extends Draws {
  at(step: number): Draws;
}

/** Runs gradient steps by recording and replay. */
export interface StepRunner {
  /** Whether several steps are submitted together, which costs less than one by one: on WebGPU. */
  readonly submitsTogether: boolean;
  /** Runs up to `count` steps, and waits for them. */
  run(count: number): Promise<StepReport[]>;
  /** Drops the recordings, after a change of a constant that they contain. */
  clear(): void;
}

/** Recordings kept at a time: the two kinds of step of a delayed update. */
export const MAX_RECORDINGS = 2;

export class WebGpuStepRunner implements StepRunner {
  readonly submitsTogether = true;
  readonly #algorithm: Algorithm;
  readonly #draws: SteppedDraws;
  readonly #batch: (draws: Draws) => Batch;
  readonly #recordings = new Map<string, Recording>();

  /** @param batch makes the batch of the present step of the draws, without reading anything back. */
  constructor(algorithm: Algorithm, draws: SteppedDraws, batch: (draws: Draws) => Batch) {
    this.#algorithm = algorithm;
    this.#draws = draws;
    this.#batch = batch;
  }

  /** Dispatches of the next step; null until it is recorded. */
  get dispatches(): number | null {
    return this.#recordings.get(this.#kind(this.#algorithm.step))?.dispatches ?? null;
  }

  /**
   * Runs up to `count` steps in one submission, and waits for them. It runs one step if that has to be recorded first,
   * and stops before a step of another kind. `algorithm.step` is advanced before the promise resolves, so that the next
   * submission can be queued; at most two may be pending.
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

  /** Dispatches the next step so that its shaders can be compiled ahead, without changing the algorithm. */
  dryRun(): void {
    const algorithm = this.#algorithm;
    const { step } = algorithm;
    this.#draws.at(step);
    packScalars(algorithm.trainStep(this.#batch(this.#draws), this.#draws));
    algorithm.step = step;
  }

  /** Drops the recordings, after a change of a constant that they contain. */
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

/** The report of a step from its packed values. */
export function stepReport(step: number, names: readonly string[], values: Float32Array): StepReport {
  return { step, losses: Object.fromEntries(names.map((name, i) => [name, values[i] as number])) };
}
