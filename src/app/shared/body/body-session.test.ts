import { describe, expect, it, vi } from 'vitest';
import type {
  StageCommand,
  StageFrame,
  StageReply,
  StageSetup,
  StageTrace,
} from '../../../environments/stage/protocol.ts';
import { BodySession } from './body-session.ts';

/** A session with a fake worker. */
function session() {
  const sent: StageCommand[] = [];
  let ended = false;
  let reply: (message: StageReply) => void = () => undefined;
  const body = new BodySession(undefined, (onReply) => {
    reply = onReply;
    return { send: (command) => void sent.push(command), end: () => (ended = true) };
  });
  const frame = (change: Partial<StageFrame> = {}) =>
    reply({
      type: 'frame',
      frame: {
        run: 1,
        qpos: new Float64Array(6),
        episode: 0,
        step: 0,
        reward: 0,
        speed: 0,
        return: 0,
        end: null,
        pushed: false,
        missed: 0,
        actions: new Float32Array(0),
        ...change,
      },
    });
  const advances = () => sent.filter((command) => command.type === 'advance');
  return { body, sent, frame, advances, reply: (message: StageReply) => reply(message), hasEnded: () => ended };
}

const HOPPER = { environment: 'hopper', variant: 'v2', seed: 0, policy: { kind: 'uniform' } } as const;

