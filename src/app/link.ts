/**
 * A link contains the whole experiment of a page, and the view. It is written to the fragment, which no server sees; fields
 * are read from the query too, because a hand-written link may have them there.
 */
import type { Experiment } from '../bandit/experiment.ts';
import { decodeExperiment, encodeExperiment } from '../bandit/link.ts';
import type { LocomotionExperiment } from '../locomotion/experiment.ts';
import { decodeLocomotion, encodeLocomotion, isLocomotionLink } from '../locomotion/link.ts';
import { defaultExperiment } from '../bandit/experiment.ts';
import { DEFAULT_LOCOMOTION } from './locomotion/locomotion-store.ts';
import { PAGES } from './pages.ts';
import { choice, DEFAULT_VIEW, VIEW_FIELDS, VIEW_KEYS, VIEW_NAMES, type View } from './shared/view.ts';

const FIELDS: typeof VIEW_FIELDS = {
  ...VIEW_FIELDS,
  page: choice(
    VIEW_FIELDS.page.name,
    PAGES.map(({ id }) => id),
  ),
};

export interface Link {
  /** The bandit's. */
  experiment: Experiment;
  /** The locomotion page's; null in links of other pages, which contain the bandit's. */
  locomotion: LocomotionExperiment | null;
  view: View;
  /** What was not right in the link, and what it is now; one sentence for each field. */
  repairs: string[];
}

/** Fields of both parts of an address; the fragment wins. */
export function linkParams(search: string, hash: string): URLSearchParams {
  const params = new URLSearchParams(search);
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ''))) params.set(name, value);
  return params;
}

export function readLink(params: URLSearchParams): Link {
  const repairs: string[] = [];
  const view: View = { ...DEFAULT_VIEW };
  for (const key of VIEW_KEYS) readField(params, view, key, repairs);
  if (isLocomotionLink(params) && !params.has(VIEW_FIELDS.page.name)) view.page = 'locomotion';
  if (view.page === 'locomotion') {
    const fields = new URLSearchParams(params);
    for (const [name, value] of encodeLocomotion(DEFAULT_LOCOMOTION)) if (!fields.has(name)) fields.set(name, value);
    const { experiment: locomotion, repairs: own } = decodeLocomotion(fields, VIEW_NAMES);
    return { experiment: defaultExperiment(), locomotion, view, repairs: [...own, ...repairs] };
  }
  const decoded = decodeExperiment(params, VIEW_NAMES);
  return { experiment: decoded.experiment, locomotion: null, view, repairs: [...decoded.repairs, ...repairs] };
}

function readField<Key extends keyof View>(
  params: URLSearchParams,
  view: Pick<View, Key>,
  key: Key,
  repairs: string[],
): void {
  const field = FIELDS[key];
  const text = params.get(field.name);
  if (text === null) return;
  const value = field.parse(text);
  if (value === undefined) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    repairs.push(
      `${field.name}: “${shown}” is not ${field.expected}; it is now ${field.format(view[key]) || 'empty'}.`,
    );
  } else {
    view[key] = value;
  }
}

/** The fragment for a view and the experiment of its page. Fields at their default are left out. */
export function writeLink(experiment: Experiment, view: View, locomotion = DEFAULT_LOCOMOTION): string {
  const params = view.page === 'locomotion' ? encodeLocomotion(locomotion) : encodeExperiment(experiment);
  for (const key of VIEW_KEYS) writeField(params, view, key);
  // Commas and colons are legal in a fragment, and readable.
  return params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
}

function writeField<Key extends keyof View>(params: URLSearchParams, view: Pick<View, Key>, key: Key): void {
  const field = VIEW_FIELDS[key];
  const text = field.format(view[key]);
  if (text !== field.format(DEFAULT_VIEW[key])) params.set(field.name, text);
}

/** The address that opens this experiment and view. */
export function linkAddress(location: Pick<Location, 'origin' | 'pathname'>, fragment: string): string {
  return `${location.origin}${location.pathname}${fragment ? `#${fragment}` : ''}`;
}
