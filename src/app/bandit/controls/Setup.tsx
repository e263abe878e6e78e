/** What a run starts from: data, preset, race, budget, seed. */
import { memo } from 'react';
import { placementModes, type Placement } from '../../../datasets/bandit.ts';
import { EXPERIMENT_BOUNDS } from '../../../bandit/experiment.ts';
import type { PresetId } from '../../../bandit/presets.ts';
import { useMedia } from '../../shared/hooks/use-media.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { setView, useHidden } from '../../shared/view-store.ts';
import { Choice } from '../../shared/controls/Choice.tsx';
import { ClockReadout } from './ClockReadout.tsx';
import { Icon } from '../../shared/controls/icons.tsx';
import { NumberInput } from '../../shared/controls/NumberInput.tsx';
import { SpeedSelect } from './SpeedSelect.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const PLACEMENTS: readonly { value: Placement; label: string; hint: string }[] = [
  { value: 'corners', label: 'Corners', hint: 'Four Gaussians at (±0.8, ±0.8), as in the paper’s figure' },
  { value: 'diamond', label: 'Diamond', hint: 'Four Gaussians on the axes, as in the paper’s appendix' },
  { value: 'custom', label: 'Custom', hint: 'Drag, add, remove and paint' },
];

const PRESETS: readonly { value: PresetId; label: string; hint: string }[] = [
  { value: 'fast', label: 'Fast', hint: 'A wider time embedding and a decayed rate: the figure in minutes' },
  { value: 'paper', label: 'As in the paper', hint: 'The published settings: 100,000 steps at a constant rate' },
];

const RACES = [
  { value: 'steps', label: 'Steps', hint: 'The same number of steps for every method' },
  { value: 'seconds', label: 'Seconds', hint: 'The same time for every method' },
] as const;

/** The line under the bar: set-up, speed and clock. If a link hides the set-up, the bar shows the other two. */
export function SetupLine() {
  const setupHidden = useHidden('setup');
  const narrow = useMedia('(max-width: 700px)');
  if (setupHidden) return null;
  return (
    <section className="setup" aria-label="Set-up of the run">
      {narrow ? (
        <>
          <ClockReadout />
          <details className="setup-fold">
            <summary>Set-up</summary>
            <div>
              <Setup />
              <SpeedSelect />
            </div>
          </details>
        </>
      ) : (
        <>
          <Setup />
          <SpeedSelect />
          <ClockReadout />
        </>
      )}
    </section>
  );
}

const Setup = memo(function Setup() {
  const session = useSession();
  const placement = useExperiment((experiment) => experiment.data.placement);
  const preset = useExperiment((experiment) => experiment.preset);
  const race = useExperiment((experiment) => experiment.race);
  const budget = useExperiment((experiment) => experiment.budget);
  const seed = useExperiment((experiment) => experiment.seed);
  const data = useExperiment((experiment) => experiment.data);

  function place(to: Placement): void {
    if (to === 'custom') {
      session.setData({ ...data, placement: 'custom' });
      setView({ solo: 'data' });
    } else {
      session.setData({ placement: to, modes: placementModes(to), painted: [] });
    }
  }

  return (
    <>
      <Choice
        controls={BANDIT_CONTROLS}
        control="placement"
        label="Data"
        value={placement}
        options={PLACEMENTS}
        onChange={place}
      />
      <Choice
        controls={BANDIT_CONTROLS}
        control="preset"
        label="Preset"
        value={preset}
        options={PRESETS}
        onChange={(value) => session.setPreset(value)}
      />
      <Choice
        controls={BANDIT_CONTROLS}
        control="race"
        label="Race by"
        value={race}
        options={RACES}
        onChange={(value) => session.setRace(value)}
      />
      <NumberInput
        label="Budget"
        testId="budget"
        value={budget}
        {...EXPERIMENT_BOUNDS.budget}
        step={1000}
        integer
        title={BANDIT_CONTROLS.budget.help}
        describedBy="help-budget"
        onCommit={(value) => session.setBudget(value)}
      />
      <span className="seed">
        <NumberInput
          label="Seed"
          testId="seed"
          value={seed}
          {...EXPERIMENT_BOUNDS.seed}
          step={1}
          integer
          title={BANDIT_CONTROLS.seed.help}
          describedBy="help-seed"
          onCommit={(value) => session.setSeed(value)}
        />
        <button
          type="button"
          className="quiet square"
          aria-label="New seed"
          data-testid="dice"
          {...described(BANDIT_CONTROLS, 'dice')}
          onClick={() => session.setSeed(crypto.getRandomValues(new Uint16Array(1))[0] ?? 0)}
        >
          <Icon name="dice" />
        </button>
      </span>
    </>
  );
});
