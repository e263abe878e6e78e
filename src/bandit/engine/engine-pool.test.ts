import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { METHOD_IDS, type MethodId } from '../methods.ts';
import { createAlgorithm } from '../registry.ts';
import { startBackend } from '../../tensor/backend.ts';
import { makeEngine, smallExperiment, openEngine, EngineHarness } from './engine-harness.ts';
import type { BanditEngine, EngineDependencies } from './engine.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { defaultExperiment, type Experiment } from '../experiment.ts';
import type { BackendChoice, BackendId, RunState, ShardEngine } from './protocol.ts';
import { decodeSafetensors } from '../../experiment/safetensors.ts';
import { methodCost, partitionByCost } from './partition.ts';
import { mergeStates } from './pool-members.ts';
import { EnginePool } from './engine-pool.ts';

const FOUR: MethodId[] = ['bc-mle', 'bc-cvae', 'td3-bc', 'diffusion-ql'];

interface Team {
  visitor: EngineHarness<EnginePool>;
  engines: BanditEngine[];
  /** Engines that were ended. */
  ended: ShardEngine[];
  holderOf: (method: MethodId) => Promise<BanditEngine>;
}

async function team(
  experiment: Experiment,
  parts: Partial<EngineDependencies> = {},
  cores = 2,
  backend: BackendChoice = 'cpu',
): Promise<Team> {
  const engines: BanditEngine[] = [];
  const ended: ShardEngine[] = [];
  const whole = new EnginePool(() => {
    const engine = makeEngine(parts);
    engines.push(engine);
    return { engine, end: () => ended.push(engine) };
  }, cores);
  const visitor = await new EngineHarness(whole).open(experiment, backend);
  const holderOf = async (method: MethodId): Promise<BanditEngine> => {
    for (const engine of engines) if ((await engine.exportWeights(method).catch(() => null)) !== null) return engine;
    throw new Error(`Nobody has ${method}.`);
  };
  return { visitor, engines, ended, holderOf };
}

