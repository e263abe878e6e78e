/** The runs stored in this browser: open, compare, export, delete. */
import { memo, useCallback, useMemo, useRef, useState } from 'react';
import { groupRuns, runName } from '../../locomotion/groups.ts';
import { summarise } from '../../locomotion/evaluation.ts';
import type { LocomotionExperiment } from '../../locomotion/experiment.ts';
import { scoreFormatOfTask } from '../../locomotion/score-format.ts';
import type { StoredRun } from '../../locomotion/stored-run.ts';
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import { Modal } from '../shared/dialogs/Modal.tsx';
import { formatCount, formatFixed } from '../shared/format.ts';
import { useThrottledValue } from '../shared/hooks/use-throttled-value.ts';
import { saveFile } from '../shared/save.ts';
import { candidatesLabel } from './chart-rows.ts';
import { Comparison } from './Comparison.tsx';
import { lossesCsv, runJsonLines, scoresCsv } from './run-export.ts';
import { bestPolicyOf, importCheckpoint, removeRun, showRun } from './stored-runs.ts';
import { trainingStore, useTraining } from './training-store.ts';
import { checkpointOf } from './training.ts';
import { LOCOMOTION_CONTROLS } from './copy.ts';
import { described } from '../shared/copy.ts';

/** Update interval of the row of a training run. */
const UPDATE_MS = 1000;

export function RunList() {
  const running = useTraining((state) => state.status === 'running');
  const open = useThrottledValue(
    useTraining((state) => state.run),
    running ? UPDATE_MS : 0,
  );
  return <Runs open={open} />;
}

