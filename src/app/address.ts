/** Updates the address when the experiment or the view changes, and opens a link that is pasted into the same tab. */
import { linkAddress, linkParams, readLink, writeLink } from './link.ts';
import { storeForReload } from './cross-page-state.ts';
import { throttle } from './shared/scheduling.ts';
import { experimentStore } from './bandit/stores/experiment-store.ts';
import { locomotionStore } from './locomotion/locomotion-store.ts';
import { setView, viewStore } from './shared/view-store.ts';
import { DEFAULT_VIEW, type View } from './shared/view.ts';

/** Between two changes of the address: a browser may accept only a hundred in half a minute. */
const WRITE_INTERVAL_MS = 400;
/** Fields of the query that belong to the page's host and not to the experiment. */
const HOST_FIELDS = ['offline'];

/** The last fragment written or read. The address briefly has another after Back, or when a link is pasted. */
let lastHash = '';

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

/** Opens another page; the browser's Back returns. A run continues meanwhile. */
export function goTo(page: string): void {
  if (viewStore.getState().page === page) return;
  history.pushState(null, '', `${location.pathname}${location.search}${new URL(pageAddress(page)).hash}`);
  lastHash = location.hash;
  setView({ page });
}

/**
 * Applies a link that differs from what is shown only by its page, or by what a page can change without a reload.
 *
 * @returns false if the link differs by more; then nothing is applied.
 */
function applyLink(): boolean {
  const { experiment, locomotion, view, repairs } = readLink(linkParams(location.search, location.hash));
  const now = viewStore.getState();
  const { page, dataset, run, body, policy, physics, bodySeed, stage } = view;
  // What pages other than the bandit's apply without a reload.
  const applied = { page, dataset, run, body, policy, physics, bodySeed, stage };
  const current = Object.fromEntries(Object.keys(applied).map((key) => [key, now[key as keyof View]]));
  const currentExperiment = experimentStore.getState();
  // A link of locomotion does not contain the bandit's experiment, which is unchanged then.
  const target = writeLink(locomotion ? currentExperiment : experiment, {
    ...view,
    ...current,
    theme: now.theme,
    page: DEFAULT_VIEW.page,
  });
  if (repairs.length > 0 || target !== writeLink(currentExperiment, { ...now, page: DEFAULT_VIEW.page })) return false;
  if (locomotion) locomotionStore.setState(locomotion, true);
  setView(applied);
  return true;
}

export function keepLinkCurrent(): void {
  lastHash = location.hash;
  const write = throttle(() => {
    // A fragment that the visitor navigated to must not be overwritten before it is read.
    if (location.hash !== lastHash) return;
    const fragment = fragmentOf(viewStore.getState());
    storeForReload(experimentStore.getState(), locomotionStore.getState());
    const query = new URLSearchParams(location.search);
    for (const name of [...query.keys()]) {
      const isFakeEngine = import.meta.env.DEV && query.get(name) === 'fake';
      if (!HOST_FIELDS.includes(name) && !isFakeEngine) query.delete(name);
    }
    const search = query.size > 0 ? `?${query}` : '';
    history.replaceState(null, '', `${location.pathname}${search}${fragment ? `#${fragment}` : ''}`);
    lastHash = location.hash;
  }, WRITE_INTERVAL_MS);
  experimentStore.subscribe(write);
  locomotionStore.subscribe(write);
  viewStore.subscribe(write);
  // `replaceState` raises no such event, so the visitor caused this one.
  addEventListener('hashchange', () => {
    lastHash = location.hash;
    if (!applyLink()) location.reload();
  });
}
