/** The set-up of a run: task, algorithm, preset, data, seed, steps and evaluations. */
import type { ReactNode } from 'react';
import { LOCOMOTION_RULES } from '../../locomotion/experiment.ts';
import { LOCOMOTION_METHOD_IDS, LOCOMOTION_METHODS, type LocomotionMethodId } from '../../locomotion/methods.ts';
import { LOCOMOTION_PRESET_WORDS, LOCOMOTION_PRESETS } from '../../locomotion/presets.ts';
import { LOCOMOTION_TASK_IDS, LOCOMOTION_TASKS, type LocomotionTaskId } from '../../locomotion/tasks.ts';
import { Choice } from '../shared/controls/Choice.tsx';
import { NumberInput } from '../shared/controls/NumberInput.tsx';
import { formatCount } from '../shared/format.ts';
import { useMedia } from '../shared/hooks/use-media.ts';
import { useNavigation } from '../shared/navigation.ts';
import { locomotionStore, useLocomotion } from './locomotion-store.ts';
import { setView, useHidden } from '../shared/view-store.ts';
import type { DataChoice } from './data-choices.ts';
import { expectation, setManyCandidates, changeExperiment, useManyCandidates } from './form-store.ts';
import { useTraining } from './training-store.ts';
import { LOCOMOTION_CONTROLS } from './copy.ts';
import { described } from '../shared/copy.ts';

const PRESETS = LOCOMOTION_PRESETS.map((value) => ({
  value,
  label: value === 'paper' ? 'Paper' : 'Small',
  hint: LOCOMOTION_PRESET_WORDS[value],
}));

interface SetupFormProps {
  choices: readonly DataChoice[] | null;
  data: DataChoice | null;
}

