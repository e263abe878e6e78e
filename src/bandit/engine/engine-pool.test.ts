import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { METHOD_IDS, type MethodId } from '../methods.ts';
import { createAlgorithm } from '../registry.ts';
import { startBackend } from '../../tensor/backend.ts';
import { createTestEngine, tinyExperiment, openEngine, EngineHarness } from './engine-harness.ts';
import type { BanditEngine, EngineDependencies } from './engine.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { defaultExperiment, type Experiment } from '../experiment.ts';
import type { BackendChoice, BackendId, RunState, ShardEngine } from './protocol.ts';
import { decodeSafetensors } from '../../experiment/safetensors.ts';
import { methodCost, partitionByCost } from './partition.ts';
import { mergeStates } from './pool-members.ts';
import { EnginePool } from './engine-pool.ts';

const FOUR: MethodId[] = ['bc-mle', 'bc-cvae', 'td3-bc', 'diffusion-ql'];

interface TestPool {
  harness: EngineHarness<EnginePool>;
  engines: BanditEngine[];
  /** Engines that were ended. */
  ended: ShardEngine[];
  holderOf: (method: MethodId) => Promise<BanditEngine>;
}

async function openPool(
  experiment: Experiment,
  parts: Partial<EngineDependencies> = {},
  cores = 2,
  backend: BackendChoice = 'cpu',
): Promise<TestPool> {
  const engines: BanditEngine[] = [];
  const ended: ShardEngine[] = [];
  const pool = new EnginePool(() => {
    const engine = createTestEngine(parts);
    engines.push(engine);
    return { engine, end: () => ended.push(engine) };
  }, cores);
  const harness = await new EngineHarness(pool).open(experiment, backend);
  const holderOf = async (method: MethodId): Promise<BanditEngine> => {
    for (const engine of engines) if ((await engine.exportWeights(method).catch(() => null)) !== null) return engine;
    throw new Error(`Nobody has ${method}.`);
  };
  return { harness, engines, ended, holderOf };
}

describe('the states of several engines', () => {
  const merged = (...states: RunState[]): RunState =>
    mergeStates(states.map((state) => ({ state, isLosing: false, hasNoWeights: false })));

  it('the states of several engines merge into one, in any order', () => {
    const cases: [RunState, RunState, RunState][] = [
      ['lost', 'running', 'lost'],
      ['loading', 'ready', 'loading'],
      ['diverged', 'running', 'diverged'],
      ['diverged', 'paused', 'diverged'],
      ['running', 'paused', 'running'],
      ['running', 'finished', 'running'],
      ['running', 'ready', 'running'],
      ['finished', 'finished', 'finished'],
      ['finished', 'paused', 'paused'],
      ['finished', 'ready', 'paused'],
      ['paused', 'ready', 'paused'],
      ['showing-pretrained', 'showing-pretrained', 'showing-pretrained'],
      ['showing-pretrained', 'ready', 'ready'],
      ['ready', 'ready', 'ready'],
    ];
    for (const [a, b, state] of cases) {
      expect(merged(a, b), `${a} and ${b}`).toBe(state);
      expect(merged(b, a), `${b} and ${a}`).toBe(state);
    }
  });

  it('the pool shows shipped weights although one engine has none', () => {
    const showing = { state: 'showing-pretrained', isLosing: false, hasNoWeights: false } as const;
    expect(mergeStates([showing, { ...showing, state: 'ready', hasNoWeights: true }])).toBe('showing-pretrained');
  });
});

