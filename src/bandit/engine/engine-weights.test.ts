import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import type { MethodId } from '../methods.ts';
import { smallExperiment, openEngine } from './engine-harness.ts';
import { defaultExperiment } from '../experiment.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsInput } from '../../experiment/safetensors.ts';

describe('weights', () => {
  it('come back as they went, and the frame shows them', async () => {
    const source = await openEngine(smallExperiment(['diffusion-ql']));
    await source.engine.step(15);
    const bytes = await source.engine.exportWeights('diffusion-ql');
    const { metadata, tensors } = decodeSafetensors(bytes);
    expect(metadata).toMatchObject({ method: 'diffusion-ql', step: '15', preset: 'fast' });
    expect(tensors['actor.time_mlp.1.weight']?.shape).toEqual([32, 16]);
    expect(tensors['critic.q1_model.0.weight']?.shape).toEqual([8, 4]);

    const target = await openEngine(smallExperiment(['diffusion-ql'], { seed: 5 }));
    await target.engine.importWeights('diffusion-ql', bytes);
    expect(await target.weights('diffusion-ql')).toEqual(await source.weights('diffusion-ql'));
    await target.until(() => target.frames('diffusion-ql').length > 0, 'a frame');
    expect(target.last('diffusion-ql').step).toBe(15);
  });

  it('are refused before anything changes when they do not fit', async () => {
    const visitor = await openEngine(smallExperiment(['diffusion-ql', 'bc-mle']));
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
    const maker = await openEngine(smallExperiment(['bc-diffusion', 'bc-mle'], { seed: 3 }));
    await maker.engine.step(12);
    const files = {
      'bc-diffusion': await maker.engine.exportWeights('bc-diffusion'),
      'bc-mle': await maker.engine.exportWeights('bc-mle'),
    };
    const loadPretrained = (method: MethodId) =>
      method === 'bc-diffusion' || method === 'bc-mle'
        ? Promise.resolve(files[method])
        : Promise.reject(new Error('no such file'));

    const plain = await openEngine(smallExperiment(['bc-diffusion', 'bc-cvae']));
    await plain.engine.step(4);
    const expected = await plain.weights('bc-diffusion');

    const visitor = await openEngine(smallExperiment(['bc-diffusion', 'bc-cvae']), { loadPretrained });
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
      const visitor = await openEngine(
        smallExperiment(['bc-mle'], { data: { ...data, placement: 'custom', ...change } }),
        {
          loadPretrained: () => Promise.reject(new Error(`fetched ${++fetched}`)),
        },
      );
      await expect(visitor.engine.showPretrained()).rejects.toThrow('these data');
      expect(fetched).toBe(0);
    }
  });

  it('that were made for other data are not shown', async () => {
    const maker = await openEngine(
      smallExperiment(['bc-mle'], { data: { ...defaultExperiment().data, painted: PAINTED } }),
    );
    const bytes = await maker.engine.exportWeights('bc-mle');
    const visitor = await openEngine(smallExperiment(['bc-mle']), { loadPretrained: () => Promise.resolve(bytes) });
    await expect(visitor.engine.showPretrained()).rejects.toThrow('these data');
  });

  it('give way to imported ones: the other methods show where they stand', async () => {
    const maker = await openEngine(smallExperiment(['bc-diffusion', 'bc-mle']));
    await maker.engine.step(12);
    const files = new Map<MethodId, Uint8Array>();
    for (const method of ['bc-diffusion', 'bc-mle'] as const) {
      files.set(method, await maker.engine.exportWeights(method));
    }
    const loadPretrained = (method: MethodId) => Promise.resolve(files.get(method) as Uint8Array);
    const visitor = await openEngine(smallExperiment(['bc-diffusion', 'bc-mle']), { loadPretrained });
    await visitor.engine.showPretrained();
    await visitor.until(() => visitor.states.at(-1) === 'showing-pretrained', 'the figure');
    await visitor.engine.importWeights('bc-mle', files.get('bc-mle') as Uint8Array);
    await visitor.until(() => !visitor.last('bc-mle').shipped && !visitor.last('bc-diffusion').shipped, 'both');
    expect(visitor.last('bc-mle').step).toBe(12);
    expect(visitor.last('bc-diffusion').step).toBe(0);
  });
});
