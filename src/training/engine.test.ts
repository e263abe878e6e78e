import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { MethodId } from '../algorithms/catalogue.ts';
import { startBackend } from '../tensor/backend.ts';
import { BanditEngine, type EngineParts } from './engine.ts';
import { sleep } from './event-loop.ts';
import { defaultExperiment, type Experiment } from './experiment.ts';
import type { BackendChoice, EngineEvent, MethodFrame, RunState } from './protocol.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsInput } from './safetensors.ts';

/** Small enough for the plain JavaScript backend. */
function small(methods: MethodId[], change: Partial<Experiment> = {}): Experiment {
  const settings = { hidden: 8, batchSize: 8, diffusionSteps: 3, ...change.settings };
  return { ...defaultExperiment(), methods, budget: 1000, ...change, settings };
}

const none = { loadPretrained: () => Promise.reject(new Error('no such file')) };

class Visitor {
  readonly engine: BanditEngine;
  readonly events: EngineEvent[] = [];
  /** Most frames that were on their way at once. */
  mostInFlight = 0;
  /** How long a frame takes to be drawn. */
  drawMs = 0;
  #inFlight = 0;

  constructor(parts: Partial<EngineParts> = {}) {
    this.engine = new BanditEngine({ ...none, ...parts });
  }

  async open(experiment: Experiment, backend: BackendChoice = 'cpu'): Promise<this> {
    await this.engine.subscribe(async (event) => {
      this.events.push(event);
      if (event.type !== 'frame') return;
      this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
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

  /** The step that a method is at, whether or not it was looked at. */
  async step(method: MethodId): Promise<number> {
    return Number(decodeSafetensors(await this.engine.exportWeights(method)).metadata['step']);
  }

  async weights(method: MethodId): Promise<Record<string, Float32Array | Int32Array>> {
    const { tensors } = decodeSafetensors(await this.engine.exportWeights(method));
    return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
  }
}

const visitors: Visitor[] = [];

async function visit(experiment: Experiment, parts: Partial<EngineParts> = {}): Promise<Visitor> {
  const visitor = new Visitor(parts);
  visitors.push(visitor);
  return visitor.open(experiment);
}

afterEach(async () => {
  for (const { engine } of visitors.splice(0)) await engine.dispose();
});

describe('a run', () => {
  it('opens, plays to its budget with all methods at the same step, and says so after the last frame', async () => {
    const visitor = await visit(small(['bc-mle', 'bc-diffusion'], { budget: 30 }));
    expect(visitor.states).toEqual(['loading', 'ready']);
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.events.at(-1)).toEqual({ type: 'state', state: 'finished' });
    for (const method of ['bc-mle', 'bc-diffusion'] as const) {
      expect(visitor.last(method).step).toBe(30);
      expect(visitor.last(method).samples).toHaveLength(1000);
      expect(visitor.last(method).losses['bcLoss']).toBeTypeOf('number');
    }
  });

  it('pauses, steps by a number, and goes on', async () => {
    const visitor = await visit(small(['bc-mle', 'diffusion-ql']));
    await visitor.engine.step(7);
    expect(visitor.last('diffusion-ql').step).toBe(7);
    expect(visitor.last('diffusion-ql').q).toHaveLength(48 * 48);
    await visitor.engine.play();
    await visitor.until(() => visitor.last('bc-mle').step > 20, 'progress');
    await visitor.engine.pause();
    expect(visitor.states.at(-1)).toBe('paused');
    const step = await visitor.step('bc-mle');
    await visitor.until(() => visitor.last('bc-mle').step === step, 'the last frame');
    await sleep(50);
    expect(await visitor.step('bc-mle')).toBe(step);
    await visitor.engine.step(1);
    expect(visitor.last('bc-mle').step).toBe(step + 1);
  });

  it('starts again from the same weights after a reset', async () => {
    const visitor = await visit(small(['bc-mle']));
    await visitor.engine.step(5);
    const first = await visitor.weights('bc-mle');
    await visitor.engine.reset();
    expect(visitor.states.at(-1)).toBe('ready');
    await visitor.engine.step(5);
    expect(await visitor.weights('bc-mle')).toEqual(first);
  });

  it('gives each method the same time in a race by seconds', async () => {
    const visitor = await visit(small(['bc-mle', 'bear-mmd'], { race: 'seconds', budget: 100_000 }));
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('bear-mmd').length > 3, 'frames');
    await visitor.engine.pause();
    await visitor.until(() => visitor.last('bc-mle').step > 3 * visitor.last('bear-mmd').step, 'the fast one ahead');
    const [mle, bear] = [visitor.last('bc-mle').seconds, visitor.last('bear-mmd').seconds];
    expect(Math.abs(mle - bear)).toBeLessThan(0.5 * Math.max(mle, bear));
  });

  it('keeps to a speed limit', async () => {
    const visitor = await visit(small(['bc-mle']));
    await visitor.engine.setSpeed(20);
    const began = performance.now();
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('bc-mle').some(({ step }) => step >= 10), 'ten steps');
    await visitor.engine.pause();
    expect(performance.now() - began).toBeGreaterThan(400);
    await visitor.until(() => visitor.states.at(-1) === 'paused', 'the pause');
    const seconds = (performance.now() - began) / 1000;
    expect(visitor.last('bc-mle').step).toBeLessThan(20 * seconds + 3);
  });

  it('adds a method at step 0 that catches up, and drops one', async () => {
    const visitor = await visit(small(['bc-mle'], { budget: 40 }));
    await visitor.engine.step(40);
    expect(visitor.states.at(-1)).toBe('finished');
    await visitor.engine.setMethods(['bc-mle', 'bc-cvae']);
    expect(visitor.states.at(-1)).toBe('paused');
    await visitor.until(() => visitor.frames('bc-cvae').length > 0, 'a look at step 0');
    expect(visitor.last('bc-cvae').step).toBe(0);
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.last('bc-cvae').step).toBe(40);
    await visitor.engine.setMethods(['bc-cvae']);
    await expect(visitor.engine.qAt('bc-mle', 0, 0)).rejects.toThrow('not part of this experiment');
  });

