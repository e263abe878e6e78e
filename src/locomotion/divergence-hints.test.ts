import { expect, it } from 'vitest';
import { divergenceHints } from './divergence-hints.ts';

it('what may hold a run names no setting that its method does not have', () => {
  expect(divergenceHints('diffusion-ql')).toBe('a lower η, a lower rate of the critic or a gradient clip');
  expect(divergenceHints('td3-bc')).toBe('a lower η or a lower rate of the critic');
  expect(divergenceHints('iql')).toBe('a lower rate of the critic');
  expect(divergenceHints('diffusion-bc')).toBe('a gradient clip');
  expect(divergenceHints('bc')).toBe('a lower rate');
});
