import { expect, it } from 'vitest';
import { summary } from './evaluation.ts';
import { physicsOf } from './run-physics.ts';

const VERSION = '3.14.0';
const POINTS = [
  { step: 10, bcLoss: null, evaluations: [{ candidates: 1, returns: [1], lengths: [1], ...summary([1], null) }] },
];

it('a resumed run evaluates in the physics that it began in, not in the page’s', () => {
  const [native, v2] = ['MuJoCo 3.14, native', 'MuJoCo 3.14, v2-compatible'];
  expect(physicsOf({ physics: native, points: POINTS }, VERSION)).toEqual({ variant: 'native', physics: native });
  expect(physicsOf({ physics: v2, points: POINTS }, VERSION)).toEqual({ variant: 'v2', physics: v2 });
});

it('a run whose physics are unavailable is rejected with both versions', () => {
  const old = { physics: 'MuJoCo 3.13, v2-compatible', points: POINTS };
  expect(() => physicsOf(old, VERSION)).toThrow(
    'points that were played in MuJoCo 3.13, v2-compatible, and this page has MuJoCo 3.14, v2-compatible',
  );
  const here = { variant: 'v2', physics: 'MuJoCo 3.14, v2-compatible' };
  expect(physicsOf({ ...old, points: [] }, VERSION)).toEqual(here);
  expect(physicsOf({ physics: 'not known', points: [] }, VERSION)).toEqual(here);
});