  it('finishes at step 0 under a budget of 0', async () => {
    const visitor = await visit(small(['bc-mle'], { budget: 0 }));
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.last('bc-mle').step).toBe(0);
    await visitor.engine.setBudget(3);
    await visitor.engine.play();
    await visitor.until(() => visitor.last('bc-mle').step === 3, 'the rest');
  });

  it('finishes later under a larger budget', async () => {
    const visitor = await visit(small(['bc-mle'], { budget: 5 }));
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    await visitor.engine.setBudget(8);
    expect(visitor.states.at(-1)).toBe('paused');
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.last('bc-mle').step).toBe(8);
  });

  it('sends no frame before the last one was taken, and at most ten a second', async () => {
    const visitor = await visit(small(['bc-mle', 'bc-diffusion']));
    visitor.drawMs = 130;
    const began = performance.now();
    await visitor.engine.play();
    await sleep(700);
    await visitor.engine.pause();
    const frames = visitor.events.filter((event) => event.type === 'frame').length;
    expect(frames).toBeGreaterThan(1);
    expect(frames).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 130));
    expect(visitor.mostInFlight).toBe(1);
  });
});

describe('the same bits', () => {
  it('whether or not anybody looked, paused, or others trained beside', async () => {
    const quiet = await visit(small(['diffusion-ql']));
    await quiet.engine.step(24);
    const expected = await quiet.weights('diffusion-ql');

    const busy = await visit(small(['bc-diffusion', 'diffusion-ql']));
    const { engine } = busy;
    await engine.step(9);
    await engine.denoise('diffusion-ql', null, 16);
    await engine.denoise('diffusion-ql', 9, 16);
    await engine.qAt('diffusion-ql', 0.3, -0.2);
    await engine.snapshot('diffusion-ql', 9);
    await engine.play();
    await engine.pause();
    const { step } = await engine.snapshots('diffusion-ql').then((kept) => kept.at(-1) ?? { step: 0 });
    await engine.denoise('diffusion-ql', step, 4);
    await busy.until(() => busy.states.at(-1) === 'paused', 'the pause');
    for (;;) {
      const left = 24 - (await busy.step('diffusion-ql'));
      if (left <= 0) break;
      await engine.step(left);
    }
    expect(await busy.step('diffusion-ql')).toBe(24);
    expect(await busy.weights('diffusion-ql')).toEqual(expected);
  });

  it('on another device after the first is lost', async () => {
    const steady = await visit(small(['bc-mle', 'diffusion-ql']));
    await steady.engine.step(20);
    const expected = await steady.weights('diffusion-ql');

    const shaken = await visit(small(['bc-mle', 'diffusion-ql']));
    await shaken.engine.step(12);
    await shaken.engine.loseDevice();
    expect(shaken.events).toContainEqual(expect.objectContaining({ type: 'device-lost', resumedFrom: 12 }));
    expect(shaken.states.slice(-2)).toEqual(['lost', 'paused']);
    await shaken.engine.step(8);
    expect(await shaken.weights('diffusion-ql')).toEqual(expected);
    expect((await shaken.engine.snapshots('diffusion-ql')).map(({ step }) => step)).toContain(12);
  });

  it('on wasm where WebGPU does not come back, in turns of several steps as without', async () => {
    const steady = await visit(small(['bc-mle', 'diffusion-ql']));
    await steady.engine.step(40);
    const expected = await steady.weights('diffusion-ql');

    // WebGPU in name alone: what is tested is the way that it is used, and lost.
    const started: string[] = [];
    let lose: (reason: string) => void = () => undefined;
    const parts: Partial<EngineParts> = {
      startBackend: async (choice) => {
        started.push(choice);
        if (choice === 'webgpu') throw new Error('no adapter');
        return { ...(await startBackend('cpu')), backend: choice === 'auto' ? 'webgpu' : 'wasm' };
      },
      onDeviceLost: (listener) => {
        lose = listener;
        return () => undefined;
      },
      loseDevice: () => lose('the driver crashed'),
    };
    const visitor = new Visitor(parts);
    visitors.push(visitor);
    await visitor.open(small(['bc-mle', 'diffusion-ql'], { budget: 40 }), 'auto');
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('diffusion-ql').some(({ step }) => step > 0), 'a frame');
    await visitor.engine.loseDevice();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(started).toEqual(['auto', 'webgpu', 'wasm']);
    const told = visitor.events.find(({ type }) => type === 'device-lost');
    expect(told).toMatchObject({ reason: 'the driver crashed', info: { backend: 'wasm' } });
    expect(told?.type === 'device-lost' && told.info.note).toContain('no adapter');
    expect(await visitor.weights('diffusion-ql')).toEqual(expected);
  });

  it('goes on by itself if the device is lost while training', async () => {
    const visitor = await visit(small(['bc-mle']));
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('bc-mle').length > 1, 'frames');
    await visitor.engine.loseDevice();
    const before = visitor.last('bc-mle').step;
    await visitor.until(() => visitor.last('bc-mle').step > before + 20, 'progress');
    expect(visitor.states.at(-1)).toBe('running');
  });

  it('holds as many tensors after many looks as after few', async () => {
    const visitor = await visit(small(['bc-diffusion', 'bcq'], { budget: 100_000 }));
    await visitor.engine.step(20);
    await visitor.engine.denoise('bc-diffusion', 20, 8);
    await visitor.engine.step(60);
    const { numTensors } = memory();
    await visitor.engine.denoise('bc-diffusion', 20, 8);
    await visitor.engine.qAt('bcq', 0, 0);
    await visitor.engine.step(100);
    expect(memory().numTensors).toBe(numTensors);
  });
});

