import { describe, expect, it } from 'vitest';
import { brokenClaims } from './locomotion-claims.ts';
import { json, run, temporaryFolder } from '../testing.ts';

const at = temporaryFolder('locomotion-claims');
/** Policies that have learned nothing yet. */
const TINY = ['--steps', '2', '--episodes', '2', '--backend', 'cpu', '--workers', '1'];

describe('lab locomotion-claims', () => {
  it('lab locomotion-claims collects, trains both methods, plays their last checkpoints, and fails where they return too little', async () => {
    const { code, out, err } = await run('locomotion-claims', at('all'), '--rows', '300', '--seeds', '0..1', ...TINY);
    expect(code).toBe(1);
    expect(err).toMatch(/Diffusion-QL, 1 candidate: a mean return of \d+ is not above the data's mean episode, \d+\./);
    expect(out).toMatch(/^hopper-medium-expert, small preset: .* 2 fresh episodes of the last checkpoint/);
    expect(out).toMatch(/^1( +\d+ ± \d+ \(\d\.\d\)){3} +2 +\d+ +\d+$/m);
    expect(out).toMatch(/^mean( +\d+ \(\d\.\d\)){3}$/m);
    expect(out).toMatch(/Dataset hopper-medium-expert-collected: 300 rows, mean episode \d+/);
    expect(out).not.toContain('is above');

    // The table shows the returns of the stored checkpoints.
    const answer = JSON.parse(
      (await run('locomotion-claims', at('again'), '--data', at('all', 'data'), '--seeds', '1', '--json', ...TINY)).out,
    ) as { holds: boolean; runs: { method: string; evaluations: unknown }[] };
    expect(answer.holds).toBe(false);
    const checkpoint = at('all', 'diffusion-ql', 'seed-1', 'checkpoint.safetensors');
    const flags = ['--env', 'hopper', '--seed', '1000', '--episodes', '2', '--workers', '1'];
    const { evaluations } = await json('evaluate', '--checkpoint', checkpoint, ...flags);
    expect(answer.runs.map(({ method }) => method)).toEqual(['diffusion-bc', 'diffusion-ql']);
    expect(answer.runs[1]?.evaluations).toEqual(evaluations);

    const taken = await run('locomotion-claims', at('all'), '--seeds', '1', ...TINY);
    expect(taken.code).toBe(2);
    expect(taken.err).toContain('holds a run already');
  }, 120_000);

  it('the locomotion claims hold where Diffusion-QL is above both bars, however it chooses its actions', () => {
    const columns = (one: number, fifty: number) => [
      { method: 'diffusion-bc', candidates: 1, mean: 1100 } as const,
      { method: 'diffusion-ql', candidates: 1, mean: one } as const,
      { method: 'diffusion-ql', candidates: 50, mean: fifty } as const,
    ];
    expect(brokenClaims(columns(1300, 1400), 1120)).toEqual([]);
    expect(brokenClaims(columns(1110, 1400), 1120)).toEqual([
      "Diffusion-QL, 1 candidate: a mean return of 1110 is not above the data's mean episode, 1120.",
    ]);
    expect(brokenClaims(columns(1300, 1100), 1000)).toEqual([
      "Diffusion-QL, 50 candidates: a mean return of 1100 is not above Diffusion-BC's 1100.",
    ]);
    expect(brokenClaims(columns(Number.NaN, 1400), 1120)).toHaveLength(2);
  });
});
