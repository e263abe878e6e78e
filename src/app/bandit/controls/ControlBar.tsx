/** The controls that are always visible: the run, η, and the two scrubbers. */
import { memo } from 'react';
import { useSession } from '../session-context.ts';
import { toggleSettings, useSettingsOpen } from '../stores/dialog-store.ts';
import { useRun } from '../stores/run-store.ts';
import { useHidden } from '../../shared/view-store.ts';
import { ClockReadout } from './ClockReadout.tsx';
import { EtaSlider } from './EtaSlider.tsx';
import { GlobalReverseScrubber, SnapshotScrubber } from './Scrubbers.tsx';
import { Icon } from '../../shared/controls/icons.tsx';
import { SpeedSelect } from './SpeedSelect.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

export const ControlBar = memo(function ControlBar() {
  const setupHidden = useHidden('setup');
  const etaHidden = useHidden('eta');
  const timeHidden = useHidden('time');
  const denoisingHidden = useHidden('denoising');
  const settingsHidden = useHidden('settings');
  return (
    <section className="control-bar" aria-label="Run">
      <div className="run-strip">
        <div className="run-buttons">
          <PlayButton />
          <StepButton />
          <ResetButton />
        </div>
        {!etaHidden && <EtaSlider />}
        {!settingsHidden && <SettingsButton />}
      </div>
      {setupHidden && <SpeedSelect />}
      {setupHidden && <ClockReadout />}
      {!timeHidden && <SnapshotScrubber />}
      {!denoisingHidden && <GlobalReverseScrubber />}
    </section>
  );
});

function PlayButton() {
  const session = useSession();
  const state = useRun('state');
  const running = state === 'running';
  return (
    <button
      type="button"
      className="primary"
      data-testid={running ? 'pause' : 'play'}
      disabled={state === 'loading' || state === 'diverged'}
      {...described(BANDIT_CONTROLS, 'play')}
      onClick={() => session.toggle()}
    >
      <Icon name={running ? 'pause' : 'play'} />
      {running ? 'Pause' : 'Play'}
    </button>
  );
}

function StepButton() {
  const session = useSession();
  const state = useRun('state');
  return (
    <button
      type="button"
      data-testid="step"
      disabled={state === 'loading' || state === 'finished' || state === 'diverged'}
      {...described(BANDIT_CONTROLS, 'step')}
      onClick={() => session.step()}
    >
      <Icon name="step" />
      <span className="wide-only">Step</span>
    </button>
  );
}

function ResetButton() {
  const session = useSession();
  const state = useRun('state');
  return (
    <button
      type="button"
      data-testid="reset"
      disabled={state === 'loading'}
      {...described(BANDIT_CONTROLS, 'reset')}
      onClick={() => session.reset()}
    >
      <Icon name="reset" />
      <span className="wide-only">Reset</span>
    </button>
  );
}

function SettingsButton() {
  const open = useSettingsOpen();
  return (
    <button
      type="button"
      className="settings-button"
      aria-expanded={open}
      data-testid="settings"
      {...described(BANDIT_CONTROLS, 'settings')}
      onClick={toggleSettings}
    >
      <Icon name="sliders" />
      <span className="wide-only">Settings</span>
    </button>
  );
}