describe('live settings', () => {
  it('act at once, stay over a reset, and leave others alone', async () => {
    const visitor = await visit(small(['diffusion-ql']));
    await visitor.engine.step(5);
    await visitor.engine.setLive({ eta: 0, hidden: 16 });
    await visitor.engine.step(5);
    const changed = await visitor.weights('diffusion-ql');
    const { metadata } = decodeSafetensors(await visitor.engine.exportWeights('diffusion-ql'));
    expect(JSON.parse(metadata['experiment'] ?? '')).toMatchObject({ settings: { eta: 0, hidden: 8 } });

    const plain = await visit(small(['diffusion-ql']));
    await plain.engine.step(10);
    expect(await plain.weights('diffusion-ql')).not.toEqual(changed);
  });
});

describe('a run that turns non-finite', () => {
  it('pauses, names the quantity, and rolls back to the last good moment', async () => {
    const visitor = await visit(small(['bc-mle', 'bc-diffusion']));
    const { engine } = visitor;
    await engine.step(30);
    const good = { 'bc-mle': await visitor.weights('bc-mle'), 'bc-diffusion': await visitor.weights('bc-diffusion') };
    await engine.setLive({ learningRate: Number.NaN });
    await engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'diverged', 'a divergence');
    await expect(engine.play()).rejects.toThrow('not finite');
    const told = () => visitor.events.flatMap((event) => (event.type === 'diverged' ? [event] : []));
    for (const { quantity, step, goodStep } of told()) {
      // The first bad update shows in the weights, if they are looked at right then, or in the loss of the next step.
      expect(`${quantity} at ${step}`).toMatch(/^(actor.* at 31|bcLoss at 32)$/);
      expect(goodStep).toBe(30);
    }
    await engine.setLive({ learningRate: 1e-3 });
    await engine.rollback();
    expect(visitor.states.at(-1)).toBe('paused');
    for (const { method } of told()) {
      expect(await visitor.weights(method)).toEqual(good[method as keyof typeof good]);
    }
    await expect(engine.rollback()).rejects.toThrow('Nothing diverged');
    // The other method may have had its share of the bad rate: it is found in turn.
    await engine.step(3);
    if (visitor.states.at(-1) === 'diverged') {
      await engine.rollback();
      await engine.step(3);
    }
    await engine.step(3);
    expect(visitor.last('bc-mle').losses['bcLoss']).toSatisfy(Number.isFinite);
  });
});

