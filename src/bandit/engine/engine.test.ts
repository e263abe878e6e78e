import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { smallExperiment, openEngine } from './engine-harness.ts';
import { sleep } from '../../experiment/event-loop.ts';
import { decodeSafetensors } from '../../experiment/safetensors.ts';

describe('a run', () => {
  it('opens, plays to its budget with all methods at the same step, and says so after the last frame', async () => {
    const visitor = await openEngine(smallExperiment(['bc-mle', 'bc-diffusion'], { budget: 30 }));
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
    const visitor = await openEngine(smallExperiment(['bc-mle', 'diffusion-ql']));
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
    const visitor = await openEngine(smallExperiment(['bc-mle']));
    await visitor.engine.step(5);
    const first = await visitor.weights('bc-mle');
    await visitor.engine.reset();
    expect(visitor.states.at(-1)).toBe('ready');
    await visitor.engine.step(5);
    expect(await visitor.weights('bc-mle')).toEqual(first);
  });

  it('gives each method the same time in a race by seconds', async () => {
    const visitor = await openEngine(smallExperiment(['bc-mle', 'bear-mmd'], { race: 'seconds', budget: 100_000 }));
    await visitor.engine.play();
    await visitor.until(() => visitor.frames('bear-mmd').length > 3, 'frames');
    await visitor.engine.pause();
    await visitor.until(() => visitor.last('bc-mle').step > 3 * visitor.last('bear-mmd').step, 'the fast one ahead');
    const [mle, bear] = [visitor.last('bc-mle').seconds, visitor.last('bear-mmd').seconds];
    expect(Math.abs(mle - bear)).toBeLessThan(0.5 * Math.max(mle, bear));
  });

  it('keeps to a speed limit', async () => {
    const visitor = await openEngine(smallExperiment(['bc-mle']));
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
    const visitor = await openEngine(smallExperiment(['bc-mle'], { budget: 40 }));
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
    const visitor = await openEngine(smallExperiment(['bc-mle'], { budget: 0 }));
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.last('bc-mle').step).toBe(0);
    await visitor.engine.setBudget(3);
    await visitor.engine.play();
    await visitor.until(() => visitor.last('bc-mle').step === 3, 'the rest');
  });

  it('finishes later under a larger budget', async () => {
    const visitor = await openEngine(smallExperiment(['bc-mle'], { budget: 5 }));
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    await visitor.engine.setBudget(8);
    expect(visitor.states.at(-1)).toBe('paused');
    await visitor.engine.play();
    await visitor.until(() => visitor.states.at(-1) === 'finished', 'the end');
    expect(visitor.last('bc-mle').step).toBe(8);
  });

  it('sends no frame before the last one was taken, and at most ten a second', async () => {
    const visitor = await openEngine(smallExperiment(['bc-mle', 'bc-diffusion']));
    visitor.drawMs = 130;
    const began = performance.now();
    await visitor.engine.play();
    await sleep(700);
    await visitor.engine.pause();
    const frames = visitor.events.filter((event) => event.type === 'frame').length;
    expect(frames).toBeGreaterThan(1);
    expect(frames).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 130));
    expect(visitor.maxInFlight).toBe(1);
  });
});

describe('live settings', () => {
  it('act at once, stay over a reset, and leave others alone', async () => {
    const visitor = await openEngine(smallExperiment(['diffusion-ql']));
    await visitor.engine.step(5);
    await visitor.engine.setLive({ eta: 0, hidden: 16 });
    await visitor.engine.step(5);
    const changed = await visitor.weights('diffusion-ql');
    const { metadata } = decodeSafetensors(await visitor.engine.exportWeights('diffusion-ql'));
    expect(JSON.parse(metadata['experiment'] ?? '')).toMatchObject({ settings: { eta: 0, hidden: 8 } });

    const plain = await openEngine(smallExperiment(['diffusion-ql']));
    await plain.engine.step(10);
    expect(await plain.weights('diffusion-ql')).not.toEqual(changed);
  });
});

describe('a run that turns non-finite', () => {
  it('pauses, names the quantity, and rolls back to the last good moment', async () => {
    const visitor = await openEngine(smallExperiment(['bc-mle', 'bc-diffusion']));
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
    const visitor = await openEngine(smallExperiment(['bc-diffusion']));
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
    const visitor = await openEngine(smallExperiment(['bc-mle']));
    await visitor.engine.step(1);
    await expect(visitor.engine.denoise('bc-mle', null, 10)).rejects.toThrow('no reverse process');
    await expect(visitor.engine.denoise('bc-mle', 1, 10)).rejects.toThrow('no reverse process');
    expect(await visitor.engine.qAt('bc-mle', 0, 0)).toBeNull();
  });
});
