import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { PhysicsEngine } from '../engine.ts';
import { Environment } from '../environment.ts';
import { parameterCount } from '../../math/plain-mlp.ts';
import { reversePlan } from '../../math/reverse-plan.ts';
import { betas, diffusionCoefficients } from '../../math/schedules.ts';
import { RandomStream } from '../../math/streams.ts';
import { DenoisingTracer } from '../rollouts/denoising-trace.ts';
import { playEpisode } from '../rollouts/episode.ts';
import type { DiffusionPolicy } from '../rollouts/network-policy.ts';
import { createActor, zeroPolicy, type Policy } from '../rollouts/policy.ts';
import { testEngine } from '../testing.ts';
import { LONGEST_MS, StageClock } from './clock.ts';
import { BodyPlayer, END_MS } from './player.ts';
import type { StageFrame, StageReply, StageSetup } from './protocol.ts';
import { StageServer } from './server.ts';

// What it does, and how often it is made.
vi.mock('../rollouts/denoising-trace.ts', { spy: true });

const RANDOM: Policy = { kind: 'uniform' };
const HOPPER: StageSetup = { environment: 'hopper', variant: 'v2', seed: 4, policy: RANDOM };
const CHEETAH: StageSetup = { ...HOPPER, environment: 'halfcheetah' };
/** A frame of a screen at 60 Hz. */
const FRAME_MS = 1000 / 60;

/** A diffusion policy of hopper that was never trained. */
function randomDiffusion(): DiffusionPolicy {
  const sizes = [3 + 4 + 11, 8, 3];
  const params = new Float32Array(parameterCount(sizes));
  new RandomStream(2, 'test').fillNormal(params, 0);
  const coefficients = diffusionCoefficients(betas('vp', 3));
  return {
    kind: 'diffusion',
    trunk: { sizes, activation: 'mish', params },
    table: new Float32Array(3 * 4).fill(0.5),
    diffusionSteps: 3,
    plan: reversePlan({ coefficients, diffusionSteps: 3 }, { sampler: 'ancestral' }),
    candidates: 1,
    choice: 'softmax',
  };
}

let engine: PhysicsEngine;
beforeAll(async () => {
  engine = await testEngine();
});

function withPlayer<T>(setup: StageSetup, body: (player: BodyPlayer) => T): T {
  const player = new BodyPlayer(engine, setup);
  try {
    return body(player);
  } finally {
    player.free();
  }
}

describe('the clock', () => {
  it('the stage clock counts the steps due at any speed, and interpolates between them', () => {
    for (const speed of [1, 0.5, 0.25, 0.1]) {
      const clock = new StageClock();
      let steps = 0;
      for (let frame = 0; frame < 600; frame++) {
        steps += clock.advance(FRAME_MS, speed, 0.008);
        expect(clock.between).toBeGreaterThanOrEqual(0);
        expect(clock.between).toBeLessThanOrEqual(1 + 1e-6);
      }
      // `between` is the progress within the last step.
      expect(steps - 1 + clock.between).toBeCloseTo((10 * speed) / 0.008, 5);
    }
  });

  it('the stage clock does not catch up on time the page was hidden', () => {
    const clock = new StageClock();
    clock.advance(FRAME_MS, 1, 0.008);
    const most = Math.ceil(LONGEST_MS / 8) + 1;
    expect(clock.advance(60_000, 1, 0.008)).toBeLessThanOrEqual(most);
    expect(clock.advance(FRAME_MS, 1, 0.008)).toBeLessThanOrEqual(3);
    expect(clock.advance(-5, 1, 0.008)).toBe(0);
  });
});

