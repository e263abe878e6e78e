/** Four ways to add a dataset: shipped with the page, collected here, fetched from an address, read from a file. */
import { useId, useRef, useState } from 'react';
import { formatBytes } from '../shared/format.ts';
import { CollectForm } from './CollectForm.tsx';
import { runJob } from '../shared/library/library-store.ts';
import { useShippedDatasets } from '../shared/library/shipped-datasets.ts';

export function AddDataset() {
  const shipped = useShippedDatasets();
  return (
    <section className="add-dataset" aria-labelledby="add-title">
      <h2 id="add-title">Add a dataset</h2>
      {shipped.length > 0 && (
        <ul className="shipped">
          {shipped.map(({ address, name, about, bytes }) => (
            <li key={address}>
              <p>
                <b>{name}</b> <span className="muted">{about}</span>
              </p>
              <button type="button" className="small" onClick={() => void runJob({ kind: 'fetch', address })}>
                Fetch {formatBytes(bytes)}
                <span className="visually-hidden">, {name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <CollectForm />
      <FetchForm />
      <FileChoice />
    </section>
  );
}

function FetchForm() {
  const [address, setAddress] = useState('');
  const id = useId();
  return (
    <form
      className="fetch-form"
      onSubmit={(event) => {
        event.preventDefault();
        void runJob({ kind: 'fetch', address });
      }}
    >
      <label htmlFor={id}>From an address</label>
      <div className="fetch-line">
        <input
          id={id}
          type="text"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://host/folder"
          value={address}
          data-testid="address"
          aria-describedby={`${id}-hint`}
          onChange={(event) => setAddress(event.target.value)}
        />
        <button type="submit" data-testid="fetch" aria-describedby={`${id}-hint`}>
          Fetch
        </button>
      </div>
      <p id={`${id}-hint`} className="hint">
        A folder that <code>lab convert</code> made, on any host that lets other sites read it (CORS).
      </p>
    </form>
  );
}

function FileChoice() {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  return (
    <div className="file-choice">
      <p className="label">From a file</p>
      <button
        type="button"
        className="drop-zone"
        aria-describedby={`${id}-hint`}
        onClick={() => input.current?.click()}
      >
        Choose an HDF5 file, or drop it here
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".hdf5,.h5,.json"
        aria-label="HDF5 file"
        data-testid="file"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // Allows the same file to be chosen again.
          event.target.value = '';
          if (files.length > 0) void runJob({ kind: 'convert', files });
        }}
      />
      <p id={`${id}-hint`} className="hint">
        D4RL’s, or Minari’s <code>main_data.hdf5</code> together with its <code>metadata.json</code>. It is converted
        here and not uploaded.
      </p>
    </div>
  );
}
