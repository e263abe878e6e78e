/**
 * The ways to run a training step, and where each can run. A path creates a runner; the rest of the bench depends only
 * on that interface.
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

/** A training step that is set up and can be repeated. */
export interface BenchRunner {
  /** Runs steps and waits until they are done. */
  run(steps: number): Promise<StepsTaken>;
  dispose(): void;
}

interface StepsTaken {
  /** Milliseconds until the calls returned. */
  jsMs: number;
  /** A loss of the last step. */
  loss: number;
}

interface TrainingPath {
  /** Numbers of agents that one batch may train; empty where the path does not run. */
  agents(backend: BackendId): readonly number[];
  /** Whether the path can use several threads. */
  threaded(backend: BackendId): boolean;
  create(task: BenchTask, agents: number): BenchRunner | Promise<BenchRunner>;
}

/** The common interface of the project's algorithms and the plain ones. */
interface Steppable {
  trainStep(batch: Batch, draws: Draws): StepMetrics;
  dispose(): void;
}

/** Steps between two reads of a loss, as in training. The GPU is at most two such groups behind. */
const STEPS_PER_READ = 50;

/** Runs an algorithm step by step, with batches and draws from the host. Only the last loss is read. */
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
    let queued: Promise<number> | null = null;
    for (let done = 0; done < steps; done += STEPS_PER_READ) {
      const called = performance.now();
      const loss = this.#queue(Math.min(STEPS_PER_READ, steps - done));
      jsMs += performance.now() - called;
      const reading = readOnce(loss);
      await queued;
      queued = reading;
    }
    return { jsMs, loss: (await queued) ?? Number.NaN };
  }

  dispose(): void {
    this.#algorithm.dispose();
    this.#data.dispose();
  }

  /** Queues steps without waiting. @returns A loss of the last step. */
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

/** Reads a scalar and disposes it. All work queued before it is then done. */
async function readOnce(scalar: Tensor | null): Promise<number> {
  const [value] = (await scalar?.data()) ?? [];
  scalar?.dispose();
  return value ?? Number.NaN;
}

/** Records an algorithm's step and replays it, with batches drawn on the device. */
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
    // As in training, all shaders are compiled at once. The first step's time includes this.
    const runner = this.#steps;
    if (runner instanceof WebGpuStepRunner) {
      await (this.#compiled ??= compileAhead([() => runner.dryRun()], () => undefined));
    }
    const end = this.#algorithm.step + steps;
    const { jsMs, last } = await takeQueued(
      () => end - this.#algorithm.step,
      (limit) => runner.run(limit),
    );
    return { jsMs, loss: last?.at(-1)?.losses['bcLoss'] ?? Number.NaN };
  }

  dispose(): void {
    this.#steps.clear();
    this.#algorithm.dispose();
    this.#data.dispose();
  }
}

/** Several agents with different seeds, which share the data and the dispatches. */
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
      (limit) => this.#steps.run(limit),
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

/** The plain version of an algorithm, with the same weights. */
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

/** Agents of a batch, whose throughput is compared with that of one agent. */
const MANY_AGENTS = 8;

/** Paths by the name used in rows. */
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
