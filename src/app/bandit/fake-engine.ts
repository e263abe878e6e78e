/** An engine without learning, for tests of the page: samples drift from a blob at the origin to their modes. */
import { METHODS, type MethodId } from '../../bandit/methods.ts';
import { BANDIT_POINTS, type Mode } from '../../datasets/bandit.ts';
import { defaultExperiment, type Experiment } from '../../bandit/experiment.ts';
import {
  FRAME_SAMPLES,
  Q_RESOLUTION,
  type BanditMetrics,
  type DenoisingPaths,
  type TrainingEngine,
  type EngineEvent,
  type EngineInfo,
  type MethodFrame,
  type RunState,
  type SnapshotInfo,
  type SnapshotView,
} from '../../bandit/engine/protocol.ts';

const FINISH = 6000;
const INFO: EngineInfo = {
  backend: 'cpu',
  device: 'fake engine',
  softwareAdapter: false,
  note: 'No training happens.',
};

function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export class FakeEngine implements TrainingEngine {
  #experiment: Experiment = defaultExperiment();
  #methods: MethodId[] = [];
  #step = 0;
  #shown = 0;
  #state: RunState = 'loading';
  #listener: (event: EngineEvent) => Promise<void> | void = () => {};
  #timer: ReturnType<typeof setTimeout> | null = null;
  #snapshots: SnapshotInfo[] = [];
  /** Calls, by name, for tests. */
  readonly calls: string[] = [];
  readonly tickMs: number;

  constructor(tickMs = 100) {
    this.tickMs = tickMs;
  }

  async open(experiment: Experiment): Promise<EngineInfo> {
    this.calls.push('open');
    this.#stop();
    this.#experiment = structuredClone(experiment);
    this.#methods = [...experiment.methods];
    this.#rewind();
    await this.#setState('loading');
    await this.#setState('ready');
    return INFO;
  }

  async showPretrained(): Promise<void> {
    this.calls.push('showPretrained');
    this.#shown = FINISH;
    await this.#setState('showing-pretrained');
    await this.#sendFrames();
  }

  async play(): Promise<void> {
    this.calls.push('play');
    if (this.#state === 'showing-pretrained') this.#rewind();
    await this.#setState('running');
    this.#schedule();
  }

  async pause(): Promise<void> {
    this.calls.push('pause');
    this.#stop();
    await this.#setState('paused');
  }

  async step(count: number): Promise<void> {
    this.calls.push('step');
    if (this.#state === 'showing-pretrained') this.#rewind();
    this.#stop();
    this.#advance(count);
    await this.#sendFrames();
    await this.#setState('paused');
  }

  async reset(): Promise<void> {
    this.calls.push('reset');
    this.#stop();
    this.#rewind();
    await this.#setState('ready');
    await this.#sendFrames();
  }

  async setLive(): Promise<void> {
    this.calls.push('setLive');
  }

  async setSpeed(): Promise<void> {
    this.calls.push('setSpeed');
  }

  async setMethods(methods: MethodId[]): Promise<void> {
    this.calls.push('setMethods');
    this.#methods = [...methods];
    await this.#sendFrames();
  }

  async setBudget(budget: number): Promise<void> {
    this.calls.push('setBudget');
    this.#experiment.budget = budget;
  }

  async snapshots(): Promise<SnapshotInfo[]> {
    return [...this.#snapshots];
  }

  async snapshot(method: MethodId, step: number): Promise<SnapshotView> {
    const snapshot = this.#snapshots.findLast(({ step: at }) => at <= step);
    if (!snapshot) throw new Error(`There is no snapshot of ${METHODS[method].name} at or before step ${step}.`);
    const { samples, metrics, losses, q } = this.#frame(method, snapshot.step);
    return { method, step: snapshot.step, seconds: snapshot.seconds, samples, metrics, losses, q };
  }

  async denoise(method: MethodId, step: number | null, count: number): Promise<DenoisingPaths> {
    const at = step ?? this.#shown;
    const reverseSteps = method === 'diffusion-ql' ? 5 : 50;
    const end = this.#samples(method, at, count);
    const random = randomStream(77);
    const positions = new Float32Array((reverseSteps + 1) * count * 2);
    const noise = Float32Array.from({ length: count * 2 }, () => normal(random));
    for (let r = 0; r <= reverseSteps; r++) {
      const part = (r / reverseSteps) ** 0.8;
      for (let i = 0; i < count * 2; i++) positions[r * count * 2 + i] = noise[i]! * (1 - part) + end[i]! * part;
    }
    return { method, step: at, reverseSteps, count, positions };
  }

  async qAt(method: MethodId, x: number, y: number): Promise<number | null> {
    return METHODS[method].hasCritic ? this.#q(x, y) : null;
  }

  async data(): Promise<{ points: Float32Array; rewards: Float32Array }> {
    const random = randomStream(1);
    const { modes } = this.#experiment.data;
    const points = new Float32Array(BANDIT_POINTS * 2);
    const rewards = new Float32Array(BANDIT_POINTS);
    for (let i = 0; i < BANDIT_POINTS; i++) {
      const mode = modes[i % modes.length]!;
      points[2 * i] = mode.x + mode.sigma * normal(random);
      points[2 * i + 1] = mode.y + mode.sigma * normal(random);
      rewards[i] = mode.reward + 0.5 * normal(random);
    }
    return { points, rewards };
  }

  async exportWeights(): Promise<Uint8Array> {
    return new TextEncoder().encode('\x02\0\0\0\0\0\0\0{}');
  }

  async importWeights(method: MethodId): Promise<void> {
    throw new Error(`${METHODS[method].name}: tensor "policy.0.weight" should be [128, 2], but is [64, 2].`);
  }

  async rollback(): Promise<void> {
    this.calls.push('rollback');
    await this.#setState('paused');
  }

  async subscribe(listener: (event: EngineEvent) => Promise<void> | void): Promise<void> {
    this.#listener = listener;
  }

  async loseDevice(): Promise<void> {
    await this.#listener({ type: 'device-lost', reason: 'asked for', info: INFO, resumedFrom: this.#step });
  }

  /** For tests: emits an event as if the engine had. */
  async emit(event: EngineEvent): Promise<void> {
    if (event.type === 'state') this.#state = event.state;
    await this.#listener(event);
  }

  async #setState(state: RunState): Promise<void> {
    this.#state = state;
    await this.#listener({ type: 'state', state });
  }

  #rewind(): void {
    this.#step = 0;
    this.#shown = 0;
    this.#snapshots = [];
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #advance(count: number): void {
    this.#step = Math.min(this.#experiment.budget, this.#step + count);
    this.#shown = this.#step;
    this.#snapshots.push({ step: this.#step, seconds: this.#step / 400 });
  }

  async #tick(): Promise<void> {
    this.#advance(40);
    await this.#sendFrames();
    if (this.#state !== 'running') return;
    if (this.#step >= this.#experiment.budget) await this.#setState('finished');
    else this.#schedule();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#tick(), this.tickMs);
  }

  async #sendFrames(): Promise<void> {
    const frames = this.#methods.map((method) => this.#frame(method, this.#shown));
    await this.#listener({ type: 'frame', frames, elapsedSeconds: this.#step / 400 });
  }

  #samples(method: MethodId, step: number, count: number): Float32Array {
    const { modes } = this.#experiment.data;
    const info = METHODS[method];
    const random = randomStream(method.length * 31 + step);
    const learnt = 1 - Math.exp(-step / 900);
    const best = modes.reduce((a, b) => (b.reward > a.reward ? b : a));
    const samples = new Float32Array(count * 2);
    for (let i = 0; i < count; i++) {
      const uniform = modes[Math.floor(random() * modes.length)]!;
      const mode: Mode = info.row === 'q-learning' && random() < learnt ? best : uniform;
      const sharp = info.isDiffusion ? learnt : learnt * 0.5;
      samples[2 * i] = mode.x * sharp + normal(random) * (mode.sigma + 0.7 * (1 - sharp));
      samples[2 * i + 1] = mode.y * sharp + normal(random) * (mode.sigma + 0.7 * (1 - sharp));
    }
    return samples;
  }

  #q(x: number, y: number): number {
    const { modes } = this.#experiment.data;
    let total = 0;
    for (const mode of modes) total += mode.reward * Math.exp(-((x - mode.x) ** 2 + (y - mode.y) ** 2) / 0.5);
    return total;
  }

  #frame(method: MethodId, step: number): MethodFrame {
    const samples = this.#samples(method, step, FRAME_SAMPLES);
    let q: Float32Array | null = null;
    if (METHODS[method].hasCritic) {
      q = new Float32Array(Q_RESOLUTION * Q_RESOLUTION);
      for (let row = 0; row < Q_RESOLUTION; row++) {
        for (let column = 0; column < Q_RESOLUTION; column++) {
          const x = ((column + 0.5) / Q_RESOLUTION) * 2 - 1;
          q[row * Q_RESOLUTION + column] = this.#q(x, 1 - ((row + 0.5) / Q_RESOLUTION) * 2);
        }
      }
    }
    const losses: Record<string, number> = {
      bcLoss: 0.3 + Math.exp(-step / 700),
      criticLoss: 3 * Math.exp(-step / 400),
    };
    return {
      method,
      step,
      shipped: this.#state === 'showing-pretrained',
      seconds: step / 400,
      stepsPerSecond: 400,
      samples,
      metrics: measure(samples, this.#experiment.data.modes, step),
      losses,
      q,
    };
  }
}

