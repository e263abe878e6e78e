/**
 * The ways to run a step, and what each can run on. A path is a function that makes a runner; the rest of the bench
 * knows nothing of how it works.
 */
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Algorithm, Batch, StepMetrics } from '../algorithms/algorithm.ts';
import { BcDiffusion } from '../algorithms/bc-diffusion.ts';
import { DiffusionQL } from '../algorithms/diffusion-ql.ts';
import type { Network } from '../networks/network.ts';
import type { BackendId } from '../tensor/backend.ts';
import { compileAhead } from '../tensor/compile-ahead.ts';
import type { Draws } from '../tensor/draws.ts';
import { StreamDraws } from '../tensor/stream-draws.ts';
import { BatchedSteps } from '../experiment/batched-steps.ts';
import { WebGpuStepRunner, type StepRunner } from '../experiment/webgpu-step-runner.ts';
import { createStepRunner } from '../experiment/step-runner.ts';
import { disposeBatch, Transitions } from './data.ts';
import { EmptySteps } from './empty-steps.ts';
import { PlainBcDiffusion, PlainDiffusionQL } from './plain/diffusion-ql.ts';
import { PlainDraws } from './plain/draws.ts';
import { takeQueued } from './queued.ts';
import type { BenchTask } from './tasks.ts';

/** A training step that is set up and can be taken again and again. */
export interface BenchRunner {
  /** Takes steps, and waits for them. */
  run(steps: number): Promise<StepsTaken>;
  dispose(): void;
}

interface StepsTaken {
  /** Milliseconds of the calls until they returned. */
  jsMs: number;
  /** A loss of the last step. */
  loss: number;
}

interface TrainingPath {
  /** Sizes of the batch of agents that are trained by the same dispatches; none where the path does not run. */
  agents(backend: BackendId): readonly number[];
  /** Whether its arithmetic takes several threads where it may. */
  threaded(backend: BackendId): boolean;
  create(task: BenchTask, agents: number): BenchRunner | Promise<BenchRunner>;
}

/** What both the project's algorithms and the plain ones offer. */
interface Steppable {
  trainStep(batch: Batch, draws: Draws): StepMetrics;
  dispose(): void;
}

/** Steps between two looks at a loss, as in training: a GPU never runs further ahead than two of them. */
const LOOK_STEPS = 50;

/** An algorithm taken step by step: batch and draws from the host, and what it reports let go but for the last. */
class EagerRunner implements BenchRunner {
  readonly #algorithm: Steppable;
  readonly #data: Transitions;
  readonly #drawsAt: (step: number) => Draws;
  #step = 0;

  constructor(algorithm: Steppable, data: Transitions, drawsAt: (step: number) => Draws) {
    this.#algorithm = algorithm;
    this.#data = data;
    this.#drawsAt = drawsAt;
  }

  async run(steps: number): Promise<StepsTaken> {
    let jsMs = 0;
    let behind: Promise<number> | null = null;
    for (let done = 0; done < steps; done += LOOK_STEPS) {
      const called = performance.now();
      const loss = this.#queue(Math.min(LOOK_STEPS, steps - done));
      jsMs += performance.now() - called;
      const look = readOnce(loss);
      await behind;
      behind = look;
    }
    return { jsMs, loss: (await behind) ?? Number.NaN };
  }

  dispose(): void {
    this.#algorithm.dispose();
    this.#data.dispose();
  }

  /** Takes steps without waiting for them; a loss of the last. */
  #queue(steps: number): Tensor | null {
    let last: Tensor | null = null;
    for (let i = 0; i < steps; i++, this.#step++) {
      const batch = this.#data.batch(this.#step);
      const { bcLoss, ...others } = this.#algorithm.trainStep(batch, this.#drawsAt(this.#step));
      disposeBatch(batch);
      dispose(others);
      last?.dispose();
      last = bcLoss ?? null;
    }
    return last;
  }
}

/** The value of a scalar, which is let go. What was queued before it is done once it can be read. */
async function readOnce(scalar: Tensor | null): Promise<number> {
  const [value] = (await scalar?.data()) ?? [];
  scalar?.dispose();
  return value ?? Number.NaN;
}