describe('a body on the stage', () => {
  it('a staged episode has the return of a rollout at any frame rate', () => {
    const environment = new Environment(engine, 'hopper', { seed: 4 });
    const expected = playEpisode(environment, createActor(RANDOM, 'hopper', 4), { episode: 0, policy: 0 });
    environment.free();
    for (const [ms, speed] of [
      [FRAME_MS, 1],
      [7, 0.1],
      [5000, 1],
    ] as const) {
      withPlayer(HOPPER, (player) => {
        let frame = player.frame();
        let actions = 0;
        for (let i = 0; frame.end === null && i < 10_000; i++) {
          player.advance(ms, speed, 'stay');
          frame = player.frame();
          actions += frame.actions.length;
        }
        expect(frame).toMatchObject({ end: 'fall', step: expected.steps, return: expected.return, pushed: false });
        expect(actions).toBe(3 * expected.steps);
        player.advance(10 * END_MS, 1, 'stay');
        expect(player.frame().episode).toBe(0);
      });
    }
  });

  it('the stage starts the next episode after a pause, and the first on request', () => {
    withPlayer(HOPPER, (player) => {
      const first = player.frame();
      while (player.frame().end === null) player.stepOnce();
      player.advance(END_MS / 2, 1, 'restart');
      expect(player.frame()).toMatchObject({ episode: 0, end: 'fall' });
      player.advance(END_MS / 2, 1, 'restart');
      const second = player.frame();
      expect(second).toMatchObject({ episode: 1, step: 0, end: null, return: 0 });
      expect(second.qpos).not.toEqual(first.qpos);
      player.stepOnce();
      player.restart();
      expect(player.frame()).toEqual(first);
    });
  });

  it('a staged episode stops at the time limit', () => {
    withPlayer(CHEETAH, (player) => {
      while (player.frame().end === null) player.stepOnce();
      expect(player.frame()).toMatchObject({ step: 1000, end: 'timeout' });
    });
  });

  it('the stage interpolates at low speed, and shows the exact state after a single step', () => {
    withPlayer(CHEETAH, (player) => {
      const start = player.frame().qpos;
      player.advance(FRAME_MS, 1, 'stay');
      const early = player.frame();
      player.stepOnce();
      const later = player.frame();
      expect(early.step).toBe(1);
      expect(later.step).toBe(2);
      const fraction = FRAME_MS / 50;
      player.restart();
      player.stepOnce();
      const one = player.frame().qpos;
      early.qpos.forEach((value, i) => expect(value).toBeCloseTo(start[i]! + fraction * (one[i]! - start[i]!), 9));
    });
  });

  it('the stage drops frames, not steps, when a policy is slower than the body', () => {
    let now = 0;
    // Each look at the clock finds 10 ms gone.
    const slow = new BodyPlayer(engine, HOPPER, 0, () => (now += 10));
    withPlayer(HOPPER, (player) => {
      slow.advance(80, 1, 'stay');
      const frame = slow.frame();
      // Ten are due; after two, more than 12 ms are gone.
      expect(frame).toMatchObject({ step: 2, missed: 8 });
      player.stepOnce();
      player.stepOnce();
      expect({ ...player.frame(), missed: 8 }).toEqual(frame);
      expect(slow.frame().missed).toBe(0);
    });
    slow.free();
  });

  it('a push moves the body and marks its episode; the next episode is unaffected', () => {
    const play = (player: BodyPlayer): StageFrame => {
      for (let i = 0; i < 5; i++) player.stepOnce();
      return player.frame();
    };
    withPlayer(CHEETAH, (player) => {
      const unpushed = play(player);
      player.restart();
      player.pushOnce([10, 0]);
      const pushed = play(player);
      expect(pushed.pushed).toBe(true);
      // 10 m/s² for a tenth of a second, on the air or with feet on the ground.
      expect(pushed.qpos[0]! - unpushed.qpos[0]!).toBeGreaterThan(0.05);
      player.restart();
      player.pullWith([0, 30]);
      const pulled = play(player);
      expect(pulled.qpos[1]! - unpushed.qpos[1]!).toBeGreaterThan(0.2);
      player.pullWith(null);
      player.restart();
      expect(play(player)).toEqual(unpushed);
    });
  });
});