describe('the engines of a pool', () => {
  const BOTH: MethodId[] = ['bc-mle', 'bc-diffusion'];
  const trains = async ({ harness }: TestPool) => {
    await harness.engine.step(2);
    for (const method of BOTH) expect(harness.last(method).step).toBe(2);
  };
  /** A backend in name alone. */
  const called = async (backend: BackendId) => ({ ...(await startBackend('cpu')), backend });

  it('a pool has one engine on WebGPU, also for a later experiment', async () => {
    const made = await openPool(
      tinyExperiment(BOTH),
      { startBackend: (choice) => called(choice === 'auto' ? 'webgpu' : 'wasm') },
      4,
      'auto',
    );
    expect(made.engines).toHaveLength(2);
    expect(made.ended).toEqual([made.engines[1]]);
    await trains(made);
    await made.harness.engine.setMethods([...BOTH, 'bc-cvae']);
    const info = await made.harness.engine.open(tinyExperiment(BOTH), 'auto');
    expect(info).toMatchObject({ backend: 'webgpu', device: 'JavaScript' });
    expect(made.engines).toHaveLength(2);
    await made.harness.engine.open(tinyExperiment(BOTH), 'wasm');
    expect(made.engines).toHaveLength(3);
    await trains(made);
  });

  it('a pool keeps the engines whose backend starts, and divides the threads', async () => {
    const threads: (number | undefined)[] = [];
    const parts: Partial<EngineDependencies> = {
      startBackend: async (_choice, options) => {
        threads.push(options?.threads);
        if (threads.length === 2) throw new Error('no memory');
        return called('wasm');
      },
    };
    const made = await openPool(tinyExperiment([...BOTH, 'bc-cvae']), parts, 7, 'wasm');
    expect(threads).toEqual([2, 2, 2]);
    expect(made.ended).toHaveLength(1);
    await trains(made);
  });

  it('a pool has one engine for one core or one method', async () => {
    expect((await openPool(tinyExperiment(BOTH), {}, 1)).engines).toHaveLength(1);
    expect((await openPool(tinyExperiment(['bc-mle']))).engines).toHaveLength(1);
  });

  it('a pool runs on plain JavaScript if nothing else starts', async () => {
    const started: string[] = [];
    const parts: Partial<EngineDependencies> = {
      startBackend: async (choice) => {
        started.push(choice);
        if (choice === 'wasm') throw new Error('no WebAssembly');
        return startBackend('cpu');
      },
    };
    const made = await openPool(tinyExperiment(BOTH), parts, 2, 'auto');
    expect(started.sort()).toEqual(['auto', 'cpu', 'wasm']);
    expect(made.ended).toEqual([]);
    await trains(made);
  });
});

describe('the partition of methods', () => {
  it('the parts of a partition have about the same cost', () => {
    for (const preset of ['fast', 'paper'] as const) {
      const experiment: Experiment = { ...defaultExperiment(), preset };
      const cost = (method: MethodId) => methodCost(experiment, method);
      const loads = partitionByCost(METHOD_IDS, 2, cost).map((share) =>
        share.reduce((sum, method) => sum + cost(method), 0),
      );
      expect(Math.max(...loads) / Math.min(...loads)).toBeLessThan(1.1);
    }
  });
});

