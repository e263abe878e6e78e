/**
 * Shipped weights: the finished figure before anything was trained. They are shown by algorithms of their own, made
 * from the experiment that each file carries, so that a fresh run knows nothing of them.
 */
import type { Algorithm } from '../algorithms/algorithm.ts';
import type { MethodId } from './methods.ts';
import type { createAlgorithm } from './registry.ts';
import { BANDIT_WIDTHS, BanditTask } from './task.ts';
import { BanditEvaluator } from './evaluation.ts';
import { nextTask } from '../experiment/event-loop.ts';
import { parseExperiment } from './repair-experiment.ts';
import { defaultExperiment, methodSettings, type Experiment } from './experiment.ts';
import type { MethodFrame } from './engine/protocol.ts';
import { readWeights, writeWeights } from './weights.ts';

export type WeightsLoader = (method: MethodId) => Promise<Uint8Array>;

/** Loads `pretrained/<method>.safetensors` below an address. */
export function fetchPretrained(base: string | URL): WeightsLoader {
  return async (method) => {
    const response = await fetch(new URL(`pretrained/${method}.safetensors`, base));
    if (!response.ok) throw new Error(`The shipped weights of ${method} could not be loaded (${response.status}).`);
    return new Uint8Array(await response.arrayBuffer());
  };
}

const OTHER_DATA = 'There are no shipped weights for these data.';

function sameData(a: Experiment, b: Experiment): boolean {
  return JSON.stringify(a.data) === JSON.stringify(b.data);
}

interface Shown {
  algorithm: Algorithm;
  bytes: Uint8Array;
}

export class PretrainedPreview {
  readonly #create: typeof createAlgorithm;
  readonly #load: WeightsLoader;
  readonly #shown = new Map<MethodId, Shown>();
  #evaluator: { key: string; task: BanditTask; evaluator: BanditEvaluator } | null = null;

  constructor(create: typeof createAlgorithm, load: WeightsLoader) {
    this.#create = create;
    this.#load = load;
  }

  /**
   * Makes a frame of each shipped policy of these methods, and passes it to `post` at once.
   * @throws Error if none of them has weights for the data of the experiment.
   */
  async show(
    experiment: Experiment,
    methods: readonly MethodId[],
    post: (frame: MethodFrame) => void,
    progress: (done: number, total: number) => void = () => undefined,
  ): Promise<void> {
    // Weights are shipped only for the default data, so nothing is fetched for others.
    if (!sameData(experiment, defaultExperiment())) throw new Error(OTHER_DATA);
    const loads = methods.map((method) => this.#load(method));
    for (const load of loads) load.catch(() => undefined);
    let posted = 0;
    let problem: Error | null = null;
    for (const [index, method] of methods.entries()) {
      progress(index, methods.length);
      try {
        post(await this.#frame(experiment, method, await (loads[index] as Promise<Uint8Array>)));
        posted += 1;
      } catch (error) {
        problem = error instanceof Error ? error : new Error(String(error));
      }
      await nextTask();
    }
    if (posted === 0 && problem !== null) throw problem;
  }

  /** The policy that is shown, if there is one. */
  shown(method: MethodId): Algorithm | undefined {
    return this.#shown.get(method)?.algorithm;
  }

  /** The file of the policy that is shown. */
  weights(method: MethodId): Uint8Array | undefined {
    return this.#shown.get(method)?.bytes.slice();
  }

  dispose(): void {
    for (const { algorithm } of this.#shown.values()) algorithm.dispose();
    this.#shown.clear();
    this.#evaluator?.evaluator.dispose();
    this.#evaluator?.task.dispose();
    this.#evaluator = null;
  }

  async #frame(experiment: Experiment, method: MethodId, bytes: Uint8Array): Promise<MethodFrame> {
    const weights = readWeights(bytes, method);
    const { experiment: shipped } = parseExperiment(weights.experiment);
    if (!sameData(shipped, experiment)) throw new Error(OTHER_DATA);
    const algorithm = this.#create(method, methodSettings(shipped, method), BANDIT_WIDTHS, shipped.seed);
    try {
      await writeWeights(algorithm, weights, true);
      algorithm.step = weights.step;
      const { samples, metrics, q } = await this.#evaluatorFor(shipped).evaluate(algorithm);
      this.#shown.get(method)?.algorithm.dispose();
      this.#shown.set(method, { algorithm, bytes });
      const { step } = weights;
      return { method, step, shipped: true, seconds: 0, stepsPerSecond: 0, samples, metrics, losses: {}, q };
    } catch (error) {
      algorithm.dispose();
      throw error;
    }
  }

  #evaluatorFor({ data, seed }: Experiment): BanditEvaluator {
    const key = JSON.stringify([data, seed]);
    if (this.#evaluator?.key !== key) {
      this.#evaluator?.evaluator.dispose();
      this.#evaluator?.task.dispose();
      const task = new BanditTask(data, seed);
      this.#evaluator = { key, task, evaluator: new BanditEvaluator(task) };
    }
    return this.#evaluator.evaluator;
  }
}
