import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { networkActor } from '../environments/rollouts/network-policy.ts';
import { BODIES } from '../environments/bodies/index.ts';
import { decodeCheckpoint } from './checkpoint-file.ts';
import type { Evaluation } from './evaluation.ts';
import { policyOf } from './policy.ts';
import { LOCOMOTION_TASKS } from './tasks.ts';

const FOLDER = fileURLToPath(new URL('../../public/policies', import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.safetensors'));

interface Listed {
  policies: { file: string; environment: string; method: string; task: string; bytes: number; return: number }[];
}

describe('the shipped policies', () => {
  it('shipped locomotion policies are listed with body, method, size and return', () => {
    const { policies } = JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as Listed;
    expect(policies.map(({ file }) => file).sort()).toEqual([...FILES].sort());
    for (const { file, ...about } of policies) {
      const bytes = readFileSync(join(FOLDER, file));
      const { experiment, notes } = decodeCheckpoint(bytes);
      const { task, method } = experiment;
      expect(about).toMatchObject({ task, method, bytes: bytes.length });
      expect(about.environment).toBe(LOCOMOTION_TASKS[task].environment);
      const evaluations = notes['evaluations'] as Evaluation[];
      expect(Math.abs(about.return - evaluations[0]!.return.value)).toBeLessThan(1);
      expect(bytes.length).toBeLessThan(1e6);
    }
  });

  it.each(FILES)('the shipped policy %s acts in its body', (file) => {
    const checkpoint = decodeCheckpoint(readFileSync(join(FOLDER, file)));
    const { task, method } = checkpoint.experiment;
    const { environment } = LOCOMOTION_TASKS[task];
    const { observations, actions } = BODIES[environment];
    const policy = policyOf(checkpoint, { candidates: method === 'diffusion-ql' ? 50 : 1 });
    const action = new Float64Array(actions);
    networkActor(policy, environment, 0)(new Float64Array(observations).fill(0.1), 0, 0, action);
    for (const value of action) expect(Math.abs(value)).toBeLessThanOrEqual(1);
  });
});