describe('a pool of engines', () => {
  it('a pool gives the bits of one engine, whatever the partition', async () => {
    const alone = await openEngine(tinyExperiment(FOUR));
    await alone.engine.step(30);
    const { harness, engines, holderOf } = await openPool(tinyExperiment(FOUR));
    expect(engines).toHaveLength(2);
    expect(await holderOf('bc-mle')).not.toBe(await holderOf('diffusion-ql'));
    await harness.engine.step(11);
    await harness.engine.step(19);
    for (const method of FOUR) {
      expect(await harness.weights(method)).toEqual(await alone.weights(method));
      expect(harness.last(method)).toMatchObject({ step: 30, metrics: alone.last(method).metrics });
      expect(harness.last(method).samples).toEqual(alone.last(method).samples);
    }
    // A file says of which experiment it is, not how that was shared out.
    const { metadata } = decodeSafetensors(await harness.engine.exportWeights('bc-mle'));
    expect(JSON.parse(metadata['experiment'] ?? '')).toMatchObject({ methods: FOUR });
  });

  it('a pool reports one state for steps, play and pause, and finishes once after the last frame', async () => {
    const { harness } = await openPool(tinyExperiment(FOUR, { budget: 40 }));
    expect(harness.states).toEqual(['loading', 'ready']);
    await harness.engine.step(3);
    expect(harness.states).toEqual(['loading', 'ready', 'paused']);
    for (const method of FOUR) expect(harness.last(method).step).toBe(3);
    await harness.engine.step(1);
    await harness.engine.play();
    await harness.engine.pause();
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(harness.states.slice(2)).toEqual(['paused', 'paused', 'running', 'paused', 'running', 'finished']);
    expect(harness.events.at(-1)).toEqual({ type: 'state', state: 'finished' });
    for (const method of FOUR) expect(harness.last(method).step).toBe(40);
    expect(harness.maxInFlight).toBe(1);
    await harness.engine.reset();
    expect(harness.states.at(-1)).toBe('ready');
    await harness.until(() => FOUR.every((method) => harness.last(method).step === 0), 'step 0');
  });

  it('a pool keeps a race by steps together although one engine is much slower', async () => {
    const parts: Partial<EngineDependencies> = {
      createAlgorithm: (method, ...rest) => {
        const algorithm = createAlgorithm(method, ...rest);
        const train = algorithm.trainStep.bind(algorithm);
        if (method === 'bear-mmd') {
          algorithm.trainStep = (...args) => {
            const end = performance.now() + 25;
            while (performance.now() < end);
            return train(...args);
          };
        }
        return algorithm;
      },
    };
    const { harness } = await openPool(
      tinyExperiment(['bc-mle', 'bc-diffusion', 'bear-mmd'], { budget: 100_000 }),
      parts,
    );
    await harness.engine.play();
    await sleep(1500);
    let widest = 0;
    for (let look = 0; look < 5; look++) {
      const steps = await Promise.all((['bc-mle', 'bc-diffusion', 'bear-mmd'] as const).map((m) => harness.step(m)));
      widest = Math.max(widest, Math.max(...steps) - Math.min(...steps));
      await sleep(50);
    }
    await harness.engine.pause();
    // Half a second of the slow one is about ten steps.
    expect(widest).toBeLessThanOrEqual(25);
    expect(await harness.step('bear-mmd')).toBeGreaterThan(0);
  });

  it('a pool keeps a race by seconds together', async () => {
    const race = { race: 'seconds', budget: 100_000 } as const;
    const { harness } = await openPool(tinyExperiment(['bc-mle', 'bc-diffusion', 'bear-mmd'], race));
    await harness.engine.play();
    await sleep(2500);
    await harness.engine.pause();
    for (const method of ['bc-mle', 'bc-diffusion', 'bear-mmd'] as const) {
      const step = await harness.step(method);
      await harness.until(() => harness.last(method).step === step, 'the last frame');
    }
    const seconds = (['bc-mle', 'bc-diffusion', 'bear-mmd'] as const).map((method) => harness.last(method).seconds);
    expect(Math.min(...seconds)).toBeGreaterThan(0.1);
    // A quarter of a second, and a step of the slowest on a machine that is busy.
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThan(0.8);
  });

  it('a running pool adds a method that catches up, and drops one', async () => {
    const { harness, engines } = await openPool(tinyExperiment(['diffusion-ql'], { budget: 60 }));
    expect(engines).toHaveLength(1);
    await harness.engine.setSpeed(100);
    await harness.engine.play();
    await harness.until(() => harness.frames('diffusion-ql').some(({ step }) => step > 5), 'progress');
    await harness.engine.setMethods(['bc-mle', 'diffusion-ql']);
    expect(engines).toHaveLength(2);
    expect(harness.states.at(-1)).toBe('running');
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    for (const method of ['bc-mle', 'diffusion-ql'] as const) expect(harness.last(method).step).toBe(60);
    expect(harness.states).toEqual(['loading', 'ready', 'running', 'finished']);

    await harness.engine.setMethods(['bc-mle']);
    await expect(harness.engine.qAt('diffusion-ql', 0, 0)).rejects.toThrow('not part of this experiment');
    await harness.engine.setMethods(['bc-mle', 'bc-cvae']);
    expect(engines).toHaveLength(2);
    expect(harness.states.at(-1)).toBe('paused');
    await harness.until(() => harness.frames('bc-cvae').length > 0, 'a look at step 0');
    expect(harness.last('bc-cvae').step).toBe(0);
    await harness.engine.setSpeed(null);
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(harness.last('bc-cvae').step).toBe(60);
    await harness.engine.setBudget(70);
    expect(harness.states.at(-1)).toBe('paused');
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    for (const method of ['bc-mle', 'bc-cvae'] as const) expect(harness.last(method).step).toBe(70);
  });

  it('all engines continue if the budget is raised before the last has finished', async () => {
    const { harness } = await openPool(tinyExperiment(['bc-mle', 'bear-mmd'], { budget: 30 }));
    await harness.engine.setSpeed(150);
    await harness.engine.play();
    await harness.engine.setBudget(60);
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    for (const method of ['bc-mle', 'bear-mmd'] as const) expect(harness.last(method).step).toBe(60);
    expect(harness.states).toEqual(['loading', 'ready', 'running', 'finished']);
  });

  it('a pool pauses if one method diverges, and rolls that method back', async () => {
    const { harness, holderOf } = await openPool(tinyExperiment(['bc-mle', 'bc-diffusion']));
    const { engine } = harness;
    await engine.step(10);
    const good = await harness.weights('bc-diffusion');
    await (await holderOf('bc-diffusion')).setLive({ learningRate: Number.NaN });
    await engine.play();
    await harness.until(() => harness.states.at(-1) === 'diverged', 'a divergence');
    expect(harness.events.filter(({ type }) => type === 'diverged')).toHaveLength(1);
    await expect(engine.play()).rejects.toThrow('not finite');
    await expect(engine.step(1)).rejects.toThrow('not finite');
    const rested = await harness.step('bc-mle');
    await sleep(100);
    expect(await harness.step('bc-mle')).toBe(rested);
    await engine.setLive({ learningRate: 1e-3 });
    await engine.rollback();
    expect(harness.states.at(-1)).toBe('paused');
    expect(await harness.weights('bc-diffusion')).toEqual(good);
    await expect(engine.rollback()).rejects.toThrow('Nothing diverged');
    await engine.step(2);
    expect(await harness.step('bc-mle')).toBe(rested + 2);
    expect(await harness.step('bc-diffusion')).toBe(12);
  });

  it('a pool ends `step(count)` if one method diverges meanwhile', async () => {
    const { harness, holderOf } = await openPool(tinyExperiment(['bc-mle', 'bc-diffusion'], { budget: 100_000 }));
    await harness.engine.step(5);
    await (await holderOf('bc-mle')).setLive({ learningRate: Number.NaN });
    await harness.engine.step(50_000);
    expect(harness.states.at(-1)).toBe('diverged');
  });

  it('a pool shows all shipped weights until others are imported', async () => {
    const maker = await openEngine(tinyExperiment(FOUR));
    await maker.engine.step(12);
    const files = new Map<MethodId, Uint8Array>();
    for (const method of FOUR.slice(1)) files.set(method, await maker.engine.exportWeights(method));
    const loadPretrained = (method: MethodId) => {
      const file = files.get(method);
      return file ? Promise.resolve(file) : Promise.reject(new Error('no such file'));
    };
    const { harness, holderOf } = await openPool(tinyExperiment(FOUR), { loadPretrained });
    await harness.engine.showPretrained();
    await harness.until(() => harness.states.at(-1) === 'showing-pretrained', 'the figure');
    expect(harness.states).toEqual(['loading', 'ready', 'showing-pretrained']);
    for (const method of FOUR.slice(1)) expect(harness.last(method)).toMatchObject({ step: 12, shipped: true });
    expect(harness.frames('bc-mle')).toEqual([]);

    await harness.engine.importWeights('td3-bc', files.get('td3-bc') as Uint8Array);
    expect(harness.states.at(-1)).toBe('paused');
    await harness.until(() => FOUR.every((method) => harness.frames(method).at(-1)?.shipped === false), 'all');
    for (const method of FOUR) expect(harness.last(method).step).toBe(method === 'td3-bc' ? 12 : 0);
    expect(await holderOf('td3-bc')).not.toBe(await holderOf('diffusion-ql'));
  });

  it('a pool reports missing shipped weights only if no engine has any', async () => {
    const { harness } = await openPool(tinyExperiment(['bc-mle', 'bc-cvae']));
    await expect(harness.engine.showPretrained()).rejects.toThrow('no such file');
    expect(harness.states.at(-1)).toBe('ready');
  });

  it('a pool reports the loss of all devices once, and continues', async () => {
    const { harness } = await openPool(tinyExperiment(['bc-mle', 'diffusion-ql']));
    await harness.engine.step(6);
    await harness.engine.loseDevice();
    expect(harness.states.slice(-2)).toEqual(['lost', 'paused']);
    const told = harness.events.filter(({ type }) => type === 'device-lost');
    expect(told).toEqual([expect.objectContaining({ resumedFrom: 6 })]);
    expect(told[0]?.type === 'device-lost' && told[0].info.device).toBe('JavaScript, 2 workers');
    await harness.engine.step(2);
    for (const method of ['bc-mle', 'diffusion-ql'] as const) expect(harness.last(method).step).toBe(8);
  });
});
