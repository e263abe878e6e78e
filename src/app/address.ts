/** Keeps the address in step with the experiment and the view, and opens a link that is pasted into the same tab. */
import { linkAddress, linkParams, readLink, writeLink } from './link.ts';
import { keepForReload } from './cross-page-state.ts';
import { throttle } from './shared/scheduling.ts';
import { experimentStore } from './bandit/stores/experiment-store.ts';
import { locomotionStore } from './locomotion/locomotion-store.ts';
import { setView, viewStore } from './shared/view-store.ts';
import { DEFAULT_VIEW, type View } from './shared/view.ts';

/** Between two changes of the address: a browser may take no more than a hundred in half a minute. */
const WAIT_MS = 400;
/** Fields of the query that belong to the page's host and not to the experiment. */
const KEPT_IN_QUERY = ['offline'];

/** The fragment as this page knows it. The address has another for a moment when the visitor went back or pasted one. */
let known = '';

function fragmentOf(view: View): string {
  return writeLink(experimentStore.getState(), view, locomotionStore.getState());
}

export function currentAddress(): string {
  return linkAddress(location, fragmentOf(viewStore.getState()));
}

/** The address of another page of the playground, with the same experiment and view. */
export function pageAddress(page: string): string {
  return linkAddress(location, fragmentOf({ ...viewStore.getState(), page }));
}

/** Goes to another page; the browser's Back comes back. A run goes on meanwhile. */
export function goTo(page: string): void {
  if (viewStore.getState().page === page) return;
  history.pushState(null, '', `${location.pathname}${location.search}${new URL(pageAddress(page)).hash}`);
  known = location.hash;
  setView({ page });
}

/** Whether a link differs from what is on show by its page, or what that page shows; then there is nothing to load anew. */
function turnPage(): boolean {
  const { experiment, locomotion, view, repairs } = readLink(linkParams(location.search, location.hash));
  const now = viewStore.getState();
  const { page, dataset, run, body, policy, physics, bodySeed, stage } = view;
  // What the pages beside the bandit's can turn to by themselves.
  const turned = { page, dataset, run, body, policy, physics, bodySeed, stage };
  const kept = Object.fromEntries(Object.keys(turned).map((key) => [key, now[key as keyof View]]));
  const current = experimentStore.getState();
  // A link of locomotion does not hold the bandit's experiment, which stays as it is.
  const there = writeLink(locomotion ? current : experiment, {
    ...view,
    ...kept,
    theme: now.theme,
    page: DEFAULT_VIEW.page,
  });
  if (repairs.length > 0 || there !== writeLink(current, { ...now, page: DEFAULT_VIEW.page })) return false;
  if (locomotion) locomotionStore.setState(locomotion, true);
  setView(turned);
  return true;
}

export function keepLinkCurrent(): void {
  known = location.hash;
  const write = throttle(() => {
    // Where the visitor went is not written over before it was read.
    if (location.hash !== known) return;
    const fragment = fragmentOf(viewStore.getState());
    keepForReload(experimentStore.getState(), locomotionStore.getState());
    const query = new URLSearchParams(location.search);
    for (const name of [...query.keys()]) {
      const isFakeEngine = import.meta.env.DEV && query.get(name) === 'fake';
      if (!KEPT_IN_QUERY.includes(name) && !isFakeEngine) query.delete(name);
    }
    const search = query.size > 0 ? `?${query}` : '';
    history.replaceState(null, '', `${location.pathname}${search}${fragment ? `#${fragment}` : ''}`);
    known = location.hash;
  }, WAIT_MS);
  experimentStore.subscribe(write);
  locomotionStore.subscribe(write);
  viewStore.subscribe(write);
  // `replaceState` raises no such event, so this one is the visitor's.
  addEventListener('hashchange', () => {
    known = location.hash;
    if (!turnPage()) location.reload();
  });
}
