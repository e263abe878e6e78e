/** Imports weights from a file into one method, and shows why if they do not fit. */
import { useEffect, useState } from 'react';
import { METHODS, type MethodId } from '../../../bandit/methods.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { useView } from '../../shared/view-store.ts';
import { methodOfWeights } from './weights-header.ts';

export function ImportContent({ file: dropped }: { file: File | null }) {
  const session = useSession();
  const methods = useExperiment((experiment) => experiment.methods);
  const solo = useView('solo');
  const [file, setFile] = useState<File | null>(dropped);
  const [bytes, setBytes] = useState<Uint8Array | null>(null);
  const [named, setNamed] = useState<MethodId | null>(null);
  const [chosen, setChosen] = useState<MethodId | null>(null);
  const [outcome, setOutcome] = useState<{ good: boolean; text: string } | null>(null);
  const method = chosen ?? named ?? (solo !== null && solo !== 'data' ? solo : methods[0]);

  useEffect(() => {
    if (!file) return undefined;
    let left = false;
    file.arrayBuffer().then(
      (buffer) => {
        if (left) return;
        const content = new Uint8Array(buffer);
        setBytes(content);
        setNamed(methodOfWeights(content));
      },
      () => !left && setOutcome({ good: false, text: `${file.name} could not be read.` }),
    );
    return () => {
      left = true;
    };
  }, [file]);

  async function load(): Promise<void> {
    if (!bytes || !method) return;
    try {
      await session.importWeights(method, bytes);
      setOutcome({ good: true, text: `${METHODS[method].name} has the weights of ${file?.name ?? 'the file'}.` });
    } catch (error) {
      setOutcome({ good: false, text: error instanceof Error ? error.message : String(error) });
    }
  }

  return (
    <div className="import">
      <p>A safetensors file, with PyTorch’s names and layouts, as the export writes it.</p>
      <label className="labelled">
        <span className="control-label">File</span>
        <input
          type="file"
          accept=".safetensors"
          data-testid="import-file"
          onChange={(event) => {
            setOutcome(null);
            setFile(event.target.files?.[0] ?? null);
          }}
        />
      </label>
      {file && <p className="import-file">{file.name}</p>}
      <label className="labelled">
        <span className="control-label">Into</span>
        <select
          value={method}
          data-testid="import-method"
          onChange={(event) => setChosen(event.target.value as MethodId)}
        >
          {methods.map((id) => (
            <option key={id} value={id}>
              {METHODS[id].name}
            </option>
          ))}
        </select>
      </label>
      <button type="button" className="primary" disabled={!bytes} data-testid="import-go" onClick={() => void load()}>
        Import
      </button>
      {outcome && (
        <p className={outcome.good ? 'import-good' : 'import-bad'} role="alert" data-testid="import-outcome">
          {outcome.text}
        </p>
      )}
    </div>
  );
}