function measure(samples: Float32Array, modes: readonly Mode[], step: number): BanditMetrics {
  const count = samples.length / 2;
  const nearest = modes.map(() => 0);
  const bestReward = Math.max(...modes.map((mode) => mode.reward));
  let inMode = 0;
  let inBest = 0;
  let reward = 0;
  for (let i = 0; i < count; i++) {
    const distances = modes.map((mode) => Math.hypot(samples[2 * i]! - mode.x, samples[2 * i + 1]! - mode.y));
    const at = distances.indexOf(Math.min(...distances));
    nearest[at]! += 1 / count;
    const mode = modes[at]!;
    if (distances[at]! > 3 * mode.sigma) continue;
    inMode += 1 / count;
    reward += mode.reward / count;
    if (mode.reward === bestReward) inBest += 1 / count;
  }
  const entropy = -nearest.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0);
  const value = 0.3 * Math.exp(-step / 800) + 0.001;
  return {
    inMode,
    nearest,
    inBest,
    totalVariation: nearest.reduce((sum, share) => sum + Math.abs(share - 1 / modes.length), 0) / 2,
    mmd2: { value, low: value * 0.8, high: value * 1.2 },
    meanReward: reward,
    regret: bestReward - reward,
    effectiveModes: Math.exp(entropy),
  };
}
