import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../../tensor/backend.ts';
import { smallExperiment, openEngine } from './engine-harness.ts';
import type { EngineDependencies } from './engine.ts';

describe('the same bits', () => {
  it('whether or not anybody looked, paused, or others trained beside', async () => {
    const quiet = await openEngine(smallExperiment(['diffusion-ql']));
    await quiet.engine.step(24);
    const expected = await quiet.weights('diffusion-ql');

    const busy = await openEngine(smallExperiment(['bc-diffusion', 'diffusion-ql']));
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
    const steady = await openEngine(smallExperiment(['bc-mle', 'diffusion-ql']));
    await steady.engine.step(20);
    const expected = await steady.weights('diffusion-ql');

    const shaken = await openEngine(smallExperiment(['bc-mle', 'diffusion-ql']));
    await shaken.engine.step(12);
    await shaken.engine.loseDevice();
    expect(shaken.events).toContainEqual(expect.objectContaining({ type: 'device-lost', resumedFrom: 12 }));
    expect(shaken.states.slice(-2)).toEqual(['lost', 'paused']);
    await shaken.engine.step(8);
    expect(await shaken.weights('diffusion-ql')).toEqual(expected);
    expect((await shaken.engine.snapshots('diffusion-ql')).map(({ step }) => step)).toContain(12);
  });

  it('on wasm where WebGPU does not come back, in turns of several steps as without', async () => {
    const steady = await openEngine(smallExperiment(['bc-mle', 'diffusion-ql']));
    await steady.engine.step(40);
    const expected = await steady.weights('diffusion-ql');

    // WebGPU in name alone: what is tested is the way that it is used, and lost.
    const started: string[] = [];
    let lose: (reason: string) => void = () => undefined;
    const parts: Partial<EngineDependencies> = {
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
    const visitor = await openEngine(smallExperiment(['bc-mle', 'diffusion-ql'], { budget: 40 }), parts, 'auto');
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
    const visitor = await openEngine(smallExperiment(['bc-mle']));
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('bc-mle').length > 1, 'frames');
    await visitor.engine.loseDevice();
    const before = visitor.last('bc-mle').step;
    await visitor.until(() => visitor.last('bc-mle').step > before + 20, 'progress');
    expect(visitor.states.at(-1)).toBe('running');
  });

  it('holds as many tensors after many looks as after few', async () => {
    const visitor = await openEngine(smallExperiment(['bc-diffusion', 'bcq'], { budget: 100_000 }));
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
