import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnThread } from '../environments/rollouts/spawn-node.ts';
import { ENVIRONMENT_IDS } from '../environments/bodies/ids.ts';
import { evaluatePolicy } from './evaluate.ts';
import { decodePolicies } from './files.ts';
import { behaviourScore } from './training-run.ts';
import { decodeIndex, SHIPPED_INDEX } from './shipped.ts';

const FOLDER = fileURLToPath(new URL('../../public/behaviour/', import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json') && name !== SHIPPED_INDEX);
/** Of the 40 that the files were evaluated by. */
const EPISODES = 4;

let pool: RolloutPool;
beforeAll(() => {
  pool = new RolloutPool(spawnThread, 2);
});
afterAll(() => pool.end());

describe('shipped policies', () => {
  it('shipped behaviour policies exist for every body', () => {
    for (const body of ENVIRONMENT_IDS) expect(FILES).toContain(`${body}-0.json`);
    // The page reads only the index.
    expect(decodeIndex(readFileSync(`${FOLDER}${SHIPPED_INDEX}`, 'utf8'))).toEqual([...FILES].sort());
  });

  it.each(FILES)('%s: shipped policies have the returns stated in their file', async (name) => {
    const text = readFileSync(`${FOLDER}${name}`, 'utf8');
    expect(text.length).toBeLessThan(100_000);
    const { environment, made, policies } = decodePolicies(text);
    expect(name).toBe(`${environment}-${made.seed}.json`);
    expect(policies.map(({ level }) => level)).toEqual(['medium', 'expert']);
    for (const shipped of policies) {
      const { return: mean } = await evaluatePolicy({ environment, ...made }, shipped.policy, pool, EPISODES);
      const deviation = shipped.deviation / Math.sqrt(EPISODES);
      expect(Math.abs(mean - shipped.return)).toBeLessThan(4 * deviation + 1e-3 * Math.abs(shipped.return));
      expect(shipped.score).toBeCloseTo(behaviourScore(environment, shipped.return), 6);
    }
    // Medium is about a third of the best: what training passes on its way is no nearer to it than this.
    const fraction = policies[0]!.return / policies[1]!.return;
    expect(fraction).toBeGreaterThan(0.2);
    expect(fraction).toBeLessThan(0.5);
  });
});
