/** The page of datasets: what this browser keeps on the left, the card of one of them on the right. */
import { useEffect } from 'react';
import { ControlHelp } from '../shared/controls/ControlHelp.tsx';
import { PageHeader } from '../shared/layout/PageHeader.tsx';
import { usePageTitle } from '../shared/hooks/use-page-title.ts';
import { useTheme } from '../shared/hooks/use-theme.ts';
import { AddDataset } from './AddDataset.tsx';
import { Card } from './Card.tsx';
import { DatasetList } from './DatasetList.tsx';
import './datasets.css';
import { Jobs } from './Jobs.tsx';
import { followLibrary, followLink, refresh, useLibrary } from '../shared/library/library-store.ts';
import { TroubleNotice } from './ErrorNotice.tsx';
import { useDropFiles } from './use-drop-files.ts';

/** @param onReady told once what is stored is known. */
export function DatasetsPage({ onReady }: { onReady: () => void }) {
  useTheme();
  usePageTitle('Datasets');
  const dropping = useDropFiles();
  const said = useLibrary((state) => state.said);

  useEffect(() => {
    const stops = [followLibrary(), followLink()];
    void refresh().then(onReady);
    return () => {
      for (const stop of stops) stop();
    };
  }, [onReady]);

  return (
    <div className="page datasets-page" data-dropping={dropping || undefined}>
      <PageHeader claim="Logged trajectories to learn from, kept in your browser." />
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
