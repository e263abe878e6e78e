/** The locomotion page: train a method on a dataset, and watch its losses, its scores and the body. */
import { useCallback, useDeferredValue, useEffect, useRef, useState } from 'react';
import type { EvaluationPoint } from '../../locomotion/evaluation.ts';
import type { LossLine } from '../../locomotion/loss-log.ts';
import type { LocomotionMethodId } from '../../locomotion/methods.ts';
import type { RunHistory } from '../../locomotion/stored-run.ts';
import { ControlHelp } from '../shared/controls/ControlHelp.tsx';
import { PageHeader } from '../shared/layout/PageHeader.tsx';
import { useTheme } from '../shared/hooks/use-theme.ts';
import { useLocomotion } from './locomotion-store.ts';
import { useView } from '../shared/view-store.ts';
import { startWakeLock } from './wake-lock.ts';
import { useDataChoices } from './data-choices.ts';
import './locomotion.css';
import { LOCOMOTION_CONTROLS } from './copy.ts';
import { LocomotionHelp } from './LocomotionHelp.tsx';
import { Losses } from './Losses.tsx';
import { PolicyStage } from './PolicyStage.tsx';
import { RunControls, RunExtras, RunLiveRegion } from './RunControls.tsx';
import { RunList } from './RunList.tsx';
import { PublishedTable, ScoreCurve, ScoreTable } from './Scores.tsx';
import { SettingsPanel } from './SettingsPanel.tsx';
import { SetupForm } from './SetupForm.tsx';
import { showRun } from './stored-runs.ts';
import { followRuns, refreshRuns, trainingStore, useTraining } from './training-store.ts';
import { closeRun } from './training.ts';
import { RunErrorNotices } from './ErrorNotices.tsx';
import { useRunKeys } from './use-run-keys.ts';

const NO_POINTS: readonly EvaluationPoint[] = [];
const NO_LOSSES: readonly LossLine[] = [];
const NO_CHANGES: RunHistory['live'] = [];

/** @param onReady called once the stored runs are known and the stage has drawn. */
export function LocomotionPage({ onReady }: { onReady: () => void }) {
  useTheme();
  useEffect(startWakeLock, []);
  const experiment = useLocomotion((state) => state);
  // Selects the key alone: the run changes several times a second, and would re-render the whole page.
  const key = useTraining((state) => state.run?.key ?? null);
  const runs = useTraining((state) => state.runs);
  const choices = useDataChoices(experiment.task);
  const dataset = useView('dataset');
  const data = choices?.find(({ id }) => id === dataset) ?? choices?.[0] ?? null;
  const [settings, setSettings] = useState(false);
  const closeSettings = useCallback(() => setSettings(false), []);
  const [help, setHelp] = useState(false);
  const openHelp = useCallback(() => setHelp(true), []);
  const [stageShown, setStageShown] = useState(false);
  const onStageShown = useCallback(() => setStageShown(true), []);
  useRunKeys(data, openHelp);
  useLinkedRun();
  const ready = stageShown && runs !== null && choices !== null;
  const reported = useRef(false);
  useEffect(() => {
    if (!ready || reported.current) return;
    reported.current = true;
    onReady();
  }, [ready, onReady]);
  return (
    <div className="page locomotion-page" data-drawer={settings || undefined}>
      <PageHeader claim="Offline reinforcement learning of a body, trained here." onHelp={openHelp} />
      <RunErrorNotices />
      <main className="locomotion">
        <RunControls data={data} settingsOpen={settings} onSettings={() => setSettings(!settings)} />
        <SetupForm choices={choices} data={data} />
        <div className="run-grid">
          <RunScores />
          <PolicyStage onShown={onStageShown} />
          <RunLosses key={key} method={experiment.method} />
        </div>
        <div className="run-tables">
          <RunScoreTable />
          <PublishedTable experiment={experiment} />
        </div>
        <RunExtras data={data} />
        <RunList />
      </main>
      {settings && <SettingsPanel onClose={closeSettings} />}
      {help && <LocomotionHelp onClose={() => setHelp(false)} />}
      <RunLiveRegion />
      <ControlHelp controls={LOCOMOTION_CONTROLS} />
    </div>
  );
}

// Charts are deferred, so that they do not delay input.

function usePoints(): readonly EvaluationPoint[] {
  return useDeferredValue(useTraining((state) => state.run?.points ?? NO_POINTS));
}

function RunScores() {
  const experiment = useTraining((state) => state.run?.experiment ?? null);
  const dataset = useTraining((state) => state.run?.dataset ?? null);
  const live = useTraining((state) => state.run?.live ?? NO_CHANGES);
  return <ScoreCurve experiment={experiment} dataset={dataset} points={usePoints()} live={live} />;
}

function RunScoreTable() {
  return <ScoreTable points={usePoints()} />;
}

/** @param method of the form, whose charts are shown before a run exists. */
function RunLosses({ method }: { method: LocomotionMethodId }) {
  const trained = useTraining((state) => state.run?.experiment.method ?? null);
  const losses = useDeferredValue(useTraining((state) => state.run?.losses ?? NO_LOSSES));
  const steps = useTraining((state) => state.run?.experiment.budget ?? 0);
  const running = useTraining((state) => state.status === 'running');
  const live = useTraining((state) => state.run?.live ?? NO_CHANGES);
  return <Losses method={trained ?? method} losses={losses} steps={steps} running={running} live={live} />;
}

/** Shows the run that the link names, now and whenever the link changes. */
function useLinkedRun(): void {
  const key = useView('run');
  useEffect(() => {
    const stop = followRuns();
    void refreshRuns();
    return stop;
  }, []);
  const known = useTraining((state) => state.runs !== null);
  useEffect(() => {
    const { run } = trainingStore.getState();
    if (!known || (run?.key ?? null) === key) return;
    if (key === null) void closeRun();
    else void showRun(key);
  }, [key, known]);
}