/** @param open the shown run, which may be ahead of its stored copy. */
const Runs = memo(function Runs({ open }: { open: StoredRun | null }) {
  const stored = useTraining((state) => state.runs);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [exported, setExported] = useState<string | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const runs = stored?.map((run) => (run.key === open?.key ? open : run)) ?? null;
  const openKey = open?.key;
  const points = open?.points;
  // Bootstraps are computed when evaluations change, not at every step of the open run.
  const groups = useMemo(() => {
    const compared = stored?.filter(({ key }) => chosen.has(key)) ?? [];
    const fresh = compared.map((run) => (run.key === openKey && points ? { ...run, points } : run));
    return compared.length > 1 ? groupRuns(fresh) : null;
  }, [stored, chosen, openKey, points]);
  const toggle = useCallback((key: string) => {
    setChosen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  }, []);
  // The focused button is removed with its row.
  const remove = useCallback(async (key: string) => {
    await removeRun(key);
    if (document.activeElement === document.body) title.current?.focus();
  }, []);
  const toExport = runs?.find(({ key }) => key === exported);
  return (
    <section className="run-list" aria-labelledby="runs-title">
      <header>
        <h2 ref={title} id="runs-title" tabIndex={-1}>
          Runs in this browser
        </h2>
        <button
          type="button"
          className="small"
          data-testid="import"
          {...described(LOCOMOTION_CONTROLS, 'locoImport')}
          onClick={() => file.current?.click()}
        >
          Import a checkpoint
        </button>
        <input
          ref={file}
          type="file"
          hidden
          accept=".safetensors"
          data-testid="import-file"
          aria-label="Checkpoint to import"
          onChange={(event) => {
            const [picked] = event.target.files ?? [];
            event.target.value = '';
            if (picked) void importCheckpoint(picked);
          }}
        />
      </header>
      {runs === null ? (
        <p className="muted">Loading…</p>
      ) : runs.length === 0 ? (
        <p className="muted" data-testid="no-runs">
          None yet. A run is stored here as it trains, on this machine alone, until you delete it.
        </p>
      ) : (
        <>
          <p className="hint">
            Choose two or more to see them in one plot; those that differ only in their seed are one group.
          </p>
          <div className="table-scroll">
            <table className="run-table runs" data-testid="runs">
              <thead>
                <tr>
                  <th scope="col">Compare</th>
                  <th scope="col">Run</th>
                  <th scope="col">Seed</th>
                  <th scope="col">Data</th>
                  <th scope="col">Steps</th>
                  <th scope="col">Last</th>
                  <th scope="col">Last ten</th>
                  <th scope="col">Best</th>
                  <th scope="col">Offline</th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <RunRow
                    key={run.key}
                    run={run}
                    isOpen={run.key === open?.key}
                    chosen={chosen.has(run.key)}
                    onToggle={toggle}
                    onExport={setExported}
                    onRemove={remove}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {groups && <Comparison groups={groups} />}
      {toExport && <ExportDialog run={toExport} onClose={() => setExported(null)} />}
    </section>
  );
});

interface RunRowProps {
  run: StoredRun;
  isOpen: boolean;
  chosen: boolean;
  onToggle: (key: string) => void;
  onExport: (key: string) => void;
  onRemove: (key: string) => Promise<void>;
}

const RunRow = memo(function RunRow({ run, isOpen, chosen, onToggle, onExport, onRemove }: RunRowProps) {
  const { experiment, dataset, points, step, key } = run;
  const { task, seed, budget } = experiment;
  const name = taskAndName(experiment);
  const full = fullName(run);
  const [confirming, setConfirming] = useState(false);
  const summary = summarise(points, LOCOMOTION_TASKS[task].published.topK).at(-1);
  const { of, digits, normalised, note } = scoreFormatOfTask(task);
  const score = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : formatFixed(of(value), digits);
  const acting = summary && candidatesLabel(summary.candidates);
  return (
    <tr data-open={isOpen || undefined} data-testid={`run-${key}`}>
      <td>
        <input type="checkbox" checked={chosen} aria-label={`Compare ${full}`} onChange={() => onToggle(key)} />
      </td>
      <th scope="row">
        {isOpen ? (
          <b>{name}</b>
        ) : (
          <button type="button" className="link run-name" aria-label={`Open ${full}`} onClick={() => void showRun(key)}>
            {name}
          </button>
        )}
      </th>
      <td>{seed}</td>
      <td>
        {dataset.id}
        {run.published && <span className="badge">D4RL</span>}
      </td>
      <td>{step < budget ? `${formatCount(step)} of ${formatCount(budget)}` : formatCount(step)}</td>
      <td title={acting && note ? `${acting}. ${note}` : acting}>
        {score(summary?.last)}
        {summary && !normalised && <span className="muted"> return, no score</span>}
      </td>
      <td>{score(summary?.lastTen)}</td>
      <td>{score(summary?.best)}</td>
      <td>{score(summary?.selected)}</td>
      <td>
        <span className="run-buttons-row">
          <button
            type="button"
            className="small"
            aria-label={`Export ${full}`}
            data-testid="export-run"
            onClick={() => onExport(key)}
          >
            Export…
          </button>
          <button
            type="button"
            className="small quiet"
            aria-label={confirming ? `Yes, delete ${full}` : `Delete ${full}`}
            onBlur={() => setConfirming(false)}
            onClick={() => (confirming ? void onRemove(key) : setConfirming(true))}
          >
            {confirming ? 'Really?' : 'Delete'}
          </button>
        </span>
      </td>
    </tr>
  );
});

function taskAndName(experiment: LocomotionExperiment): string {
  return `${LOCOMOTION_TASKS[experiment.task].name}: ${runName(experiment)}`;
}

function fullName({ experiment, step }: StoredRun): string {
  return `${taskAndName(experiment)}, seed ${experiment.seed}, step ${formatCount(step)}`;
}

/** Exports a run in one of several formats. */
function ExportDialog({ run, onClose }: { run: StoredRun; onClose: () => void }) {
  const { task, method, seed } = run.experiment;
  const name = `${task}-${method}-seed-${seed}-step-${run.step}`;
  const text = (end: string, type: string, content: string) =>
    saveFile(`${name}.${end}`, new Blob([content], { type }));
  const tensors = async (file: string, bytes: Promise<Uint8Array>) => {
    try {
      saveFile(`${file}.safetensors`, new Blob([(await bytes) as Uint8Array<ArrayBuffer>]));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      trainingStore.setState({ error: { what: 'The checkpoint could not be exported.', why } });
    }
  };
  const item = (id: string, title: string, about: string, save: () => void) => (
    <button
      type="button"
      className="export-item"
      data-testid={`export-${id}`}
      onClick={() => {
        save();
        onClose();
      }}
    >
      <b>{title}</b> <span className="muted">{about}</span>
    </button>
  );
  return (
    <Modal title="Export the run" testId="export-dialog" onClose={onClose}>
      <p className="dialog-source">{fullName(run)}</p>
      <div className="export-items">
        {item('checkpoint', 'Last checkpoint, safetensors', 'Resumes here or with lab train --from.', () => {
          void tensors(name, checkpointOf(run.key));
        })}
        {run.best !== null &&
          item('best', 'Best policy, safetensors', `Of step ${formatCount(run.best)}, for lab evaluate.`, () => {
            void tensors(`${task}-${method}-seed-${seed}-best-${run.best}`, bestPolicyOf(run.key));
          })}
        {item('scores', 'Scores, CSV', 'A row for each evaluation.', () => {
          text('scores.csv', 'text/csv', scoresCsv(run));
        })}
        {item('losses', 'Losses, CSV', 'A row for each line of losses.', () => {
          text('losses.csv', 'text/csv', lossesCsv(run));
        })}
        {item('json', 'All of it, JSON lines', 'Experiment, losses, episodes of evaluations.', () => {
          text('jsonl', 'application/x-ndjson', runJsonLines(run));
        })}
      </div>
    </Modal>
  );
}
