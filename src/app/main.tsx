/** Opens the page that the link names, and other pages as the visitor navigates to them. */
import { createRoot } from 'react-dom/client';
import { currentAddress, goTo, keepLinkCurrent, pageAddress } from './address.ts';
import { experimentStore } from './bandit/stores/experiment-store.ts';
import { restoreOtherPage } from './cross-page-state.ts';
import { linkParams, readLink } from './link.ts';
import { locomotionStore } from './locomotion/locomotion-store.ts';
import { PAGES } from './pages.ts';
import { storedTheme } from './shared/hooks/use-theme.ts';
import { NavigationContext, type Navigation } from './shared/navigation.ts';
import { registerOffline } from './shared/offline.ts';
import { repairsStore } from './shared/repairs-store.ts';
import { viewStore } from './shared/view-store.ts';

const NAVIGATION: Navigation = { pages: PAGES, addressOf: pageAddress, currentAddress, goTo };

/** Removes `engine=fake`, which exists in development only, from the fields. */
function takeFakeEngine(params: URLSearchParams): boolean {
  const fakeEngine = import.meta.env.DEV && params.get('engine') === 'fake';
  if (fakeEngine) params.delete('engine');
  return fakeEngine;
}

/** Marks the document once the requested page is painted, for tests and for documents that embed this one. */
function markReady(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.documentElement.dataset.ready = '1';
      // The charts' library, before Play requires it.
      void import('./bandit/figure/LazyCurves.tsx').then(({ warmCharts }) => warmCharts());
    }),
  );
}

export async function main(): Promise<void> {
  const params = linkParams(location.search, location.hash);
  const fakeEngine = takeFakeEngine(params);
  const link = restoreOtherPage(readLink(params));
  experimentStore.setState(link.experiment, true);
  if (link.locomotion) locomotionStore.setState(link.locomotion, true);
  viewStore.setState(params.has('theme') ? link.view : { ...link.view, theme: storedTheme() });
  repairsStore.setState(link.repairs, true);

  const element = document.getElementById('root');
  if (!element) throw new Error('The page has no root.');
  const root = createRoot(element);
  const documentTitle = document.title;
  const show = async (): Promise<void> => {
    const { page } = viewStore.getState();
    const row = PAGES.find(({ id }) => id === page) ?? PAGES[0]!;
    const Page = await row.load({ fakeEngine });
    if (viewStore.getState().page !== page) return;
    document.title = row === PAGES[0] ? documentTitle : `${row.label} – ${documentTitle}`;
    root.render(
      <NavigationContext value={NAVIGATION}>
        <Page onReady={markReady} />
      </NavigationContext>,
    );
  };
  keepLinkCurrent();
  viewStore.subscribe((now, before) => {
    if (now.page !== before.page) void show();
  });
  registerOffline();
  await show();
}
