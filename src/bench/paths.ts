/**
 * The ways to run a step, and what each can run on. A path is a function that makes a runner; the rest of the bench
 * knows nothing of how it works.
 */
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Batch, StepMetrics } from '../algorithms/algorithm.ts';
import { BcDiffusion } from '../algorithms/bc-diffusion.ts';
import { DiffusionQL } from '../algorithms/diffusion-ql.ts';
import type { Network } from '../networks/network.ts';
import type { BackendId } from '../tensor/backend.ts';
import type { Draws } from '../tensor/draws.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { disposeBatch, Transitions } from './data.ts';
import { PlainBcDiffusion, PlainDiffusionQL } from './plain/diffusion-ql.ts';
import { PlainDraws } from './plain/draws.ts';
import type { BenchTask } from './tasks.ts';

/** A training step that is set up and can be taken again and again. */
export interface StepRunner {
  /** Takes steps, or queues them. */
  run(steps: number): void;
  /** Waits for all steps so far; a loss of the last one. */
  finish(): Promise<number>;
  dispose(): void;
}

export interface TrainingPath {
  /** Sizes of the batch of agents that are trained by the same dispatches. */
  agents(backend: BackendId): readonly number[];
  create(task: BenchTask, agents: number): StepRunner | Promise<StepRunner>;
}

/** What both the project's algorithms and the plain ones offer. */
interface Steppable {
  trainStep(batch: Batch, draws: Draws): StepMetrics;
  dispose(): void;
}

/** An algorithm taken step by step: batch and draws from the host, and what it reports let go but for the last. */
class EagerRunner implements StepRunner {
  readonly #algorithm: Steppable;
  readonly #data: Transitions;
  readonly #drawsAt: (step: number) => Draws;
  #step = 0;
  #loss: Tensor | null = null;

  constructor(algorithm: Steppable, data: Transitions, drawsAt: (step: number) => Draws) {
    this.#algorithm = algorithm;
    this.#data = data;
    this.#drawsAt = drawsAt;
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++, this.#step++) {
      const batch = this.#data.batch(this.#step);
      const { bcLoss, ...others } = this.#algorithm.trainStep(batch, this.#drawsAt(this.#step));
      disposeBatch(batch);
      dispose(others);
      this.#loss?.dispose();
      this.#loss = bcLoss ?? null;
    }
  }

  async finish(): Promise<number> {
    // The queue is in order: once its last result can be read, all of it is done.
    const loss = this.#loss;
    this.#loss = null;
    const [value] = (await loss?.data()) ?? [];
    loss?.dispose();
    return value ?? Number.NaN;
  }

  dispose(): void {
    this.#loss?.dispose();
    this.#algorithm.dispose();
  }
}

export function fusedAlgorithm({ method, config, widths }: BenchTask): DiffusionQL | BcDiffusion {
  return method === 'diffusion-ql' ? new DiffusionQL(config, widths, 0) : new BcDiffusion(config, widths, 0);
}

/** The plain twin of an algorithm, from the same weights. */
export async function plainAlgorithm(task: BenchTask): Promise<Steppable> {
  const fused = fusedAlgorithm(task);
  try {
    const { actor, critic } = fused.networks as { actor: Network; critic?: Network };
    const weights = await actor.read();
    return critic
      ? new PlainDiffusionQL(task.config, { actor: weights, critic: await critic.read() })
      : new PlainBcDiffusion(task.config, weights);
  } finally {
    fused.dispose();
  }
}

const EAGER = { agents: () => [1] };

/** By the name that a row carries. A path that is not here is not built. */
export const TRAINING_PATHS: Readonly<Record<string, TrainingPath>> = {
  plain: {
    ...EAGER,
    create: async (task) => {
      const draws = new PlainDraws();
      return new EagerRunner(await plainAlgorithm(task), new Transitions(task), () => draws);
    },
  },
  fused: {
    ...EAGER,
    create: (task) => {
      const draws = new StreamDraws(0);
      return new EagerRunner(fusedAlgorithm(task), new Transitions(task), (step) => draws.at(step));
    },
  },
};
