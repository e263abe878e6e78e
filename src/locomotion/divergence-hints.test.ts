import { expect, it } from 'vitest';
import { remedies } from './divergence-hints.ts';

it('what may hold a run names no setting that its method does not have', () => {
  expect(remedies('diffusion-ql')).toBe('a lower η, a lower rate of the critic or a gradient clip');
  expect(remedies('td3-bc')).toBe('a lower η or a lower rate of the critic');
  expect(remedies('iql')).toBe('a lower rate of the critic');
  expect(remedies('diffusion-bc')).toBe('a gradient clip');
  expect(remedies('bc')).toBe('a lower rate');
});
