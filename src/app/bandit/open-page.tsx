/** Opens the bandit's page. Its session starts with the first visit and continues while other pages are shown. */
import { useEffect } from 'react';
import type { TrainingEngine } from '../../bandit/engine/protocol.ts';
import type { PageComponent } from '../shared/navigation.ts';
import { nextTask } from '../shared/scheduling.ts';
import { BanditPage } from './BanditPage.tsx';
import { connectEngine } from './engine-client.ts';
import { dismissSpareWorkers } from './engine-worker.ts';
import { SeriesStore } from './plots/series/series.ts';
import { SeedComparison, type SeedsConnection } from './seeds/seed-comparison.ts';
import { connectSeeds } from './seeds/seeds-client.ts';
import { SessionContext } from './session-context.ts';
import { Session } from './session.ts';
import { experimentStore } from './stores/experiment-store.ts';
import { frameStore } from './stores/frame-store.ts';
import { runStore } from './stores/run-store.ts';

const FIRST_FIGURE_MS = 15_000;

async function connect(fake: boolean): Promise<TrainingEngine> {
  if (import.meta.env.DEV && fake) {
    const { FakeEngine } = await import('./fake-engine.ts');
    return new FakeEngine();
  }
  return connectEngine((message) => runStore.setState({ problem: { kind: 'error', message } }));
}

async function seedsConnector(fake: boolean): Promise<() => SeedsConnection> {
  if (import.meta.env.DEV && fake) {
    const { FakeSeeds } = await import('./seeds/fake-seeds.ts');
    return () => ({ engine: new FakeSeeds(), end: () => undefined });
  }
  return connectSeeds;
}

/** Resolves when every method has shown something, or after a time limit. */
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

async function open(fake: boolean): Promise<PageComponent> {
  const series = new SeriesStore();
  const seeds = new SeedComparison(series, await seedsConnector(fake));
  const session = new Session(await connect(fake), series, seeds, nextTask);
  document.addEventListener('visibilitychange', () => session.visibility(document.hidden));
  seeds.start();
  const started = session.start(session.listen).then(() => {
    dismissSpareWorkers();
    return firstFigure();
  });
  return function OpenBanditPage({ onReady }) {
    useEffect(() => void started.then(onReady), [onReady]);
    return (
      <SessionContext value={session}>
        <BanditPage />
      </SessionContext>
    );
  };
}

let opened: Promise<PageComponent> | null = null;

export function openBanditPage(fakeEngine: boolean): Promise<PageComponent> {
  opened ??= open(fakeEngine);
  return opened;
}
