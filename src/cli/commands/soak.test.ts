import { describe, expect, it } from 'vitest';
import { json } from '../testing.ts';

describe('lab soak', () => {
  it('lab soak takes the given number of steps and does not grow the engine’s memory', async () => {
    const soak = await json('soak', '--env', 'hopper', '--steps', '2005');
    expect(soak).toMatchObject({ environment: 'hopper', variant: 'v2', steps: 2005, engineGrowth: 0 });
    expect(soak['looks']).toHaveLength(10);
    expect((soak['looks'] as { steps: number }[]).at(-1)!.steps).toBe(2005);
    expect(soak['episodes']).toBeGreaterThan(30);
  });
});
