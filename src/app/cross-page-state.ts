/**
 * A link holds the experiment of its own page: the bandit's, or that of locomotion. Whoever reloads the one finds the other as
 * they left it, which the tab's own storage keeps until then.
 */
import { decodeExperiment, encodeExperiment } from '../bandit/link.ts';
import type { Experiment } from '../bandit/experiment.ts';
import type { LocomotionExperiment } from '../locomotion/experiment.ts';
import { decodeLocomotion, encodeLocomotion } from '../locomotion/link.ts';
import type { Link } from './link.ts';

const BANDIT = 'experiment';
const LOCOMOTION = 'locomotion-experiment';

export function keepForReload(experiment: Experiment, locomotion: LocomotionExperiment): void {
  try {
    sessionStorage.setItem(BANDIT, encodeExperiment(experiment).toString());
    sessionStorage.setItem(LOCOMOTION, encodeLocomotion(locomotion).toString());
  } catch {
    // Refused by the browser: a reload then has the other page at its defaults.
  }
}

/** What the link says, and after a reload what the other page had. */
export function withOtherPage(link: Link): Link {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (navigation?.type !== 'reload') return link;
  try {
    const kept = sessionStorage.getItem(link.locomotion ? BANDIT : LOCOMOTION);
    if (kept === null) return link;
    const fields = new URLSearchParams(kept);
    return link.locomotion
      ? { ...link, experiment: decodeExperiment(fields).experiment }
      : { ...link, locomotion: decodeLocomotion(fields).experiment };
  } catch {
    return link;
  }
}
