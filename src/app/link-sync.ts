/** Keeps the address in step with the experiment and the view, and opens a link that is pasted into the same tab. */
import { linkAddress, writeLink } from './link.ts';
import { debounce } from './scheduling.ts';
import { experimentStore } from './stores/experiment-store.ts';
import { viewStore } from './stores/view-store.ts';

const WAIT_MS = 300;
/** Fields of the query that belong to the page's host and not to the experiment. */
const KEPT_IN_QUERY = ['offline'];

export function currentAddress(): string {
  return linkAddress(location, writeLink(experimentStore.getState(), viewStore.getState()));
}

export function keepLinkCurrent(): void {
  const write = debounce(() => {
    const fragment = writeLink(experimentStore.getState(), viewStore.getState());
    const query = new URLSearchParams(location.search);
    for (const name of [...query.keys()]) {
      const isFakeEngine = import.meta.env.DEV && query.get(name) === 'fake';
      if (!KEPT_IN_QUERY.includes(name) && !isFakeEngine) query.delete(name);
    }
    const search = query.size > 0 ? `?${query}` : '';
    history.replaceState(null, '', `${location.pathname}${search}${fragment ? `#${fragment}` : ''}`);
  }, WAIT_MS);
  experimentStore.subscribe(write);
  viewStore.subscribe(write);
  // `replaceState` raises no such event, so this one is the visitor's.
  addEventListener('hashchange', () => location.reload());
}
