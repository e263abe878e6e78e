/** The page of datasets: what this browser keeps on the left, the card of one of them on the right. */
import { useEffect } from 'react';
import { ControlHelp } from '../controls/ControlHelp.tsx';
import { PageLinks } from '../header/PageLinks.tsx';
import { ThemeSelect } from '../header/ThemeSelect.tsx';
import { useTheme } from '../hooks/use-theme.ts';
import { setView, useHidden, useView } from '../stores/view-store.ts';
import { AddDataset } from './AddDataset.tsx';
import { Card } from './Card.tsx';
import { DatasetList } from './DatasetList.tsx';
import './datasets.css';
import { Jobs } from './Jobs.tsx';
import { followLibrary, followLink, refresh, useLibrary } from './library-store.ts';
import { TroubleNotice } from './TroubleNotice.tsx';
import { useDropFiles } from './use-drop-files.ts';

/** @param onReady told once what is stored is known. */
export function DatasetsPage({ onReady }: { onReady: () => void }) {
  useTheme();
  const dropping = useDropFiles();
  const headerHidden = useHidden('header');
  const tables = useView('tables');
  const said = useLibrary((state) => state.said);

  useEffect(() => {
    const title = document.title;
    document.title = `Datasets – ${title}`;
    const stops = [followLibrary(), followLink()];
    void refresh().then(onReady);
    return () => {
      document.title = title;
      for (const stop of stops) stop();
    };
  }, [onReady]);

  return (
    <div className="page datasets-page" data-dropping={dropping || undefined}>
      {!headerHidden && (
        <header className="header">
          <div className="header-words">
            <h1>Diffusion-QL Playground</h1>
            <PageLinks />
            <p className="claim">Logged trajectories to learn from, kept in your browser.</p>
          </div>
          <div className="header-tools">
            <label className="labelled tables-switch">
              <input type="checkbox" checked={tables} onChange={() => setView({ tables: !tables })} />
              Tables in place of plots
            </label>
            <ThemeSelect />
          </div>
        </header>
      )}
      <TroubleNotice />
      <main className="datasets">
        <div className="datasets-side">
          <AddDataset />
          <Jobs />
          <DatasetList />
        </div>
        <Card />
      </main>
      <div className="visually-hidden" role="status" aria-live="polite" data-testid="live-region">
        {said}
      </div>
      <ControlHelp />
    </div>
  );
}
