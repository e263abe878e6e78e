import { expect, it } from 'vitest';
import { divergenceHints } from './divergence-hints.ts';

it('divergence hints name only settings of the method', () => {
  expect(divergenceHints('diffusion-ql')).toBe('a lower η, a lower rate of the critic or a gradient clip');
  expect(divergenceHints('td3-bc')).toBe('a lower η or a lower rate of the critic');
  expect(divergenceHints('iql')).toBe('a lower rate of the critic');
  expect(divergenceHints('diffusion-bc')).toBe('a gradient clip');
  expect(divergenceHints('bc')).toBe('a lower rate');
});
