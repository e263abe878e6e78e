import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../../tensor/backend.ts';
import { tinyExperiment, openEngine } from './engine-harness.ts';
import type { EngineDependencies } from './engine.ts';

describe('the same bits', () => {
  it('evaluation, pauses and other methods do not change the bits of a method', async () => {
    const quiet = await openEngine(tinyExperiment(['diffusion-ql']));
    await quiet.engine.step(24);
    const expected = await quiet.weights('diffusion-ql');

    const busy = await openEngine(tinyExperiment(['bc-diffusion', 'diffusion-ql']));
    const { engine } = busy;
    await engine.step(9);
    await engine.denoise('diffusion-ql', null, 16);
    await engine.denoise('diffusion-ql', 9, 16);
    await engine.qAt('diffusion-ql', 0.3, -0.2);
    await engine.snapshot('diffusion-ql', 9);
    await engine.play();
    await engine.pause();
    const { step } = await engine.snapshots('diffusion-ql').then((snapshots) => snapshots.at(-1) ?? { step: 0 });
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

  it('a run has the same bits after its device is lost', async () => {
    const steady = await openEngine(tinyExperiment(['bc-mle', 'diffusion-ql']));
    await steady.engine.step(20);
    const expected = await steady.weights('diffusion-ql');

    const shaken = await openEngine(tinyExperiment(['bc-mle', 'diffusion-ql']));
    await shaken.engine.step(12);
    await shaken.engine.loseDevice();
    expect(shaken.events).toContainEqual(expect.objectContaining({ type: 'device-lost', resumedFrom: 12 }));
    expect(shaken.states.slice(-2)).toEqual(['lost', 'paused']);
    await shaken.engine.step(8);
    expect(await shaken.weights('diffusion-ql')).toEqual(expected);
    expect((await shaken.engine.snapshots('diffusion-ql')).map(({ step }) => step)).toContain(12);
  });

  it('a run has the same bits on wasm if WebGPU does not start again', async () => {
    const steady = await openEngine(tinyExperiment(['bc-mle', 'diffusion-ql']));
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
    const harness = await openEngine(tinyExperiment(['bc-mle', 'diffusion-ql'], { budget: 40 }), parts, 'auto');
    await harness.engine.play();
    await harness.until(() => harness.frames('diffusion-ql').some(({ step }) => step > 0), 'a frame');
    await harness.engine.loseDevice();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(started).toEqual(['auto', 'webgpu', 'wasm']);
    const event = harness.events.find(({ type }) => type === 'device-lost');
    expect(event).toMatchObject({ reason: 'the driver crashed', info: { backend: 'wasm' } });
    expect(event?.type === 'device-lost' && event.info.note).toContain('no adapter');
    expect(await harness.weights('diffusion-ql')).toEqual(expected);
  });

  it('training resumes by itself after its device is lost', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle']));
    await harness.engine.play();
    await harness.until(() => harness.frames('bc-mle').length > 1, 'frames');
    await harness.engine.loseDevice();
    const before = harness.last('bc-mle').step;
    await harness.until(() => harness.last('bc-mle').step > before + 20, 'progress');
    expect(harness.states.at(-1)).toBe('running');
  });

  it('evaluations leave no tensors behind', async () => {
    const harness = await openEngine(tinyExperiment(['bc-diffusion', 'bcq'], { budget: 100_000 }));
    await harness.engine.step(20);
    await harness.engine.denoise('bc-diffusion', 20, 8);
    await harness.engine.step(60);
    const { numTensors } = memory();
    await harness.engine.denoise('bc-diffusion', 20, 8);
    await harness.engine.qAt('bcq', 0, 0);
    await harness.engine.step(100);
    expect(memory().numTensors).toBe(numTensors);
  });
});
