import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { tinyExperiment, openEngine } from './engine-harness.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { decodeSafetensors } from '../../experiment/safetensors.ts';

describe('a run', () => {
  it('a run plays to its budget with all methods at the same step, and finishes after the last frame', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle', 'bc-diffusion'], { budget: 30 }));
    expect(harness.states).toEqual(['loading', 'ready']);
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(harness.events.at(-1)).toEqual({ type: 'state', state: 'finished' });
    for (const method of ['bc-mle', 'bc-diffusion'] as const) {
      expect(harness.last(method).step).toBe(30);
      expect(harness.last(method).samples).toHaveLength(1000);
      expect(harness.last(method).losses['bcLoss']).toBeTypeOf('number');
    }
  });

  it('a run pauses, takes a number of steps, and resumes', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle', 'diffusion-ql']));
    await harness.engine.step(7);
    expect(harness.last('diffusion-ql').step).toBe(7);
    expect(harness.last('diffusion-ql').q).toHaveLength(48 * 48);
    await harness.engine.play();
    await harness.until(() => harness.last('bc-mle').step > 20, 'progress');
    await harness.engine.pause();
    expect(harness.states.at(-1)).toBe('paused');
    const step = await harness.step('bc-mle');
    await harness.until(() => harness.last('bc-mle').step === step, 'the last frame');
    await sleep(50);
    expect(await harness.step('bc-mle')).toBe(step);
    await harness.engine.step(1);
    expect(harness.last('bc-mle').step).toBe(step + 1);
  });

  it('a run restarts from the same weights after a reset', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle']));
    await harness.engine.step(5);
    const first = await harness.weights('bc-mle');
    await harness.engine.reset();
    expect(harness.states.at(-1)).toBe('ready');
    await harness.engine.step(5);
    expect(await harness.weights('bc-mle')).toEqual(first);
  });

  it('a race by seconds gives each method the same time', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle', 'bear-mmd'], { race: 'seconds', budget: 100_000 }));
    await harness.engine.play();
    await harness.until(() => harness.frames('bear-mmd').length > 3, 'frames');
    await harness.engine.pause();
    await harness.until(() => harness.last('bc-mle').step > 3 * harness.last('bear-mmd').step, 'the fast one ahead');
    const [mle, bear] = [harness.last('bc-mle').seconds, harness.last('bear-mmd').seconds];
    expect(Math.abs(mle - bear)).toBeLessThan(0.5 * Math.max(mle, bear));
  });

  it('a run keeps to its speed limit', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle']));
    await harness.engine.setSpeed(20);
    const began = performance.now();
    await harness.engine.play();
    await harness.until(() => harness.frames('bc-mle').some(({ step }) => step >= 10), 'ten steps');
    await harness.engine.pause();
    expect(performance.now() - began).toBeGreaterThan(400);
    await harness.until(() => harness.states.at(-1) === 'paused', 'the pause');
    const seconds = (performance.now() - began) / 1000;
    expect(harness.last('bc-mle').step).toBeLessThan(20 * seconds + 3);
  });

  it('a run adds a method at step 0 that catches up, and drops one', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle'], { budget: 40 }));
    await harness.engine.step(40);
    expect(harness.states.at(-1)).toBe('finished');
    await harness.engine.setMethods(['bc-mle', 'bc-cvae']);
    expect(harness.states.at(-1)).toBe('paused');
    await harness.until(() => harness.frames('bc-cvae').length > 0, 'a look at step 0');
    expect(harness.last('bc-cvae').step).toBe(0);
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(harness.last('bc-cvae').step).toBe(40);
    await harness.engine.setMethods(['bc-cvae']);
    await expect(harness.engine.qAt('bc-mle', 0, 0)).rejects.toThrow('not part of this experiment');
  });

  it('a run with a budget of 0 finishes at step 0', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle'], { budget: 0 }));
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(harness.last('bc-mle').step).toBe(0);
    await harness.engine.setBudget(3);
    await harness.engine.play();
    await harness.until(() => harness.last('bc-mle').step === 3, 'the rest');
  });

  it('a run with a larger budget finishes later', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle'], { budget: 5 }));
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    await harness.engine.setBudget(8);
    expect(harness.states.at(-1)).toBe('paused');
    await harness.engine.play();
    await harness.until(() => harness.states.at(-1) === 'finished', 'the end');
    expect(harness.last('bc-mle').step).toBe(8);
  });

  it('a run sends no frame before the last was handled, and at most ten a second', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle', 'bc-diffusion']));
    harness.drawMs = 130;
    const began = performance.now();
    await harness.engine.play();
    await sleep(700);
    await harness.engine.pause();
    const frames = harness.events.filter((event) => event.type === 'frame').length;
    expect(frames).toBeGreaterThan(1);
    expect(frames).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 130));
    expect(harness.maxInFlight).toBe(1);
  });
});

