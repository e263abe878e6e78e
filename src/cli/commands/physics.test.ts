import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startPhysicsEngine } from '../../environments/engine.ts';
import { Environment } from '../../environments/environment.ts';
import { run, temporaryFolder } from '../testing.ts';

const at = temporaryFolder('physics');

/** A recording of our native hopper, which distinguishes the variants. */
async function ownRecording(): Promise<string> {
  const environment = new Environment(await startPhysicsEngine(), 'hopper', { variant: 'native', actions: 'gym' });
  const action = [0.5, -0.5, 0.2];
  const transitions = Array.from({ length: 8 }, (_, episode) => {
    const observation = [...environment.reset(episode)];
    const { reward } = environment.step(action);
    return { observation, action, next_observation: [...environment.observation], reward };
  });
  const file = at('recording.json');
  await writeFile(file, JSON.stringify({ environment: 'Hopper-v2', transitions }));
  return file;
}

describe('lab physics', () => {
  it('lab physics prints one JSON object for the given variant', async () => {
    const file = await ownRecording();
    const native = await run('physics', file, '--variant', 'native', '--json');
    expect(native).toMatchObject({ code: 0, err: '' });
    const report = JSON.parse(native.out) as Record<string, unknown>;
    expect(report).toMatchObject({ within: 1, environment: 'Hopper-v2', physics: 'MuJoCo 3.14, native' });
    for (const key of ['medianVelocityError', 'p99VelocityError', 'medianRewardError']) {
      expect(report[key], key).toBeLessThan(1e-9);
    }
    const v2 = JSON.parse((await run('physics', file, '--json')).out) as Record<string, unknown>;
    expect(v2).toMatchObject({ variant: 'v2', physics: 'MuJoCo 3.14, v2-compatible' });
    expect(v2['medianVelocityError']).toBeGreaterThan(1e-4);
  });

  it('lab physics prints the errors as text', async () => {
    const { out } = await run('physics', await ownRecording(), '--variant', 'native');
    expect(out).toContain('Hopper-v2, 8 recorded steps, replayed in MuJoCo 3.14, native');
    expect(out).toContain('100.0 %');
  });

  it('lab physics names what is wrong with a file', async () => {
    const missing = await run('physics', at('none.json'));
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(missing.err).toContain('could not be read');
    const file = at('ant.json');
    const step = { observation: [], action: [], next_observation: [], reward: 0 };
    await writeFile(file, JSON.stringify({ environment: 'Ant-v2', transitions: [step] }));
    const other = await run('physics', file);
    expect(other.code).toBe(1);
    expect(other.err).toContain('ant.json: It is a recording of Ant-v2');
  });
});
