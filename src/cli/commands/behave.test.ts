import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { json, run, temporaryFolder } from '../testing.ts';

const at = temporaryFolder('behave');

describe('lab behave, collect and rollouts', () => {
  it('lab behave, collect and rollouts train a policy, resume, ship it, collect with it, and time it', async () => {
    const [file, policies, out] = ['run.json', 'hopper-3.json', 'data'].map((name) => at(name)) as [
      string,
      string,
      string,
    ];
    const hopper = ['--env', 'hopper', '--seed', '3', '--workers', '2'];
    const first = await json('behave', file, ...hopper, '--steps', '600');
    expect(first).toMatchObject({ environment: 'hopper', seed: 3, directions: 8, top: 4 });
    const again = await run('behave', file, ...hopper, '--steps', '900');
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('--resume goes on from it');
    const other = await run('behave', file, '--env', 'hopper', '--seed', '4', '--resume');
    expect(other.err).toContain('is a run of hopper, variant v2, seed 3');

    const second = await json('behave', file, ...hopper, '--steps', '1500', '--resume', '--ship', policies);
    expect(second['steps']).toBeGreaterThanOrEqual(1500);
    expect(second['curve']).toHaveLength(2);
    expect(second['shipped']).toHaveLength(2);

    const collected = await json(
      'collect',
      out,
      ...hopper,
      '--behaviour',
      'medium-expert',
      '--steps',
      '400',
      '--policies',
      policies,
    );
    expect(collected).toMatchObject({ id: 'hopper-medium-expert-collected-seed-3', rows: 400 });
    expect(collected['provenance']).toContain('D4RL protocol, collected here');
    expect((await json('verify', out))['problems']).toEqual([]);
    const manifest = JSON.parse(await readFile(join(out, 'dataset.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['source']).toMatchObject({ layout: 'rollouts', name: 'hopper-3.json' });

    const rates = await json('rollouts', ...hopper, '--episodes', '4', '--policy', policies);
    for (const key of ['rolloutStepsPerSecond', 'engineStepsPerSecond', 'share']) {
      expect(rates[key], key).toBeGreaterThan(0);
    }
    const walker = await run('rollouts', '--env', 'walker2d', '--policy', policies);
    expect(walker.err).toContain('has policies of hopper, not of walker2d');
  });

  it('lab behave trains a network by PPO and keeps its learning-rate schedule after resuming', async () => {
    const hopper = ['--env', 'hopper', '--workers', '1', '--trainer', 'ppo'];
    const file = at('ppo.json');
    const begun = await json('behave', file, ...hopper, '--steps', '2048', '--decay-steps', '4096');
    expect(begun).toMatchObject({ environment: 'hopper', hidden: 64, decaySteps: 4096, iteration: 1, steps: 2048 });
    const beyond = await run('behave', file, ...hopper, '--steps', '5000', '--resume');
    expect(beyond).toMatchObject({ code: 2 });
    expect(beyond.err).toContain('whose rate is 0 from step 4096 on; --steps asks for 5000');
    const other = await run('behave', file, '--env', 'hopper', '--resume');
    expect(other.err).toContain('is a run of another trainer than ars');
  });

  it('lab behave, collect and rollouts name what is missing', async () => {
    expect((await run('behave', at('a.json'))).err).toContain("'--env <name>' not specified");
    const none = await run('behave', at('none.json'), '--env', 'hopper', '--resume');
    expect(none).toMatchObject({ code: 2 });
    const unread = await run(
      ...['collect', at('b'), '--env', 'hopper', '--behaviour', 'expert', '--policies', at('no.json')],
    );
    expect(unread).toMatchObject({ code: 2 });
    expect(unread.err).toContain('no.json could not be read');
  });
});