/** An algorithm whose step is recorded and run again, with batches drawn where the data are. */
class RecordedRunner implements BenchRunner {
  readonly #algorithm: Algorithm;
  readonly #data: Transitions;
  readonly #steps: StepRunner;
  #compiled: Promise<void> | null = null;

  constructor(algorithm: Algorithm, data: Transitions) {
    this.#algorithm = algorithm;
    this.#data = data;
    const steps = createStepRunner(algorithm, new StreamDraws(0), (draws) => data.drawBatch(draws));
    if (!steps) throw new Error('Steps are recorded on WebGPU, and on wasm with SIMD.');
    this.#steps = steps;
  }

  async run(steps: number): Promise<StepsTaken> {
    // As in training: all shaders at once, which is part of the first step's time.
    const taker = this.#steps;
    if (taker instanceof WebGpuStepRunner) {
      await (this.#compiled ??= compileAhead([() => taker.dryRun()], () => undefined));
    }
    const end = this.#algorithm.step + steps;
    const { jsMs, last } = await takeQueued(
      () => end - this.#algorithm.step,
      (most) => taker.run(most),
    );
    return { jsMs, loss: last?.at(-1)?.losses['bcLoss'] ?? Number.NaN };
  }

  dispose(): void {
    this.#steps.clear();
    this.#algorithm.dispose();
    this.#data.dispose();
  }
}

/** Several agents, each with a seed of its own, that share the data and the dispatches. */
class BatchedRunner implements BenchRunner {
  readonly #algorithms: readonly Algorithm[];
  readonly #data: Transitions;
  readonly #steps: BatchedSteps;

  constructor(algorithms: readonly Algorithm[], data: Transitions) {
    this.#algorithms = algorithms;
    this.#data = data;
    const batch = (draws: Draws) => data.drawBatch(draws);
    this.#steps = new BatchedSteps(
      algorithms.map((algorithm, seed) => ({ algorithm, draws: new StreamDraws(seed), batch })),
    );
  }

  async run(steps: number): Promise<StepsTaken> {
    const [first] = this.#algorithms as [Algorithm];
    const end = first.step + steps;
    const { jsMs, last } = await takeQueued(
      () => end - first.step,
      (most) => this.#steps.run(most),
    );
    const [reports] = last ?? [];
    return { jsMs, loss: reports?.at(-1)?.losses['bcLoss'] ?? Number.NaN };
  }

  dispose(): void {
    this.#steps.clear();
    for (const algorithm of this.#algorithms) algorithm.dispose();
    this.#data.dispose();
  }
}

export function fusedAlgorithm({ method, config, widths }: BenchTask, seed = 0): DiffusionQL | BcDiffusion {
  return method === 'diffusion-ql' ? new DiffusionQL(config, widths, seed) : new BcDiffusion(config, widths, seed);
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

/** Agents whose throughput as one batch is held against that of one. */
const MANY_AGENTS = 8;

/** By the name that a row carries. */
export const TRAINING_PATHS: Readonly<Record<string, TrainingPath>> = {
  plain: {
    agents: () => [1],
    threaded: () => false,
    create: async (task) => {
      const draws = new PlainDraws();
      return new EagerRunner(await plainAlgorithm(task), new Transitions(task), () => draws);
    },
  },
  fused: {
    agents: () => [1],
    threaded: (backend) => backend === 'wasm',
    create: (task) => {
      const draws = new StreamDraws(0);
      return new EagerRunner(fusedAlgorithm(task), new Transitions(task), (step) => draws.at(step));
    },
  },
  recorded: {
    agents: (backend) => (backend === 'webgpu' ? [1, MANY_AGENTS] : backend === 'wasm' ? [1] : []),
    threaded: (backend) => backend === 'wasm',
    create: (task, agents) => {
      const data = new Transitions(task);
      if (agents === 1) return new RecordedRunner(fusedAlgorithm(task), data);
      const algorithms = Array.from({ length: agents }, (_, seed) => fusedAlgorithm(task, seed));
      return new BatchedRunner(algorithms, data);
    },
  },
  empty: {
    agents: (backend) => (backend === 'webgpu' ? [1] : []),
    threaded: () => false,
    create: () => EmptySteps.create(),
  },
};
