import { createRoot } from 'react-dom/client';
import type { Engine } from '../training/protocol.ts';
import { App } from './App.tsx';
import { connectEngine } from './engine-client.ts';
import { dismissSpareWorkers } from './engine-worker.ts';
import { warmCharts } from './figure/LazyCurves.tsx';
import { storedTheme } from './hooks/use-theme.ts';
import { linkParams, readLink } from './link.ts';
import { keepLinkCurrent } from './link-sync.ts';
import { registerOffline } from './offline.ts';
import { SeriesStore } from './plots/series.ts';
import { nextTask } from './scheduling.ts';
import { SessionContext } from './session-context.ts';
import { Session } from './session.ts';
import { experimentStore } from './stores/experiment-store.ts';
import { frameStore } from './stores/frame-store.ts';
import { runStore } from './stores/run-store.ts';
import { viewStore } from './stores/view-store.ts';

const FIRST_FIGURE_MS = 15_000;

function crashed(message: string): void {
  runStore.setState({ problem: { kind: 'error', message } });
}

async function connect(params: URLSearchParams): Promise<Engine> {
  if (import.meta.env.DEV && params.get('engine') === 'fake') {
    params.delete('engine');
    const { FakeEngine } = await import('./fake-engine.ts');
    return new FakeEngine();
  }
  return connectEngine(crashed);
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

/** Opens the page. */
export async function main(): Promise<void> {
  const params = linkParams(location.search, location.hash);
  const engine = await connect(params);
  const link = readLink(params);
  experimentStore.setState(link.experiment, true);
  viewStore.setState(params.has('theme') ? link.view : { ...link.view, theme: storedTheme() });
  runStore.setState({ mended: link.mended });

  const session = new Session(engine, new SeriesStore(), nextTask);
  const root = document.getElementById('root');
  if (!root) throw new Error('The page has no root.');
  createRoot(root).render(
    <SessionContext value={session}>
      <App />
    </SessionContext>,
  );

  keepLinkCurrent();
  document.addEventListener('visibilitychange', () => session.visibility(document.hidden));
  registerOffline();
  await session.start(session.listen);
  dismissSpareWorkers();
  await firstFigure();
  // Told to tests, and to whoever embeds the page: the first figure is painted.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.documentElement.dataset.ready = '1';
      // The charts' library, before Play asks for it.
      void warmCharts();
    }),
  );
}