describe('the states of several engines', () => {
  const merged = (...states: RunState[]): RunState =>
    mergeStates(states.map((state) => ({ state, isLosing: false, hasNoWeights: false })));

  it('come to one, in whichever order they are told', () => {
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

  it('do not wait for an engine that has no shipped weights', () => {
    const showing = { state: 'showing-pretrained', isLosing: false, hasNoWeights: false } as const;
    expect(mergeStates([showing, { ...showing, state: 'ready', hasNoWeights: true }])).toBe('showing-pretrained');
  });
});

describe('who is in a team', () => {
  const BOTH: MethodId[] = ['bc-mle', 'bc-diffusion'];
  const trains = async ({ visitor }: Team) => {
    await visitor.engine.step(2);
    for (const method of BOTH) expect(visitor.last(method).step).toBe(2);
  };
  /** A backend in name alone. */
  const called = async (backend: BackendId) => ({ ...(await startBackend('cpu')), backend });

  it('is one engine on WebGPU, of a later experiment too', async () => {
    const made = await team(
      smallExperiment(BOTH),
      { startBackend: (choice) => called(choice === 'auto' ? 'webgpu' : 'wasm') },
      4,
      'auto',
    );
    expect(made.engines).toHaveLength(2);
    expect(made.ended).toEqual([made.engines[1]]);
    await trains(made);
    await made.visitor.engine.setMethods([...BOTH, 'bc-cvae']);
    const info = await made.visitor.engine.open(smallExperiment(BOTH), 'auto');
    expect(info).toMatchObject({ backend: 'webgpu', device: 'JavaScript' });
    expect(made.engines).toHaveLength(2);
    await made.visitor.engine.open(smallExperiment(BOTH), 'wasm');
    expect(made.engines).toHaveLength(3);
    await trains(made);
  });

  it('is as many as have a backend, on as many threads as there is room for', async () => {
    const threads: (number | undefined)[] = [];
    const parts: Partial<EngineDependencies> = {
      startBackend: async (_choice, options) => {
        threads.push(options?.threads);
        if (threads.length === 2) throw new Error('no memory');
        return called('wasm');
      },
    };
    const made = await team(smallExperiment([...BOTH, 'bc-cvae']), parts, 7, 'wasm');
    expect(threads).toEqual([2, 2, 2]);
    expect(made.ended).toHaveLength(1);
    await trains(made);
  });

  it('is one where there is one core, or one method', async () => {
    expect((await team(smallExperiment(BOTH), {}, 1)).engines).toHaveLength(1);
    expect((await team(smallExperiment(['bc-mle']))).engines).toHaveLength(1);
  });

  it('is on plain JavaScript where that is all there is', async () => {
    const started: string[] = [];
    const parts: Partial<EngineDependencies> = {
      startBackend: async (choice) => {
        started.push(choice);
        if (choice === 'wasm') throw new Error('no WebAssembly');
        return startBackend('cpu');
      },
    };
    const made = await team(smallExperiment(BOTH), parts, 2, 'auto');
    expect(started.sort()).toEqual(['auto', 'cpu', 'wasm']);
    expect(made.ended).toEqual([]);
    await trains(made);
  });
});

describe('shares', () => {
  it('cost about the same', () => {
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

describe('a team of engines', () => {
  it('gives the bits of one engine, however the methods are shared out', async () => {
    const alone = await openEngine(smallExperiment(FOUR));
    await alone.engine.step(30);
    const { visitor, engines, holderOf } = await team(smallExperiment(FOUR));
    expect(engines).toHaveLength(2);
    expect(await holderOf('bc-mle')).not.toBe(await holderOf('diffusion-ql'));
    await visitor.engine.step(11);
    await visitor.engine.step(19);
    for (const method of FOUR) {
      expect(await visitor.weights(method)).toEqual(await alone.weights(method));
      expect(visitor.last(method)).toMatchObject({ step: 30, metrics: alone.last(method).metrics });
      expect(visitor.last(method).samples).toEqual(alone.last(method).samples);
    }
    // A file says of which experiment it is, not how that was shared out.
    const { metadata } = decodeSafetensors(await visitor.engine.exportWeights('bc-mle'));
    expect(JSON.parse(metadata['experiment'] ?? '')).toMatchObject({ methods: FOUR });
  });

  it('tells one state: steps, plays, pauses, finishes once after the last frame', async () => {
    const { visitor } = await team(smallExperiment(FOUR, { budget: 40 }));
    expect(visitor.states).toEqual(['loading', 'ready']);
    await visitor.engine.step(3);
    expect(visitor.states).toEqual(['loading', 'ready', 'paused']);
    for (const method of FOUR) expect(visitor.last(method).step).toBe(3);
    await visitor.engine.step(1);
    await visitor.engine.play();
    await visitor.engine.pause();
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.states.slice(2)).toEqual(['paused', 'paused', 'running', 'paused', 'running', 'finished']);
    expect(visitor.events.at(-1)).toEqual({ type: 'state', state: 'finished' });
    for (const method of FOUR) expect(visitor.last(method).step).toBe(40);
    expect(visitor.maxInFlight).toBe(1);
    await visitor.engine.reset();
    expect(visitor.states.at(-1)).toBe('ready');
    await visitor.until(() => FOUR.every((method) => visitor.last(method).step === 0), 'step 0');
  });

  it('keeps a race by steps together, also where one engine is much slower', async () => {
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
    const { visitor } = await team(smallExperiment(['bc-mle', 'bc-diffusion', 'bear-mmd'], { budget: 100_000 }), parts);
    await visitor.engine.play();
    await sleep(1500);
    let widest = 0;
    for (let look = 0; look < 5; look++) {
      const steps = await Promise.all((['bc-mle', 'bc-diffusion', 'bear-mmd'] as const).map((m) => visitor.step(m)));
      widest = Math.max(widest, Math.max(...steps) - Math.min(...steps));
      await sleep(50);
    }
    await visitor.engine.pause();
    // Half a second of the slow one is about ten steps.
    expect(widest).toBeLessThanOrEqual(25);
    expect(await visitor.step('bear-mmd')).toBeGreaterThan(0);
  });

  it('keeps a race by seconds together', async () => {
    const race = { race: 'seconds', budget: 100_000 } as const;
    const { visitor } = await team(smallExperiment(['bc-mle', 'bc-diffusion', 'bear-mmd'], race));
    await visitor.engine.play();
    await sleep(2500);
    await visitor.engine.pause();
    for (const method of ['bc-mle', 'bc-diffusion', 'bear-mmd'] as const) {
      const step = await visitor.step(method);
      await visitor.until(() => visitor.last(method).step === step, 'the last frame');
    }
    const seconds = (['bc-mle', 'bc-diffusion', 'bear-mmd'] as const).map((method) => visitor.last(method).seconds);
    expect(Math.min(...seconds)).toBeGreaterThan(0.1);
    // A quarter of a second, and a step of the slowest on a machine that is busy.
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThan(0.8);
  });

  it('adds a method that catches up in a run that goes on, and drops one', async () => {
    const { visitor, engines } = await team(smallExperiment(['diffusion-ql'], { budget: 60 }));
    expect(engines).toHaveLength(1);
    await visitor.engine.setSpeed(100);
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('diffusion-ql').some(({ step }) => step > 5), 'progress');
    await visitor.engine.setMethods(['bc-mle', 'diffusion-ql']);
    expect(engines).toHaveLength(2);
    expect(visitor.states.at(-1)).toBe('running');
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    for (const method of ['bc-mle', 'diffusion-ql'] as const) expect(visitor.last(method).step).toBe(60);
    expect(visitor.states).toEqual(['loading', 'ready', 'running', 'finished']);

    await visitor.engine.setMethods(['bc-mle']);
    await expect(visitor.engine.qAt('diffusion-ql', 0, 0)).rejects.toThrow('not part of this experiment');
    await visitor.engine.setMethods(['bc-mle', 'bc-cvae']);
    expect(engines).toHaveLength(2);
    expect(visitor.states.at(-1)).toBe('paused');
    await visitor.until(() => visitor.frames('bc-cvae').length > 0, 'a look at step 0');
    expect(visitor.last('bc-cvae').step).toBe(0);
    await visitor.engine.setSpeed(null);
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.last('bc-cvae').step).toBe(60);
    await visitor.engine.setBudget(70);
    expect(visitor.states.at(-1)).toBe('paused');
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    for (const method of ['bc-mle', 'bc-cvae'] as const) expect(visitor.last(method).step).toBe(70);
  });

  it('goes on with all of them where the budget is raised while one has still to finish', async () => {
    const { visitor } = await team(smallExperiment(['bc-mle', 'bear-mmd'], { budget: 30 }));
    await visitor.engine.setSpeed(150);
    await visitor.engine.play();
    await visitor.engine.setBudget(60);
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    for (const method of ['bc-mle', 'bear-mmd'] as const) expect(visitor.last(method).step).toBe(60);
    expect(visitor.states).toEqual(['loading', 'ready', 'running', 'finished']);
  });

  it('pauses all where one diverges, and rolls that one back', async () => {
    const { visitor, holderOf } = await team(smallExperiment(['bc-mle', 'bc-diffusion']));
    const { engine } = visitor;
    await engine.step(10);
    const good = await visitor.weights('bc-diffusion');
    await (await holderOf('bc-diffusion')).setLive({ learningRate: Number.NaN });
    await engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'diverged', 'a divergence');
    expect(visitor.events.filter(({ type }) => type === 'diverged')).toHaveLength(1);
    await expect(engine.play()).rejects.toThrow('not finite');
    await expect(engine.step(1)).rejects.toThrow('not finite');
    const rested = await visitor.step('bc-mle');
    await sleep(100);
    expect(await visitor.step('bc-mle')).toBe(rested);
    await engine.setLive({ learningRate: 1e-3 });
    await engine.rollback();
    expect(visitor.states.at(-1)).toBe('paused');
    expect(await visitor.weights('bc-diffusion')).toEqual(good);
    await expect(engine.rollback()).rejects.toThrow('Nothing diverged');
    await engine.step(2);
    expect(await visitor.step('bc-mle')).toBe(rested + 2);
    expect(await visitor.step('bc-diffusion')).toBe(12);
  });

  it('ends a number of steps where one diverges meanwhile', async () => {
    const { visitor, holderOf } = await team(smallExperiment(['bc-mle', 'bc-diffusion'], { budget: 100_000 }));
    await visitor.engine.step(5);
    await (await holderOf('bc-mle')).setLive({ learningRate: Number.NaN });
    await visitor.engine.step(50_000);
    expect(visitor.states.at(-1)).toBe('diverged');
  });

  it('shows the shipped weights of all, and gives way to imported ones', async () => {
    const maker = await openEngine(smallExperiment(FOUR));
    await maker.engine.step(12);
    const files = new Map<MethodId, Uint8Array>();
    for (const method of FOUR.slice(1)) files.set(method, await maker.engine.exportWeights(method));
    const loadPretrained = (method: MethodId) => {
      const file = files.get(method);
      return file ? Promise.resolve(file) : Promise.reject(new Error('no such file'));
    };
    const { visitor, holderOf } = await team(smallExperiment(FOUR), { loadPretrained });
    await visitor.engine.showPretrained();
    await visitor.until(() => visitor.states.at(-1) === 'showing-pretrained', 'the figure');
    expect(visitor.states).toEqual(['loading', 'ready', 'showing-pretrained']);
    for (const method of FOUR.slice(1)) expect(visitor.last(method)).toMatchObject({ step: 12, shipped: true });
    expect(visitor.frames('bc-mle')).toEqual([]);

    await visitor.engine.importWeights('td3-bc', files.get('td3-bc') as Uint8Array);
    expect(visitor.states.at(-1)).toBe('paused');
    await visitor.until(() => FOUR.every((method) => visitor.frames(method).at(-1)?.shipped === false), 'all');
    for (const method of FOUR) expect(visitor.last(method).step).toBe(method === 'td3-bc' ? 12 : 0);
    expect(await holderOf('td3-bc')).not.toBe(await holderOf('diffusion-ql'));
  });

  it('has no shipped weights only if no engine has any', async () => {
    const { visitor } = await team(smallExperiment(['bc-mle', 'bc-cvae']));
    await expect(visitor.engine.showPretrained()).rejects.toThrow('no such file');
    expect(visitor.states.at(-1)).toBe('ready');
  });

  it('tells the loss of all devices once, and goes on', async () => {
    const { visitor } = await team(smallExperiment(['bc-mle', 'diffusion-ql']));
    await visitor.engine.step(6);
    await visitor.engine.loseDevice();
    expect(visitor.states.slice(-2)).toEqual(['lost', 'paused']);
    const told = visitor.events.filter(({ type }) => type === 'device-lost');
    expect(told).toEqual([expect.objectContaining({ resumedFrom: 6 })]);
    expect(told[0]?.type === 'device-lost' && told[0].info.device).toBe('JavaScript, 2 workers');
    await visitor.engine.step(2);
    for (const method of ['bc-mle', 'diffusion-ql'] as const) expect(visitor.last(method).step).toBe(8);
  });
});