describe('kept moments', () => {
  it('show earlier samples, and their denoising by the policy of then', async () => {
    const visitor = await visit(small(['bc-diffusion']));
    await visitor.engine.step(3);
    const then = await visitor.engine.denoise('bc-diffusion', null, 10);
    expect(then.positions).toHaveLength(4 * 10 * 2);
    const { samples, losses } = visitor.last('bc-diffusion');
    await visitor.engine.step(30);
    const kept = (await visitor.engine.snapshots('bc-diffusion')).map(({ step }) => step);
    expect(kept).toEqual(expect.arrayContaining([0, 3, 33]));
    const view = await visitor.engine.snapshot('bc-diffusion', 32);
    expect(view.step).toBe(3);
    expect(view.samples).toEqual(samples);
    expect(view.losses).toEqual(losses);
    expect(Object.keys(losses)).not.toEqual([]);
    expect((await visitor.engine.snapshot('bc-diffusion', 0)).losses).toEqual({});
    const again = await visitor.engine.denoise('bc-diffusion', 10, 10);
    expect(again).toEqual(then);
    expect(await visitor.engine.denoise('bc-diffusion', null, 10)).not.toEqual(then);
    await expect(visitor.engine.snapshot('bc-diffusion', -1)).rejects.toThrow('no kept moment');
  });

  it('have no reverse process where the method has none', async () => {
    const visitor = await visit(small(['bc-mle']));
    await visitor.engine.step(1);
    await expect(visitor.engine.denoise('bc-mle', null, 10)).rejects.toThrow('no reverse process');
    await expect(visitor.engine.denoise('bc-mle', 1, 10)).rejects.toThrow('no reverse process');
    expect(await visitor.engine.qAt('bc-mle', 0, 0)).toBeNull();
  });
});

describe('weights', () => {
  it('come back as they went, and the frame shows them', async () => {
    const source = await visit(small(['diffusion-ql']));
    await source.engine.step(15);
    const bytes = await source.engine.exportWeights('diffusion-ql');
    const { metadata, tensors } = decodeSafetensors(bytes);
    expect(metadata).toMatchObject({ method: 'diffusion-ql', step: '15', preset: 'fast' });
    expect(tensors['actor.time_mlp.1.weight']?.shape).toEqual([32, 16]);
    expect(tensors['critic.q1_model.0.weight']?.shape).toEqual([8, 4]);

    const target = await visit(small(['diffusion-ql'], { seed: 5 }));
    await target.engine.importWeights('diffusion-ql', bytes);
    expect(await target.weights('diffusion-ql')).toEqual(await source.weights('diffusion-ql'));
    await target.until(() => target.frames('diffusion-ql').length > 0, 'a frame');
    expect(target.last('diffusion-ql').step).toBe(15);
  });

  it('are refused before anything changes when they do not fit', async () => {
    const visitor = await visit(small(['diffusion-ql', 'bc-mle']));
    const before = await visitor.weights('diffusion-ql');
    const bytes = await visitor.engine.exportWeights('diffusion-ql');
    const { metadata, ...file } = decodeSafetensors(bytes);
    const tensors: Record<string, SafetensorsInput> = {};
    for (const [key, { shape, data }] of Object.entries(file.tensors)) tensors[key] = { shape, data };
    const refuse = (change: typeof tensors) =>
      expect(visitor.engine.importWeights('diffusion-ql', encodeSafetensors(change, metadata))).rejects;
    const name = 'critic.q2_model.6.bias';
    const { [name]: removed, ...rest } = tensors;
    expect(removed).toBeDefined();
    await refuse(rest).toThrow(`Tensor "${name}" is missing; expected shape [1].`);
    const wide = { dtype: 'F32' as const, shape: [2], data: new Float32Array(2) };
    await refuse({ ...tensors, [name]: wide }).toThrow(`Tensor "${name}" has shape [2]; this network needs [1].`);
    const bad = { dtype: 'F32' as const, shape: [1], data: new Float32Array([Number.NaN]) };
    await refuse({ ...tensors, [name]: bad }).toThrow('not finite');
    await refuse({ ...tensors, 'actor.other': wide }).toThrow('"actor.other" belongs to no network');
    await expect(visitor.engine.importWeights('bc-mle', bytes)).rejects.toThrow('weights of Diffusion-QL');
    await expect(visitor.engine.importWeights('diffusion-ql', bytes.slice(0, 500))).rejects.toThrow('safetensors');
    expect(await visitor.weights('diffusion-ql')).toEqual(before);
  });
});

