import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { defaultExperiment } from '../bandit/experiment.ts';
import { presetLocomotion } from '../locomotion/experiment.ts';
import { linkParams, readLink } from './link.ts';
import { storeForReload, restoreOtherPage } from './cross-page-state.ts';

const BANDIT = { ...defaultExperiment(), seed: 7, settings: { eta: 2 } };
const LOCOMOTION = { ...presetLocomotion('walker2d-medium', 'iql', 'small'), seed: 3 };
const linkOf = (hash: string) => readLink(linkParams('', hash));

let kept: Map<string, string>;
let arrived: string;

beforeEach(() => {
  kept = new Map();
  arrived = 'reload';
  vi.stubGlobal('sessionStorage', {
    setItem: (key: string, value: string) => void kept.set(key, value),
    getItem: (key: string) => kept.get(key) ?? null,
  });
  vi.spyOn(performance, 'getEntriesByType').mockImplementation(() => [{ type: arrived } as never]);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('a reload on the page of locomotion leaves the bandit’s experiment as it was, and the other way round', () => {
  storeForReload(BANDIT, LOCOMOTION);
  expect(restoreOtherPage(linkOf('#page=locomotion')).experiment).toEqual(BANDIT);
  expect(restoreOtherPage(linkOf('#page=locomotion')).locomotion).toMatchObject({ task: 'hopper-medium-expert' });
  const bandit = restoreOtherPage(linkOf('#seed=4'));
  expect(bandit.experiment.seed).toBe(4);
  expect(bandit.locomotion).toEqual(LOCOMOTION);
});

it('a link that is opened, and storage that is refused, bring the defaults', () => {
  storeForReload(BANDIT, LOCOMOTION);
  arrived = 'navigate';
  expect(restoreOtherPage(linkOf('#page=locomotion'))).toEqual(linkOf('#page=locomotion'));
  arrived = 'reload';
  vi.stubGlobal('sessionStorage', undefined);
  storeForReload(BANDIT, LOCOMOTION);
  expect(restoreOtherPage(linkOf('#page=locomotion'))).toEqual(linkOf('#page=locomotion'));
});
