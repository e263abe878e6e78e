/**
 * A link contains the experiment of its own page only: the bandit's or locomotion's. The tab's session storage has both, so
 * that a reload of one page does not lose the experiment of the other.
 */
import { decodeExperiment, encodeExperiment } from '../bandit/link.ts';
import type { Experiment } from '../bandit/experiment.ts';
import type { LocomotionExperiment } from '../locomotion/experiment.ts';
import { decodeLocomotion, encodeLocomotion } from '../locomotion/link.ts';
import type { Link } from './link.ts';

const BANDIT = 'experiment';
const LOCOMOTION = 'locomotion-experiment';

export function storeForReload(experiment: Experiment, locomotion: LocomotionExperiment): void {
  try {
    sessionStorage.setItem(BANDIT, encodeExperiment(experiment).toString());
    sessionStorage.setItem(LOCOMOTION, encodeLocomotion(locomotion).toString());
  } catch {
    // The browser refused: after a reload the other page has its defaults.
  }
}

/** The link; after a reload, with the stored experiment of the other page. */
export function restoreOtherPage(link: Link): Link {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (navigation?.type !== 'reload') return link;
  try {
    const stored = sessionStorage.getItem(link.locomotion ? BANDIT : LOCOMOTION);
    if (stored === null) return link;
    const fields = new URLSearchParams(stored);
    return link.locomotion
      ? { ...link, experiment: decodeExperiment(fields).experiment }
      : { ...link, locomotion: decodeLocomotion(fields).experiment };
  } catch {
    return link;
  }
}
