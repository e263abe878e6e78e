import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findPyTorch, pytorchParity } from '../hosts.ts';

const CASES = fileURLToPath(new URL('../../../e2e/parity/', import.meta.url));
const pytorch = await findPyTorch();
if (!pytorch) console.log('No Python with PyTorch here: its step is not compared with the published agent.');

describe.skipIf(!pytorch)('the step in PyTorch', () => {
  it.each(['hopper-small', 'bandit-t50', 'antmaze-max-q-backup'])(
    'the PyTorch step of the bench agrees with the published agent: %s',
    async (name) => {
      expect(await pytorchParity(pytorch?.python ?? '', `${CASES}${name}.safetensors`)).toBeLessThan(1e-4);
    },
  );
});
