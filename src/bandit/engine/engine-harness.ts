/** For tests of the engine: acts as the page. */
import { afterEach } from 'vitest';
import type { MethodId } from '../methods.ts';
import { BanditEngine, type EngineDependencies } from './engine.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { defaultExperiment, type Experiment } from '../experiment.ts';
import type { BackendChoice, TrainingEngine, EngineEvent, MethodFrame, RunState } from './protocol.ts';
import { decodeSafetensors } from '../../experiment/safetensors.ts';

/** Small enough for the plain JavaScript backend. */
export function tinyExperiment(methods: MethodId[], change: Partial<Experiment> = {}): Experiment {
  const settings = { hidden: 8, batchSize: 8, diffusionSteps: 3, ...change.settings };
  return { ...defaultExperiment(), methods, budget: 1000, ...change, settings };
}

const none = { loadPretrained: () => Promise.reject(new Error('no such file')) };

/** Opens an engine as the page does, and records its events. */
export class EngineHarness<Kind extends TrainingEngine = TrainingEngine> {
  readonly engine: Kind;
  readonly events: EngineEvent[] = [];
  /** Most frames that were in flight at once. */
  maxInFlight = 0;
  /** How long a frame takes to be drawn. */
  drawMs = 0;
  #inFlight = 0;

  constructor(engine: Kind) {
    this.engine = engine;
  }

  async open(experiment: Experiment, backend: BackendChoice): Promise<this> {
    await this.engine.subscribe(async (event) => {
      this.events.push(event);
      if (event.type !== 'frame') return;
      this.maxInFlight = Math.max(this.maxInFlight, ++this.#inFlight);
      if (this.drawMs > 0) await sleep(this.drawMs);
      this.#inFlight--;
    });
    await this.engine.open(experiment, backend);
    return this;
  }

  get states(): RunState[] {
    return this.events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
  }

  frames(method: MethodId): MethodFrame[] {
    return this.events
      .flatMap((event) => (event.type === 'frame' ? event.frames : []))
      .filter((frame) => frame.method === method);
  }

  last(method: MethodId): MethodFrame {
    const frame = this.frames(method).at(-1);
    if (!frame) throw new Error(`There is no frame of ${method}.`);
    return frame;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + 20_000;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`Waited in vain for ${what}: ${this.states.join(' ')}`);
      await sleep(5);
    }
  }

  /** The present step of a method, whether or not it was evaluated. */
  async step(method: MethodId): Promise<number> {
    return Number(decodeSafetensors(await this.engine.exportWeights(method)).metadata['step']);
  }

  async weights(method: MethodId): Promise<Record<string, Float32Array | Int32Array>> {
    const { tensors } = decodeSafetensors(await this.engine.exportWeights(method));
    return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
  }
}

const engines: BanditEngine[] = [];

/** An engine that is disposed after the test. */
export function createTestEngine(parts: Partial<EngineDependencies> = {}): BanditEngine {
  const engine = new BanditEngine({ ...none, ...parts });
  engines.push(engine);
  return engine;
}

/** A harness with an engine that is opened. */
export async function openEngine(
  experiment: Experiment,
  parts: Partial<EngineDependencies> = {},
  backend: BackendChoice = 'cpu',
): Promise<EngineHarness<BanditEngine>> {
  return new EngineHarness(createTestEngine(parts)).open(experiment, backend);
}

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});