describe('BodySession', () => {
  it('requests one state per frame while playing, and never a second before the answer', () => {
    const { body, frame, advances } = session();
    body.open(HOPPER);
    const source = body.sourceFor('hopper');
    // The standing model, before the first frame.
    expect([...source.positions(0)]).toEqual([0, 1.25, 0, 0, 0, 0]);
    frame();
    source.positions(10);
    expect(advances()).toEqual([]);
    body.play();
    source.positions(100);
    source.positions(116);
    source.positions(133);
    expect(advances()).toHaveLength(1);
    const qpos = new Float64Array(6).fill(2);
    frame({ step: 1, qpos });
    body.setSpeed(0.25);
    expect(source.positions(150)).toBe(qpos);
    // The elapsed time is sent, for the worker's clock.
    expect(advances().at(-1)).toMatchObject({ ms: 50, speed: 0.25 });
    body.pause();
    frame({ step: 2 });
    source.positions(200);
    expect(advances()).toHaveLength(2);
  });

  it('ignores frames of an earlier set-up or another body', () => {
    const { body, frame } = session();
    body.open(HOPPER);
    frame({ step: 3, return: 7 });
    expect(body.store.getState()).toMatchObject({ status: 'ready', facts: { step: 3 } });
    body.open({ ...HOPPER, seed: 1 });
    expect(body.store.getState().facts.step).toBe(0);
    frame({ run: 1, step: 4 });
    expect(body.store.getState().facts.step).toBe(0);
    frame({ run: 2, step: 1 });
    expect(body.store.getState().facts.step).toBe(1);
    expect(body.sourceFor('walker2d').positions(0)).toHaveLength(9);
  });

  it('stores the last actions of the present episode', () => {
    const { body, frame } = session();
    body.open(HOPPER);
    frame({ step: 2, actions: Float32Array.from([1, 2, 3, 4, 5, 6]) });
    expect(body.history!.steps).toBe(2);
    expect([body.history!.at(0, 2), body.history!.at(1, 0)]).toEqual([6, 1]);
    frame({ step: 1, episode: 1, actions: Float32Array.from([7, 8, 9]) });
    expect(body.history!.steps).toBe(1);
    frame({ step: 401, episode: 1, actions: Float32Array.from({ length: 1200 }, (_, i) => i) });
    expect(body.history!.at(0, 2)).toBe(1199);
  });

  it('requests one trace per state, while traces are on and the policy denoises', () => {
    const { body, frame, sent, reply } = session();
    const asked = () => sent.filter(({ type }) => type === 'trace').length;
    const policy = { kind: 'diffusion' } as unknown as StageSetup['policy'];
    const traced = (run: number) => {
      const trace = {} as StageTrace['trace'];
      reply({ type: 'trace', trace: { run, episode: 0, step: 0, observation: new Float32Array(11), trace } });
    };
    body.open({ ...HOPPER, policy });
    body.watchTraces(true);
    expect(asked()).toBe(0);
    frame();
    expect(asked()).toBe(1);
    frame();
    traced(1);
    expect(body.store.getState().trace?.run).toBe(1);
    expect(asked()).toBe(1);
    // A trace of an earlier set-up is not shown.
    body.open({ ...HOPPER, policy, seed: 5 });
    expect(body.store.getState().trace).toBeNull();
    traced(1);
    expect(body.store.getState().trace).toBeNull();
    body.open(HOPPER);
    frame({ run: 3 });
    frame({ run: 3, step: 1 });
    expect(asked()).toBe(1);
  });

  it('traces the same state again for a new policy, and clears the trace if the policy does not denoise', () => {
    vi.useFakeTimers();
    const { body, frame, sent, reply } = session();
    const asked = () => sent.filter(({ type }) => type === 'trace').length;
    const denoising = { kind: 'diffusion' } as unknown as StageSetup['policy'];
    const traced = () => {
      const trace = {} as StageTrace['trace'];
      reply({ type: 'trace', trace: { run: 1, episode: 0, step: 0, observation: new Float32Array(11), trace } });
      vi.advanceTimersByTime(200);
    };
    body.open(HOPPER);
    body.watchTraces(true);
    frame();
    expect(asked()).toBe(0);
    body.setPolicy(denoising);
    expect(asked()).toBe(1);
    traced();
    expect(body.store.getState().trace).not.toBeNull();
    body.setPolicy(denoising);
    expect(asked()).toBe(2);
    traced();
    body.watchTraces(false);
    body.setPolicy(denoising);
    expect(asked()).toBe(2);
    body.watchTraces(true);
    expect(asked()).toBe(3);
    traced();
    body.setPolicy(HOPPER.policy);
    expect(body.store.getState().trace).toBeNull();
    frame({ step: 1 });
    expect(asked()).toBe(3);
    vi.useRealTimers();
  });

  it('requests the next state at once if the body is behind real time, and reports its speed', () => {
    const { body, frame, advances } = session();
    body.open(HOPPER);
    frame();
    body.play();
    body.sourceFor('hopper').positions(performance.now());
    expect(advances()).toHaveLength(1);
    frame({ step: 50, missed: 60, actions: new Float32Array(3 * 50) });
    expect(advances()).toHaveLength(2);
    frame({ step: 51, missed: 0, actions: new Float32Array(3), end: 'fall' });
    expect(body.store.getState().realTime).toBeCloseTo(50 / 110, 6);
    expect(advances()).toHaveLength(2);
  });

  it('reports the end of an episode and an error at once, and ends its worker', () => {
    const { body, frame, reply, hasEnded } = session();
    body.open(HOPPER);
    frame();
    body.play();
    frame({ step: 9, end: 'fall', return: 12 });
    expect(body.store.getState().last).toMatchObject({ step: 9, return: 12, end: 'fall' });
    reply({ type: 'failed', message: 'no WebAssembly' });
    expect(body.store.getState()).toMatchObject({ status: 'failed', error: 'no WebAssembly', playing: false });
    body.end();
    expect(hasEnded()).toBe(true);
  });

  it('clears the error of a set-up with the first frame of the next', () => {
    const { body, frame, advances, reply } = session();
    body.open(HOPPER);
    frame();
    body.play();
    body.sourceFor('hopper').positions(0);
    reply({ type: 'failed', message: 'a policy of another width' });
    body.open(HOPPER);
    frame({ run: 2 });
    expect(body.store.getState()).toMatchObject({ status: 'ready', error: null });
    body.play();
    const before = advances().length;
    body.sourceFor('hopper').positions(16);
    expect(advances()).toHaveLength(before + 1);
  });
});