describe('the stage’s server', () => {
  const frameOf = (reply: StageReply | null): StageFrame => {
    if (reply?.type !== 'frame') throw new Error(`a frame, not ${JSON.stringify(reply)}`);
    return reply.frame;
  };

  it('the stage server frees a body when it opens the next', () => {
    const live = engine.liveSimulations();
    const server = new StageServer(engine);
    expect(server.serve({ type: 'step' })).toBeNull();
    for (let run = 1; run <= 5; run++) {
      const frame = frameOf(server.serve({ type: 'open', setup: run % 2 ? HOPPER : CHEETAH }));
      expect(frame).toMatchObject({ run, step: 0 });
      expect(frameOf(server.serve({ type: 'step' })).step).toBe(1);
      expect(engine.liveSimulations()).toBe(live + 1);
    }
    server.end();
    expect(engine.liveSimulations()).toBe(live);
  });

  it('the stage server traces the denoising of a diffusion policy’s next action', () => {
    const server = new StageServer(engine);
    server.serve({ type: 'open', setup: HOPPER });
    expect(server.serve({ type: 'trace' })).toBeNull();
    server.serve({ type: 'open', setup: { ...HOPPER, policy: randomDiffusion() } });
    for (let step = 0; step < 4; step++) {
      const reply = server.serve({ type: 'trace' });
      if (reply?.type !== 'trace') throw new Error('no trace');
      const { trace, step: at, run } = reply.trace;
      expect({ at, run }).toEqual({ at: step, run: 2 });
      const { actions } = frameOf(server.serve({ type: 'step' }));
      const last = (trace.times.length - 1) * trace.candidates * trace.width;
      expect([...actions]).toEqual([...trace.chains.subarray(last, last + trace.width)]);
      expect(trace.chosen).toBe(0);
    }
    server.end();
  });

  it('the stage server creates a tracer only on request, for the latest policy', () => {
    const made = vi.mocked(DenoisingTracer).mockClear();
    const server = new StageServer(engine);
    server.serve({ type: 'open', setup: { ...HOPPER, policy: randomDiffusion() } });
    const sizes = [11 + 3, 1];
    const critics = [{ sizes, activation: 'mish' as const, params: new Float32Array(parameterCount(sizes)) }];
    for (const candidates of [2, 4, 8]) {
      expect(server.serve({ type: 'policy', policy: { ...randomDiffusion(), candidates, critics } })).toBeNull();
    }
    server.serve({ type: 'step' });
    expect(made).not.toHaveBeenCalled();
    expect([server.serve({ type: 'trace' }), server.serve({ type: 'trace' })]).toMatchObject([
      { trace: { trace: { acting: 8 } } },
      { trace: { trace: { acting: 8 } } },
    ]);
    expect(made).toHaveBeenCalledOnce();
    server.end();
  });

  it('the stage server replaces a policy mid-episode, and keeps the old one if the new does not fit', () => {
    const [server, other] = [new StageServer(engine), new StageServer(engine)];
    for (const each of [server, other]) {
      each.serve({ type: 'open', setup: HOPPER });
      each.serve({ type: 'step' });
    }
    expect(server.serve({ type: 'policy', policy: zeroPolicy('hopper') })).toBeNull();
    const [still, moved] = [server, other].map((each) => frameOf(each.serve({ type: 'step' })));
    expect(still).toMatchObject({ episode: 0, step: 2 });
    expect([...still!.actions]).toEqual([0, 0, 0]);
    expect([...moved!.actions]).not.toEqual([0, 0, 0]);
    expect(server.serve({ type: 'policy', policy: zeroPolicy('halfcheetah') })).toMatchObject({ type: 'failed' });
    expect([...frameOf(server.serve({ type: 'step' })).actions]).toEqual([0, 0, 0]);
    for (const each of [server, other]) each.end();
  });

  it('the stage server reports a wrong policy and continues to serve', () => {
    const server = new StageServer(engine);
    const policy: Policy = { kind: 'linear', weights: [1], mean: [0], deviation: [1] };
    expect(server.serve({ type: 'open', setup: { ...HOPPER, policy } })).toMatchObject({
      type: 'failed',
      message: expect.stringContaining('3 × 11 weights; this one has 1') as string,
    });
    expect(frameOf(server.serve({ type: 'open', setup: HOPPER })).step).toBe(0);
    server.end();
  });
});
