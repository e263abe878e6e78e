import { createRoot, type Root } from 'react-dom/client';
import type { TrainingEngine } from '../bandit/engine/protocol.ts';
import { App } from './bandit/BanditPage.tsx';
import { connectEngine } from './bandit/engine-client.ts';
import { dismissSpareWorkers } from './bandit/engine-worker.ts';
import { warmCharts } from './bandit/figure/LazyCurves.tsx';
import { storedTheme } from './shared/hooks/use-theme.ts';
import { linkParams, readLink } from './link.ts';
import { keepLinkCurrent } from './address.ts';
import { registerOffline } from './shared/offline.ts';
import { withOtherPage } from './cross-page-state.ts';
import { SeriesStore } from './bandit/plots/series/series.ts';
import { nextTask } from './shared/scheduling.ts';
import { OtherSeeds, type SeedsConnection } from './bandit/seeds/seed-comparison.ts';
import { connectSeeds } from './bandit/seeds/seeds-client.ts';
import { SessionContext } from './bandit/session-context.ts';
import { Session } from './bandit/session.ts';
import { experimentStore } from './bandit/stores/experiment-store.ts';
import { frameStore } from './bandit/stores/frame-store.ts';
import { locomotionStore } from './locomotion/locomotion-store.ts';
import { runStore } from './bandit/stores/run-store.ts';
import { viewStore } from './shared/view-store.ts';

const FIRST_FIGURE_MS = 15_000;

function crashed(message: string): void {
  runStore.setState({ problem: { kind: 'error', message } });
}

/** Takes the wish for a fake engine, which only development has, out of the fields. */
function takeFakeWish(params: URLSearchParams): boolean {
  const wish = import.meta.env.DEV && params.get('engine') === 'fake';
  if (wish) params.delete('engine');
  return wish;
}

async function connect(fake: boolean): Promise<TrainingEngine> {
  if (import.meta.env.DEV && fake) {
    const { FakeEngine } = await import('./bandit/fake-engine.ts');
    return new FakeEngine();
  }
  return connectEngine(crashed);
}

async function seedsConnector(fake: boolean): Promise<() => SeedsConnection> {
  if (import.meta.env.DEV && fake) {
    const { FakeSeeds } = await import('./bandit/seeds/fake-seeds.ts');
    return () => ({ engine: new FakeSeeds(), end: () => undefined });
  }
  return connectSeeds;
}

/** Every method has shown something, or nothing comes. */
function firstFigure(): Promise<void> {
  return new Promise((resolve) => {
    const isWhole = () => experimentStore.getState().methods.every((method) => frameStore.latest(method));
    const leave = frameStore.subscribeClock(check);
    const timer = setTimeout(finish, FIRST_FIGURE_MS);
    function finish(): void {
      clearTimeout(timer);
      leave();
      resolve();
    }
    function check(): void {
      if (isWhole()) finish();
    }
    check();
  });
}

/** Told to tests, and to whoever embeds the page: what was asked for is painted. */
function tellReady(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.documentElement.dataset.ready = '1';
      // The charts' library, before Play asks for it.
      void warmCharts();
    }),
  );
}

/** The page of the bandit. Its session begins when it is first shown, and goes on while another page is. */
async function showBandit(root: Root, fake: boolean): Promise<void> {
  const series = new SeriesStore();
  const seeds = new OtherSeeds(series, await seedsConnector(fake));
  const session = new Session(await connect(fake), series, seeds, nextTask);
  const show = () => {
    if (viewStore.getState().page !== 'bandit') return;
    root.render(
      <SessionContext value={session}>
        <App />
      </SessionContext>,
    );
  };
  show();
  viewStore.subscribe((now, before) => {
    if (now.page !== before.page) show();
  });
  document.addEventListener('visibilitychange', () => session.visibility(document.hidden));
  seeds.start();
  await session.start(session.listen);
  dismissSpareWorkers();
  await firstFigure();
  tellReady();
}

async function showDatasets(root: Root): Promise<void> {
  const { DatasetsPage } = await import('./datasets/DatasetsPage.tsx');
  if (viewStore.getState().page === 'datasets') root.render(<DatasetsPage onReady={tellReady} />);
}

async function showBodies(root: Root): Promise<void> {
  const { BodiesPage } = await import('./bodies/BodiesPage.tsx');
  if (viewStore.getState().page === 'bodies') root.render(<BodiesPage onReady={tellReady} />);
}

async function showLocomotion(root: Root): Promise<void> {
  const { LocomotionPage } = await import('./locomotion/LocomotionPage.tsx');
  if (viewStore.getState().page === 'locomotion') root.render(<LocomotionPage onReady={tellReady} />);
}

/** Opens the page that the link names, and another when the visitor goes there. */
export async function main(): Promise<void> {
  const params = linkParams(location.search, location.hash);
  const fake = takeFakeWish(params);
  const link = withOtherPage(readLink(params));
  experimentStore.setState(link.experiment, true);
  if (link.locomotion) locomotionStore.setState(link.locomotion, true);
  viewStore.setState(params.has('theme') ? link.view : { ...link.view, theme: storedTheme() });
  runStore.setState({ mended: link.mended });

  const element = document.getElementById('root');
  if (!element) throw new Error('The page has no root.');
  const root = createRoot(element);
  let bandit: Promise<void> | null = null;
  const show = (): Promise<void> => {
    const { page } = viewStore.getState();
    if (page === 'datasets') return showDatasets(root);
    if (page === 'bodies') return showBodies(root);
    if (page === 'locomotion') return showLocomotion(root);
    bandit ??= showBandit(root, fake);
    return bandit;
  };
  keepLinkCurrent();
  viewStore.subscribe((now, before) => {
    if (now.page !== before.page) void show();
  });
  registerOffline();
  await show();
}