describe('shipped weights', () => {
  const PAINTED = [{ x: 0, y: 0, reward: 1 }];

  it('are shown at once, and leave a fresh run alone', async () => {
    const maker = await visit(small(['bc-diffusion', 'bc-mle'], { seed: 3 }));
    await maker.engine.step(12);
    const files = {
      'bc-diffusion': await maker.engine.exportWeights('bc-diffusion'),
      'bc-mle': await maker.engine.exportWeights('bc-mle'),
    };
    const loadPretrained = (method: MethodId) =>
      method === 'bc-diffusion' || method === 'bc-mle'
        ? Promise.resolve(files[method])
        : Promise.reject(new Error('no such file'));

    const plain = await visit(small(['bc-diffusion', 'bc-cvae']));
    await plain.engine.step(4);
    const expected = await plain.weights('bc-diffusion');

    const visitor = await visit(small(['bc-diffusion', 'bc-cvae']), { loadPretrained });
    await visitor.engine.showPretrained();
    await visitor.until(() => visitor.states.at(-1) === 'showing-pretrained', 'the figure');
    expect(visitor.last('bc-diffusion')).toMatchObject({ step: 12, shipped: true });
    expect(visitor.last('bc-diffusion').samples).toEqual(maker.last('bc-diffusion').samples);
    expect(visitor.frames('bc-cvae')).toEqual([]);
    expect((await visitor.engine.denoise('bc-diffusion', null, 5)).step).toBe(12);
    await visitor.engine.setMethods(['bc-mle', 'bc-diffusion', 'bc-cvae']);
    await visitor.until(() => visitor.frames('bc-mle').length > 0, 'the added one');
    expect(visitor.last('bc-mle').step).toBe(12);
    await visitor.engine.step(4);
    expect(visitor.last('bc-diffusion')).toMatchObject({ step: 4, shipped: false });
    expect(await visitor.weights('bc-diffusion')).toEqual(expected);
  });

  it('are neither fetched nor shown for other data', async () => {
    const { data } = defaultExperiment();
    const moved = data.modes.map((mode) => ({ ...mode, x: mode.x / 2 }));
    for (const change of [{ modes: moved }, { painted: PAINTED }]) {
      let fetched = 0;
      const visitor = await visit(small(['bc-mle'], { data: { ...data, placement: 'custom', ...change } }), {
        loadPretrained: () => Promise.reject(new Error(`fetched ${++fetched}`)),
      });
      await expect(visitor.engine.showPretrained()).rejects.toThrow('these data');
      expect(fetched).toBe(0);
    }
  });

  it('that were made for other data are not shown', async () => {
    const maker = await visit(small(['bc-mle'], { data: { ...defaultExperiment().data, painted: PAINTED } }));
    const bytes = await maker.engine.exportWeights('bc-mle');
    const visitor = await visit(small(['bc-mle']), { loadPretrained: () => Promise.resolve(bytes) });
    await expect(visitor.engine.showPretrained()).rejects.toThrow('these data');
  });

  it('give way to imported ones: the other methods show where they stand', async () => {
    const maker = await visit(small(['bc-diffusion', 'bc-mle']));
    await maker.engine.step(12);
    const files = new Map<MethodId, Uint8Array>();
    for (const method of ['bc-diffusion', 'bc-mle'] as const) {
      files.set(method, await maker.engine.exportWeights(method));
    }
    const loadPretrained = (method: MethodId) => Promise.resolve(files.get(method) as Uint8Array);
    const visitor = await visit(small(['bc-diffusion', 'bc-mle']), { loadPretrained });
    await visitor.engine.showPretrained();
    await visitor.until(() => visitor.states.at(-1) === 'showing-pretrained', 'the figure');
    await visitor.engine.importWeights('bc-mle', files.get('bc-mle') as Uint8Array);
    await visitor.until(() => !visitor.last('bc-mle').shipped && !visitor.last('bc-diffusion').shipped, 'both');
    expect(visitor.last('bc-mle').step).toBe(12);
    expect(visitor.last('bc-diffusion').step).toBe(0);
  });
});
