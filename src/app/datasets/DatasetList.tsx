/** The datasets stored in this browser, complete or partial, and the storage that they use. */
import type { LibraryList, StoredDataset } from '../../datasets/library/protocol.ts';
import { formatBytes, formatCount, formatShare } from '../shared/format.ts';
import { STOPPED_ADVICE } from './copy.ts';
import { useView } from '../shared/view-store.ts';
import { removeDataset, runJob, showDataset, useLibrary } from '../shared/library/library-store.ts';

export function DatasetList() {
  const list = useLibrary((state) => state.list);
  const jobs = useLibrary((state) => state.jobs);
  const test = useView('test');
  // Running jobs of this tab are listed above, with their progress.
  const stored = list?.datasets.filter(({ key }) => !jobs.some(({ progress }) => progress?.key === key)) ?? [];
  return (
    <section className="dataset-list" aria-labelledby="list-title">
      <h2 id="list-title">In this browser</h2>
      {list === null ? (
        <p className="muted">Loading…</p>
      ) : stored.length === 0 ? (
        <p className="muted" data-testid="none-stored">
          Nothing yet. What you add stays here, on this machine, until you remove it; it opens without a network.
        </p>
      ) : (
        <ul data-testid="dataset-list">
          {stored.map((dataset) => (
            <DatasetLine key={dataset.key} dataset={dataset} />
          ))}
        </ul>
      )}
      {list !== null && list.quota > 0 && !test && <Room list={list} />}
    </section>
  );
}

function Room({ list: { usage, quota } }: { list: LibraryList }) {
  return (
    <div className="room" data-testid="room">
      <meter min={0} max={quota} value={usage} aria-label="Storage used" />
      <p className="muted">
        {formatBytes(usage)} of the {formatBytes(quota)} that the browser gives this page
      </p>
    </div>
  );
}

function DatasetLine({ dataset }: { dataset: StoredDataset }) {
  const open = useView('dataset') === dataset.key;
  const { key, id, state } = dataset;
  return (
    <li className="dataset-line" data-state={state} data-open={open || undefined}>
      <div className="dataset-text">
        {state === 'whole' ? (
          <button
            type="button"
            className="link dataset-open"
            aria-current={open ? 'true' : undefined}
            title="Shows the card of this dataset."
            onClick={() => void showDataset(key)}
          >
            {id}
          </button>
        ) : (
          <b>{id}</b>
        )}
        <p className="muted">
          <StateText dataset={dataset} />
        </p>
      </div>
      <div className="dataset-buttons">
        {state === 'stopped' && dataset.unfinished?.kind === 'fetch' && (
          <button
            type="button"
            className="small"
            title="Fetches the missing rest of this dataset."
            aria-label={`Resume ${id}`}
            onClick={() => void runJob({ kind: 'resume', key })}
          >
            Resume
          </button>
        )}
        {state !== 'writing' && (
          <button
            type="button"
            className="small quiet"
            title="Deletes this dataset from the browser."
            aria-label={`Remove ${id}`}
            onClick={() => void removeDataset(key)}
          >
            Remove
          </button>
        )}
      </div>
    </li>
  );
}

function StateText({ dataset: { state, about, bytes, totalBytes, share, unfinished } }: { dataset: StoredDataset }) {
  if (state === 'writing') return <>In progress.</>;
  if (state === 'stopped') {
    const how = unfinished ? STOPPED_ADVICE[unfinished.kind] : '';
    const size = totalBytes === null ? '' : `, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
    return (
      <>
        Stopped at {formatShare(share, 0)}
        {size}
        {how}.
      </>
    );
  }
  return (
    <>
      {about?.environment !== null && about?.environment !== undefined && `${about.environment}, `}
      {formatCount(about?.counts.rows ?? 0)} rows, {formatCount(about?.counts.episodes ?? 0)} episodes,{' '}
      {formatBytes(bytes)}
    </>
  );
}
