import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Environment } from './environment.ts';
import { parsePhysicsRecording, replayPhysics } from './recording.ts';
import { BODIES } from './bodies/index.ts';
import { ENVIRONMENT_IDS, type EnvironmentId } from './bodies/ids.ts';
import { testEngine } from './testing.ts';

const recordingOf = (id: EnvironmentId) =>
  fileURLToPath(new URL(`../../../shared/physics/${id}.json`, import.meta.url));

/** Fraction of the recorded steps that the v2-compatible variant must hit. */
const WITHIN: Partial<Record<EnvironmentId, number>> = { hopper: 1, halfcheetah: 0.93, walker2d: 0.99 };

describe('recordings of the original environments (skipped without ../shared/physics)', () => {
  for (const id of ENVIRONMENT_IDS) {
    it.skipIf(!existsSync(recordingOf(id)))(
      `${id}: v2-compatible physics reproduce the original recordings, native physics do not`,
      async () => {
        const engine = await testEngine();
        const recording = parsePhysicsRecording(readFileSync(recordingOf(id), 'utf8'));
        const v2 = replayPhysics(recording, engine, 'v2');
        expect(v2.transitions).toBeGreaterThan(100);
        expect(v2.within).toBeGreaterThanOrEqual(WITHIN[id] ?? 1);
        expect(v2.medianVelocityError).toBeLessThan(2e-6);
        expect(v2.medianRewardError).toBeLessThan(1e-6);
        const native = replayPhysics(recording, engine, 'native');
        expect(native.within).toBeLessThan(0.2);
        expect(native.medianVelocityError).toBeGreaterThan(1e-3);
      },
    );
  }
});

describe('a recording', () => {
  /** Of our own environment, so that every step must be hit. */
  async function own(): Promise<{ environment: string; transitions: Record<string, unknown>[] }> {
    const environment = new Environment(await testEngine(), 'walker2d', { actions: 'gym' });
    const transitions = Array.from({ length: 5 }, (_, i) => {
      const observation = [...environment.reset(i)];
      const action = [0.1 * i, -2, 0.3, 0, 0.5, -0.5];
      const { reward } = environment.step(action);
      return { observation, action, next_observation: [...environment.observation], reward };
    });
    environment.free();
    return { environment: BODIES.walker2d.gymId, transitions };
  }

  it('our own recording is reproduced at every step; a changed reward is detected', async () => {
    const recording = await own();
    const engine = await testEngine();
    const exact = replayPhysics(parsePhysicsRecording(JSON.stringify(recording)), engine, 'v2');
    expect(exact).toMatchObject({ within: 1, transitions: 5 });
    expect(exact.p99VelocityError).toBeLessThan(1e-9);
    expect(exact.medianRewardError).toBeLessThan(1e-9);
    const changed = recording.transitions.map((step) => ({ ...step, reward: (step['reward'] as number) + 0.25 }));
    const report = replayPhysics(
      parsePhysicsRecording(JSON.stringify({ ...recording, transitions: changed })),
      engine,
      'v2',
    );
    expect(report.medianRewardError).toBeCloseTo(0.25, 9);
  });

  it('a malformed recording, or one of another body, is rejected with its position', async () => {
    const recording = await own();
    const refusal = (value: unknown) => () => parsePhysicsRecording(JSON.stringify(value));
    expect(() => parsePhysicsRecording('{"environment": ')).toThrow('It is no JSON');
    expect(refusal({})).toThrow('environment is not');
    expect(refusal({ ...recording, environment: 'Ant-v2' })).toThrow(
      'of Ant-v2; those that can be replayed are of Hopper-v2, HalfCheetah-v2, Walker2d-v2.',
    );
    expect(refusal({ ...recording, environment: 'Hopper-v2' })).toThrow(
      'transitions.0.observation has 17 values, not 11',
    );
    const [first, ...rest] = recording.transitions;
    expect(refusal({ ...recording, transitions: [...rest, { ...first, reward: null }] })).toThrow(
      'transitions.4.reward is not a number',
    );
  });
});
