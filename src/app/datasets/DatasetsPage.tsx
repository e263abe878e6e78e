/** The datasets page: stored datasets on the left, the card of the open one on the right. */
import { useEffect } from 'react';
import { ControlHelp } from '../shared/controls/ControlHelp.tsx';
import { PageHeader } from '../shared/layout/PageHeader.tsx';
import { useTheme } from '../shared/hooks/use-theme.ts';
import { AddDataset } from './AddDataset.tsx';
import { Card } from './Card.tsx';
import { DATASET_CONTROLS } from './copy.ts';
import { DatasetList } from './DatasetList.tsx';
import './datasets.css';
import './card.css';
import { Jobs } from './Jobs.tsx';
import {
  dismissLibraryError,
  followLibrary,
  followLink,
  refreshLibrary,
  useLibrary,
} from '../shared/library/library-store.ts';
import { Dismiss } from '../shared/notices/Dismiss.tsx';
import { RepairNotice } from '../shared/notices/RepairNotice.tsx';
import { useDropFiles } from './use-drop-files.ts';

/** @param onReady called once the stored datasets are known. */
export function DatasetsPage({ onReady }: { onReady: () => void }) {
  useTheme();
  const dropping = useDropFiles();
  const announcement = useLibrary((state) => state.announcement);

  useEffect(() => {
    const stops = [followLibrary(), followLink()];
    void refreshLibrary().then(onReady);
    return () => {
      for (const stop of stops) stop();
    };
  }, [onReady]);

  return (
    <div className="page datasets-page" data-dropping={dropping || undefined}>
      <PageHeader claim="Logged trajectories to learn from, kept in your browser." />
      <DatasetErrorNotice />
      <main className="datasets">
        <div className="datasets-side">
          <AddDataset />
          <Jobs />
          <DatasetList />
        </div>
        <Card />
      </main>
      <div className="visually-hidden" role="status" aria-live="polite" data-testid="live-region">
        {announcement}
      </div>
      <ControlHelp controls={DATASET_CONTROLS} />
    </div>
  );
}

function DatasetErrorNotice() {
  const error = useLibrary((state) => state.error);
  return (
    <div className="notices">
      {error && (
        <div className="notice danger" role="alert" data-testid="error">
          <p>
            <b>{error.what}</b> <span className="error-text">{error.why}</span>
          </p>
          <Dismiss onClick={dismissLibraryError} />
        </div>
      )}
      <RepairNotice />
    </div>
  );
}
