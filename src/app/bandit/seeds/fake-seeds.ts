/** Other seeds without learning, for tests of the page. */
import type { BanditMetrics } from '../../../math/bandit-metrics.ts';
import { figuresOf, meansOver } from '../../../bandit/seed-means.ts';
import type { SeedsEngine, SeedsEvent, SeedsJob, ShownRow } from '../../../bandit/seeds-protocol.ts';

function metricsOf(seed: number, step: number): BanditMetrics {
  const inMode = 1 - Math.exp(-step / (500 + 100 * (seed % 5)));
  const mmd2 = 0.3 * Math.exp(-step / 800) + 0.001 * (1 + (seed % 5));
  return {
    inMode,
    inBest: inMode / 2,
    nearest: [0.5, 0.2, 0.2, 0.1],
    totalVariation: 0.25,
    mmd2: { value: mmd2, low: mmd2 * 0.8, high: mmd2 * 1.2 },
    meanReward: 4 * inMode,
    regret: 8 - 4 * inMode,
    effectiveModes: 3.4,
  };
}

export class FakeSeeds implements SeedsEngine {
  /** Jobs received, for tests. */
  readonly jobs: SeedsJob[] = [];
  pauses = 0;
  ended = false;
  readonly #stepMs: number;
  #paused = false;

  /** @param stepMs between two measurements */
  constructor(stepMs = 50) {
    this.#stepMs = stepMs;
  }

  async train(job: SeedsJob, notify: (event: SeedsEvent) => void): Promise<boolean> {
    this.jobs.push(job);
    this.#paused = false;
    const total = job.seeds.length * (job.shown.at(-1)?.step ?? 0);
    for (const shown of job.shown) {
      await new Promise((resolve) => setTimeout(resolve, this.#stepMs));
      if (this.#paused) return false;
      notify({ type: 'progress', done: job.seeds.length * shown.step, total });
      notify({ type: 'point', point: this.#point(job, shown) });
    }
    return true;
  }

  async pause(): Promise<void> {
    this.pauses++;
    this.#paused = true;
  }

  #point({ seeds }: SeedsJob, { step, values }: ShownRow) {
    const losses = { bcLoss: 0.3 + Math.exp(-step / 700), criticLoss: 3 * Math.exp(-step / 400) };
    const others = seeds.map((seed) => ({ seed, metrics: metricsOf(seed, step), losses }));
    const rows = others.map(({ metrics }) => ({ ...losses, ...figuresOf(metrics) }));
    return { step, others, means: meansOver<string>([values, ...rows]) };
  }
}