describe('live settings', () => {
  it('live settings act at once, survive a reset, and change no others', async () => {
    const harness = await openEngine(tinyExperiment(['diffusion-ql']));
    await harness.engine.step(5);
    await harness.engine.setLive({ eta: 0, hidden: 16 });
    await harness.engine.step(5);
    const changed = await harness.weights('diffusion-ql');
    const { metadata } = decodeSafetensors(await harness.engine.exportWeights('diffusion-ql'));
    expect(JSON.parse(metadata['experiment'] ?? '')).toMatchObject({ settings: { eta: 0, hidden: 8 } });

    const plain = await openEngine(tinyExperiment(['diffusion-ql']));
    await plain.engine.step(10);
    expect(await plain.weights('diffusion-ql')).not.toEqual(changed);
  });
});

describe('a run that diverges', () => {
  it('a run that diverges pauses, names the quantity, and rolls back to its last finite state', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle', 'bc-diffusion']));
    const { engine } = harness;
    await engine.step(30);
    const good = { 'bc-mle': await harness.weights('bc-mle'), 'bc-diffusion': await harness.weights('bc-diffusion') };
    await engine.setLive({ learningRate: Number.NaN });
    await engine.play();
    await harness.until(() => harness.states.at(-1) === 'diverged', 'a divergence');
    await expect(engine.play()).rejects.toThrow('not finite');
    const told = () => harness.events.flatMap((event) => (event.type === 'diverged' ? [event] : []));
    for (const { quantity, step, goodStep } of told()) {
      // The first bad update shows in the weights, if they are looked at right then, or in the loss of the next step.
      expect(`${quantity} at ${step}`).toMatch(/^(actor.* at 31|bcLoss at 32)$/);
      expect(goodStep).toBe(30);
    }
    await engine.setLive({ learningRate: 1e-3 });
    await engine.rollback();
    expect(harness.states.at(-1)).toBe('paused');
    for (const { method } of told()) {
      expect(await harness.weights(method)).toEqual(good[method as keyof typeof good]);
    }
    await expect(engine.rollback()).rejects.toThrow('Nothing diverged');
    // The other method may have had its share of the bad rate: it is found in turn.
    await engine.step(3);
    if (harness.states.at(-1) === 'diverged') {
      await engine.rollback();
      await engine.step(3);
    }
    await engine.step(3);
    expect(harness.last('bc-mle').losses['bcLoss']).toSatisfy(Number.isFinite);
  });
});

describe('snapshots', () => {
  it('a snapshot shows its samples, and their denoising by its policy', async () => {
    const harness = await openEngine(tinyExperiment(['bc-diffusion']));
    await harness.engine.step(3);
    const then = await harness.engine.denoise('bc-diffusion', null, 10);
    expect(then.positions).toHaveLength(4 * 10 * 2);
    const { samples, losses } = harness.last('bc-diffusion');
    await harness.engine.step(30);
    const steps = (await harness.engine.snapshots('bc-diffusion')).map(({ step }) => step);
    expect(steps).toEqual(expect.arrayContaining([0, 3, 33]));
    const view = await harness.engine.snapshot('bc-diffusion', 32);
    expect(view.step).toBe(3);
    expect(view.samples).toEqual(samples);
    expect(view.losses).toEqual(losses);
    expect(Object.keys(losses)).not.toEqual([]);
    expect((await harness.engine.snapshot('bc-diffusion', 0)).losses).toEqual({});
    const again = await harness.engine.denoise('bc-diffusion', 10, 10);
    expect(again).toEqual(then);
    expect(await harness.engine.denoise('bc-diffusion', null, 10)).not.toEqual(then);
    await expect(harness.engine.snapshot('bc-diffusion', -1)).rejects.toThrow('no snapshot');
  });

  it('a snapshot has no reverse process if its method has none', async () => {
    const harness = await openEngine(tinyExperiment(['bc-mle']));
    await harness.engine.step(1);
    await expect(harness.engine.denoise('bc-mle', null, 10)).rejects.toThrow('no reverse process');
    await expect(harness.engine.denoise('bc-mle', 1, 10)).rejects.toThrow('no reverse process');
    expect(await harness.engine.qAt('bc-mle', 0, 0)).toBeNull();
  });
});
