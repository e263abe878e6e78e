import { useState } from 'react';
import { METHODS, type MethodId } from '../../../bandit/methods.ts';
import { labCommand } from '../../../bandit/command-line.ts';
import { Menu } from '../../shared/controls/Menu.tsx';
import { figurePicture } from '../figure/figure-picture.ts';
import type { Session } from '../session.ts';
import { otherRows } from '../seeds/seed-rows.ts';
import { seedsStore } from '../seeds/seeds-store.ts';
import { useSession } from '../session-context.ts';
import { openDialog } from '../stores/dialog-store.ts';
import { experimentStore, useExperiment } from '../stores/experiment-store.ts';
import { useView, viewStore } from '../../shared/view-store.ts';
import { canvasBlob, copyText, saveFile } from '../../shared/save.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

async function savePicture(): Promise<string> {
  const canvas = figurePicture(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');
  saveFile('diffusion-ql-figure.png', await canvasBlob(canvas));
  return 'Saved the figure.';
}

async function saveMetrics(session: Session): Promise<string> {
  if (session.series.methods().length === 0) return 'There are no metrics yet: play a run first.';
  const text = session.series.toCsv(experimentStore.getState().seed, otherRows(seedsStore.getState().groups));
  saveFile('diffusion-ql-metrics.csv', new Blob([text], { type: 'text/csv' }));
  return 'Saved the metrics.';
}

async function saveWeights(session: Session, method: MethodId): Promise<string> {
  const bytes = await session.engine.exportWeights(method);
  saveFile(`${method}.safetensors`, new Blob([bytes as BlobPart], { type: 'application/octet-stream' }));
  return `Saved the weights of ${METHODS[method].name}.`;
}

async function copyCommand(method: MethodId): Promise<string> {
  const { solo, seeds } = viewStore.getState();
  const command = labCommand(experimentStore.getState(), method, solo === method ? seeds : 1);
  return (await copyText(command)) ? `Copied: ${command}` : command;
}

export function ExportMenu() {
  const session = useSession();
  const methods = useExperiment((experiment) => experiment.methods);
  const solo = useView('solo');
  const [chosen, setChosen] = useState<MethodId | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const fallback = methods.includes('diffusion-ql') ? 'diffusion-ql' : methods[0];
  const method = chosen ?? (solo !== null && solo !== 'data' ? solo : fallback);

  function run(work: () => Promise<string>): void {
    work().then(setSaid, (error: unknown) => setSaid(error instanceof Error ? error.message : String(error)));
  }

  return (
    <Menu controls={BANDIT_CONTROLS} control="export" label="Export">
      {(close) => (
        <>
          <button type="button" className="menu-item" data-testid="export-png" onClick={() => run(savePicture)}>
            The figure, as PNG
          </button>
          <button
            type="button"
            className="menu-item"
            data-testid="export-csv"
            onClick={() => run(() => saveMetrics(session))}
          >
            All metrics, as CSV
          </button>
          {method && (
            <>
              <label className="menu-select">
                Of
                <select
                  value={method}
                  data-testid="export-method"
                  onChange={(event) => setChosen(event.target.value as MethodId)}
                >
                  {methods.map((id) => (
                    <option key={id} value={id}>
                      {METHODS[id].name}
                    </option>
                  ))}
                </select>
              </label>
              <button
                type="button"
                className="menu-item"
                data-testid="export-weights"
                onClick={() => run(() => saveWeights(session, method))}
              >
                Weights, as safetensors
              </button>
              <button
                type="button"
                className="menu-item"
                data-testid="export-command"
                onClick={() => run(() => copyCommand(method))}
              >
                Copy the command that repeats this run
              </button>
            </>
          )}
          <hr />
          <button
            type="button"
            className="menu-item"
            data-testid="import-weights"
            {...described(BANDIT_CONTROLS, 'importWeights')}
            onClick={() => {
              close();
              openDialog({ kind: 'import', file: null });
            }}
          >
            Import weights…
          </button>
          {said && (
            <p className="menu-note" role="status" data-testid="export-said">
              {said}
            </p>
          )}
        </>
      )}
    </Menu>
  );
}
