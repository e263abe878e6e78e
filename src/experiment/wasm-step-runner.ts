/** Gradient steps on wasm: the first step of each kind is recorded, and later ones replay it without tfjs. */
import { tidy } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch } from '../algorithms/algorithm.ts';
import type { Draws } from '../tensor/draws.ts';
import { WasmRecording } from '../tensor/wasm/wasm-recording.ts';
import type { StepReport, SteppedDraws, StepRunner } from './webgpu-step-runner.ts';

/** Recordings kept at a time: two kinds of step, each for both sides of a coin. */
const MAX_RECORDINGS = 4;

export class WasmStepRunner implements StepRunner {
  readonly submitsTogether = false;
  readonly #algorithm: Algorithm;
  readonly #draws: SteppedDraws;
  readonly #batch: (draws: Draws) => Batch;
  /** The oldest first. */
  #recordings: { kind: string; recording: WasmRecording }[] = [];

  /** @param batch makes the batch of the present step of the draws, without reading anything back. */
  constructor(algorithm: Algorithm, draws: SteppedDraws, batch: (draws: Draws) => Batch) {
    this.#algorithm = algorithm;
    this.#draws = draws;
    this.#batch = batch;
  }

  async run(count: number): Promise<StepReport[]> {
    return Array.from({ length: count }, () => this.#step());
  }

  clear(): void {
    for (const { recording } of this.#recordings) recording.dispose();
    this.#recordings = [];
  }

  #step(): StepReport {
    const algorithm = this.#algorithm;
    const { step } = algorithm;
    this.#draws.at(step);
    const kind = algorithm.stepKind?.(step) ?? '';
    if (this.#recordings.some(({ recording }) => !recording.isCurrent)) this.clear();
    const found = this.#recordings.find((each) => each.kind === kind && each.recording.branchesMatch());
    if (!found) return { step: step + 1, losses: this.#record(kind).first };
    const losses = found.recording.run();
    algorithm.step = step + 1;
    return { step: step + 1, losses };
  }

  #record(kind: string): WasmRecording {
    if (this.#recordings.length >= MAX_RECORDINGS) this.#recordings.shift()?.recording.dispose();
    const recording = WasmRecording.capture(() =>
      tidy(() => this.#algorithm.trainStep(this.#batch(this.#draws), this.#draws)),
    );
    this.#recordings.push({ kind, recording });
    return recording;
  }
}