export function SetupForm({ choices, data }: SetupFormProps) {
  const experiment = useLocomotion((state) => state);
  const open = useTraining((state) => state.run !== null);
  const evaluatedWith = useTraining((state) => state.run?.candidates ?? null);
  const busy = useTraining((state) => state.status === 'opening');
  const many = useManyCandidates();
  const narrow = useMedia('(max-width: 700px)');
  const hidden = useHidden('setup');
  if (hidden) return null;
  const { task, method, preset, seed, budget, evaluation } = experiment;
  const fixed = open || busy;
  const set = (change: Partial<typeof experiment>) => locomotionStore.setState(change);
  const change = (part: Parameters<typeof changeExperiment>[1]) =>
    locomotionStore.setState(changeExperiment(experiment, part), true);
  const number = (id: 'locoSeed' | 'locoSteps' | 'locoEvery' | 'locoEpisodes') => ({
    label: LOCOMOTION_CONTROLS[id].label,
    title: LOCOMOTION_CONTROLS[id].help,
    describedBy: `help-${id}`,
    testId: id,
    integer: true,
    disabled: fixed,
  });
  const taskFields = (
    <>
      <label className="labelled" {...described(LOCOMOTION_CONTROLS, 'locoTask')}>
        <span className="control-label">Task</span>
        <select
          value={task}
          disabled={fixed}
          data-testid="task"
          onChange={(event) => change({ task: event.target.value as LocomotionTaskId })}
        >
          {LOCOMOTION_TASK_IDS.map((id) => (
            <option key={id} value={id}>
              {LOCOMOTION_TASKS[id].name}
            </option>
          ))}
        </select>
      </label>
      <label className="labelled" {...described(LOCOMOTION_CONTROLS, 'locoMethod')}>
        <span className="control-label">Algorithm</span>
        <select
          value={method}
          disabled={fixed}
          data-testid="algorithm"
          onChange={(event) => change({ method: event.target.value as LocomotionMethodId })}
        >
          {LOCOMOTION_METHOD_IDS.map((id) => (
            <option key={id} value={id}>
              {LOCOMOTION_METHODS[id].name}
            </option>
          ))}
        </select>
      </label>
    </>
  );
  const runFields = (
    <>
      <Choice
        controls={LOCOMOTION_CONTROLS}
        control="locoPreset"
        label="Preset"
        value={preset}
        options={PRESETS}
        disabled={fixed}
        onChange={(value) => change({ preset: value })}
      />
      <DataSelect choices={choices} data={data} />
      <NumberInput
        {...number('locoSeed')}
        {...LOCOMOTION_RULES.seed}
        value={seed}
        step={1}
        onCommit={(value) => set({ seed: value })}
      />
      <NumberInput
        {...number('locoSteps')}
        {...LOCOMOTION_RULES.budget}
        value={budget}
        min={1}
        step={1000}
        onCommit={(value) => set({ budget: value })}
      />
      <NumberInput
        {...number('locoEvery')}
        {...LOCOMOTION_RULES.every}
        value={evaluation.every}
        step={500}
        onCommit={(every) => set({ evaluation: { ...evaluation, every } })}
      />
      <NumberInput
        {...number('locoEpisodes')}
        {...LOCOMOTION_RULES.episodes}
        value={evaluation.episodes}
        step={1}
        onCommit={(episodes) => set({ evaluation: { ...evaluation, episodes } })}
      />
      {method === 'diffusion-ql' && (
        <label className="labelled" {...described(LOCOMOTION_CONTROLS, 'locoMany')}>
          <input
            type="checkbox"
            checked={evaluatedWith ? evaluatedWith.length > 1 : many}
            disabled={fixed}
            data-testid="many"
            onChange={() => setManyCandidates(!many)}
          />
          <span>Also with 50 candidates</span>
        </label>
      )}
      <p className="hint setup-hint">
        {LOCOMOTION_METHODS[method].about} {!open && expectation(experiment)}
      </p>
    </>
  );
  const runText = `${preset} preset, seed ${seed}, ${formatCount(budget)} steps`;
  const taskText = `${LOCOMOTION_TASKS[task].name}, ${LOCOMOTION_METHODS[method].name}`;
  return (
    <section className="setup locomotion-setup" aria-label="Set-up of the run" data-testid="setup">
      {!narrow && (
        <>
          {taskFields}
          {runFields}
        </>
      )}
      {narrow && !fixed && (
        <>
          {taskFields}
          <Fold summary={`More: ${runText}`}>{runFields}</Fold>
        </>
      )}
      {narrow && fixed && (
        <Fold summary={`${taskText}, ${runText}`}>
          {taskFields}
          {runFields}
        </Fold>
      )}
    </section>
  );
}

function Fold({ summary, children }: { summary: string; children: ReactNode }) {
  return (
    <details className="setup-fold" data-testid="setup-fold">
      <summary>{summary}</summary>
      <div>{children}</div>
    </details>
  );
}

function DataSelect({ choices, data }: SetupFormProps) {
  const { goTo } = useNavigation();
  const trainedOn = useTraining((state) => state.run?.dataset.id ?? null);
  const published = useTraining((state) => state.run?.published ?? false);
  if (trainedOn !== null) {
    return (
      <p className="data-text" data-testid="data-text">
        <span className="control-label">Data</span> {trainedOn}
        {published ? ', D4RL’s published file' : ', not D4RL’s'}
      </p>
    );
  }
  if (choices?.length === 0) {
    return (
      <p className="data-text" data-testid="no-data">
        <span className="control-label">Data</span> None of this body yet:{' '}
        <button type="button" className="link" onClick={() => goTo('datasets')}>
          add or collect some on Datasets
        </button>
        .
      </p>
    );
  }
  return (
    <label className="labelled data-select" {...described(LOCOMOTION_CONTROLS, 'locoData')}>
      <span className="control-label">Data</span>
      <select
        value={data?.id ?? ''}
        disabled={choices === null}
        data-testid="data"
        onChange={(event) => {
          const chosen = choices?.find(({ id }) => id === event.target.value);
          setView({ dataset: chosen?.kind === 'stored' ? chosen.id : null });
        }}
      >
        {choices === null && <option value="">Loading…</option>}
        {choices?.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
