/** Controls of the run: train or pause, progress, link and command. */
import { useState } from 'react';
import { scoreFormatOfTask } from '../../locomotion/score-format.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { trainCommandLine } from '../../locomotion/link.ts';
import { LOCOMOTION_TASKS } from '../../locomotion/tasks.ts';
import { Icon } from '../shared/controls/icons.tsx';
import { formatCount, formatRate, formatSeconds } from '../shared/format.ts';
import { copyText } from '../shared/save.ts';
import { useNavigation } from '../shared/navigation.ts';
import { useLocomotion } from './locomotion-store.ts';
import { useHidden, useView } from '../shared/view-store.ts';
import type { DataChoice } from './data-choices.ts';
import { evaluationCandidates, useManyCandidates } from './form-store.ts';
import { trainingStore, useTraining } from './training-store.ts';
import { closeRun } from './training.ts';
import { toggleTraining } from './toggle-training.ts';
import { LOCOMOTION_CONTROLS } from './copy.ts';
import { described } from '../shared/copy.ts';

interface RunControlsProps {
  data: DataChoice | null;
  settingsOpen: boolean;
  onSettings: () => void;
}

export function RunControls({ data, settingsOpen, onSettings }: RunControlsProps) {
  const status = useTraining((state) => state.status);
  const open = useTraining((state) => state.run !== null);
  const begun = useTraining((state) => (state.run?.step ?? 0) > 0);
  const settingsHidden = useHidden('settings');
  const running = status === 'running';
  const busy = status === 'opening';
  const compiling = useTraining((state) => (busy ? state.compiling : null));
  const finished = status === 'finished';
  const text = finished ? 'Finished' : running ? 'Pause' : begun ? 'Resume' : 'Train';
  return (
    <section className="control-bar run-bar" aria-label="Run">
      <div className="run-strip">
        <div className="run-buttons">
          <button
            type="button"
            className={finished ? undefined : 'primary'}
            data-testid={running ? 'pause' : 'train'}
            disabled={busy || finished || (!open && data === null)}
            {...described(LOCOMOTION_CONTROLS, 'train')}
            onClick={() => void toggleTraining(data)}
          >
            <Icon name={running ? 'pause' : 'play'} />
            {busy ? 'Opening…' : text}
          </button>
          {open && (
            <button
              type="button"
              className={finished ? 'primary' : undefined}
              data-testid="new-run"
              disabled={busy}
              {...described(LOCOMOTION_CONTROLS, 'newRun')}
              onClick={() => void closeRun()}
            >
              <Icon name="plus" />
              New run
            </button>
          )}
        </div>
        {!settingsHidden && (
          <button
            type="button"
            className="settings-button"
            aria-expanded={settingsOpen}
            data-testid="settings"
            {...described(LOCOMOTION_CONTROLS, 'locoSettings')}
            onClick={onSettings}
          >
            <Icon name="sliders" />
            <span className="wide-only">Settings</span>
          </button>
        )}
      </div>
      {open && <RunClock />}
      {compiling && (
        <p className="muted" data-testid="compiling">
          Compiling the shaders: {compiling.done} of {compiling.total}
        </p>
      )}
    </section>
  );
}

/** Progress of the run and of its evaluation. */
function RunClock() {
  const run = useTraining((state) => state.run);
  const status = useTraining((state) => state.status);
  const progress = useTraining((state) => state.progress);
  const evaluating = useTraining((state) => state.evaluating);
  const saved = useTraining((state) => state.saved);
  const test = useView('test');
  if (!run) return null;
  const { budget } = run.experiment;
  const rate = status === 'running' ? (progress?.stepsPerSecond ?? null) : null;
  const left = rate !== null && rate > 0 ? (budget - run.step) / rate : null;
  return (
    <div className="run-clock" data-testid="run-clock" data-step={run.step} data-status={status}>
      <progress max={budget} value={run.step} aria-label="Steps of the run" />
      <p>
        <b>{formatCount(run.step)}</b> of {formatCount(budget)} steps
        {!test && (
          <span className="muted">
            {' '}
            in {formatSeconds(run.seconds)}
            {rate !== null && `, ${formatRate(rate)}`}
            {left !== null && left > 0 && `, ${formatSeconds(left)} left`}
          </span>
        )}
        {evaluating && (
          <span className="muted">
            {' '}
            · evaluating step {formatCount(evaluating.step)}: {evaluating.episodes} of {evaluating.total} episodes
          </span>
        )}
        {saved !== null && status !== 'running' && <span className="muted"> · saved at step {formatCount(saved)}</span>}
      </p>
    </div>
  );
}

/** Training in a hidden tab, the link, and the command for Node. */
export function RunExtras({ data }: { data: DataChoice | null }) {
  const { currentAddress } = useNavigation();
  const experiment = useLocomotion((state) => state);
  const trainedOn = useTraining((state) => state.run?.dataset.id);
  const evaluatedWith = useTraining((state) => state.run?.candidates);
  const many = useManyCandidates();
  const runsWhileHidden = useTraining((state) => state.runsWhileHidden);
  const [copied, setCopied] = useState<string | null>(null);

  async function copy(what: string, text: string): Promise<void> {
    setCopied((await copyText(text)) ? `${what} copied.` : text);
  }

  const name = trainedOn ?? data?.name ?? 'data';
  const candidates = evaluatedWith ?? evaluationCandidates(experiment.method, many);
  const command = `${trainCommandLine(experiment, name, 'run')} --candidates ${candidates.join(',')}`;
  return (
    <div className="run-extras">
      <label className="labelled" {...described(LOCOMOTION_CONTROLS, 'locoHidden')}>
        <input
          type="checkbox"
          checked={runsWhileHidden}
          data-testid="runs-while-hidden"
          onChange={() => trainingStore.setState({ runsWhileHidden: !runsWhileHidden })}
        />
        <span>Continue while this tab is hidden</span>
      </label>
      <button type="button" className="quiet small" onClick={() => void copy('The link is', currentAddress())}>
        Copy the link
      </button>
      <button
        type="button"
        className="quiet small"
        data-testid="copy-command"
        data-command={command}
        {...described(LOCOMOTION_CONTROLS, 'locoCommand')}
        onClick={() => void copy('The command is', command)}
      >
        Copy the lab command
      </button>
      <span role="status" className="muted copied">
        {copied}
      </span>
    </div>
  );
}

/** The state of the run in a sentence, for screen readers. */
export function RunLiveRegion() {
  const status = useTraining((state) => state.status);
  const announcement = useTraining((state) => state.announcement);
  const experiment = useTraining((state) => state.run?.experiment);
  const point = useTraining((state) => state.run?.points.at(-1));
  const mean = point?.evaluations.at(-1)?.return;
  const parts = [announcement];
  if (experiment && point && mean && status !== 'idle') {
    const { method, task } = experiment;
    const { normalised, of, digits } = scoreFormatOfTask(task);
    parts.push(
      `${LOCOMOTION_METHODS[method].name} on ${LOCOMOTION_TASKS[task].name}: ${normalised ? 'score' : 'return'} ${of(mean.value).toFixed(digits)} at step ${formatCount(point.step)}.`,
    );
  }
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="live-region">
      {parts.join(' ')}
    </div>
  );
}
