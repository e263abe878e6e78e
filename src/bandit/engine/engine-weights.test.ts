import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import type { MethodId } from '../methods.ts';
import { tinyExperiment, openEngine } from './engine-harness.ts';
import { defaultExperiment } from '../experiment.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsInput } from '../../experiment/safetensors.ts';

describe('weights', () => {
  it('exported weights are imported unchanged, and the frame shows them', async () => {
    const source = await openEngine(tinyExperiment(['diffusion-ql']));
    await source.engine.step(15);
    const bytes = await source.engine.exportWeights('diffusion-ql');
    const { metadata, tensors } = decodeSafetensors(bytes);
    expect(metadata).toMatchObject({ method: 'diffusion-ql', step: '15', preset: 'fast' });
    expect(tensors['actor.time_mlp.1.weight']?.shape).toEqual([32, 16]);
    expect(tensors['critic.q1_model.0.weight']?.shape).toEqual([8, 4]);

    const target = await openEngine(tinyExperiment(['diffusion-ql'], { seed: 5 }));
    await target.engine.importWeights('diffusion-ql', bytes);
    expect(await target.weights('diffusion-ql')).toEqual(await source.weights('diffusion-ql'));
    await target.until(() => target.frames('diffusion-ql').length > 0, 'a frame');
    expect(target.last('diffusion-ql').step).toBe(15);
  });

  it('weights that do not fit are refused before anything changes', async () => {
    const harness = await openEngine(tinyExperiment(['diffusion-ql', 'bc-mle']));
    const before = await harness.weights('diffusion-ql');
    const bytes = await harness.engine.exportWeights('diffusion-ql');
    const { metadata, ...file } = decodeSafetensors(bytes);
    const tensors: Record<string, SafetensorsInput> = {};
    for (const [key, { shape, data }] of Object.entries(file.tensors)) tensors[key] = { shape, data };
    const refuse = (change: typeof tensors) =>
      expect(harness.engine.importWeights('diffusion-ql', encodeSafetensors(change, metadata))).rejects;
    const name = 'critic.q2_model.6.bias';
    const { [name]: removed, ...rest } = tensors;
    expect(removed).toBeDefined();
    await refuse(rest).toThrow(`Tensor "${name}" is missing; expected shape [1].`);
    const wide = { dtype: 'F32' as const, shape: [2], data: new Float32Array(2) };
    await refuse({ ...tensors, [name]: wide }).toThrow(`Tensor "${name}" has shape [2]; this network needs [1].`);
    const bad = { dtype: 'F32' as const, shape: [1], data: new Float32Array([Number.NaN]) };
    await refuse({ ...tensors, [name]: bad }).toThrow('not finite');
    await refuse({ ...tensors, 'actor.other': wide }).toThrow('"actor.other" belongs to no network');
    await expect(harness.engine.importWeights('bc-mle', bytes)).rejects.toThrow('weights of Diffusion-QL');
    await expect(harness.engine.importWeights('diffusion-ql', bytes.slice(0, 500))).rejects.toThrow('safetensors');
    expect(await harness.weights('diffusion-ql')).toEqual(before);
  });
});

describe('shipped weights', () => {
  const PAINTED = [{ x: 0, y: 0, reward: 1 }];

  it('shipped weights are shown at once, and do not change a new run', async () => {
    const maker = await openEngine(tinyExperiment(['bc-diffusion', 'bc-mle'], { seed: 3 }));
    await maker.engine.step(12);
    const files = {
      'bc-diffusion': await maker.engine.exportWeights('bc-diffusion'),
      'bc-mle': await maker.engine.exportWeights('bc-mle'),
    };
    const loadPretrained = (method: MethodId) =>
      method === 'bc-diffusion' || method === 'bc-mle'
        ? Promise.resolve(files[method])
        : Promise.reject(new Error('no such file'));

    const plain = await openEngine(tinyExperiment(['bc-diffusion', 'bc-cvae']));
    await plain.engine.step(4);
    const expected = await plain.weights('bc-diffusion');

    const harness = await openEngine(tinyExperiment(['bc-diffusion', 'bc-cvae']), { loadPretrained });
    await harness.engine.showPretrained();
    await harness.until(() => harness.states.at(-1) === 'showing-pretrained', 'the figure');
    expect(harness.last('bc-diffusion')).toMatchObject({ step: 12, shipped: true });
    expect(harness.last('bc-diffusion').samples).toEqual(maker.last('bc-diffusion').samples);
    expect(harness.frames('bc-cvae')).toEqual([]);
    expect((await harness.engine.denoise('bc-diffusion', null, 5)).step).toBe(12);
    await harness.engine.setMethods(['bc-mle', 'bc-diffusion', 'bc-cvae']);
    await harness.until(() => harness.frames('bc-mle').length > 0, 'the added one');
    expect(harness.last('bc-mle').step).toBe(12);
    await harness.engine.step(4);
    expect(harness.last('bc-diffusion')).toMatchObject({ step: 4, shipped: false });
    expect(await harness.weights('bc-diffusion')).toEqual(expected);
  });

  it('shipped weights are neither fetched nor shown for other data', async () => {
    const { data } = defaultExperiment();
    const moved = data.modes.map((mode) => ({ ...mode, x: mode.x / 2 }));
    for (const change of [{ modes: moved }, { painted: PAINTED }]) {
      let fetched = 0;
      const harness = await openEngine(
        tinyExperiment(['bc-mle'], { data: { ...data, placement: 'custom', ...change } }),
        {
          loadPretrained: () => Promise.reject(new Error(`fetched ${++fetched}`)),
        },
      );
      await expect(harness.engine.showPretrained()).rejects.toThrow('these data');
      expect(fetched).toBe(0);
    }
  });

  it('shipped weights made for other data are not shown', async () => {
    const maker = await openEngine(
      tinyExperiment(['bc-mle'], { data: { ...defaultExperiment().data, painted: PAINTED } }),
    );
    const bytes = await maker.engine.exportWeights('bc-mle');
    const harness = await openEngine(tinyExperiment(['bc-mle']), { loadPretrained: () => Promise.resolve(bytes) });
    await expect(harness.engine.showPretrained()).rejects.toThrow('these data');
  });

  it('an import ends the view of shipped weights: other methods show their own', async () => {
    const maker = await openEngine(tinyExperiment(['bc-diffusion', 'bc-mle']));
    await maker.engine.step(12);
    const files = new Map<MethodId, Uint8Array>();
    for (const method of ['bc-diffusion', 'bc-mle'] as const) {
      files.set(method, await maker.engine.exportWeights(method));
    }
    const loadPretrained = (method: MethodId) => Promise.resolve(files.get(method) as Uint8Array);
    const harness = await openEngine(tinyExperiment(['bc-diffusion', 'bc-mle']), { loadPretrained });
    await harness.engine.showPretrained();
    await harness.until(() => harness.states.at(-1) === 'showing-pretrained', 'the figure');
    await harness.engine.importWeights('bc-mle', files.get('bc-mle') as Uint8Array);
    await harness.until(() => !harness.last('bc-mle').shipped && !harness.last('bc-diffusion').shipped, 'both');
    expect(harness.last('bc-mle').step).toBe(12);
    expect(harness.last('bc-diffusion').step).toBe(0);
  });
});
