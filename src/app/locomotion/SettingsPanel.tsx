/** Every hyperparameter of the method, from the table of settings. While a run is open only live settings can change. */
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { LocomotionExperiment } from '../../locomotion/experiment.ts';
import { LOCOMOTION_FIELDS, type LocomotionField, type LocomotionKey } from '../../locomotion/settings.ts';
import { locomotionReads } from '../../locomotion/methods.ts';
import type { RunHistory } from '../../locomotion/stored-run.ts';
import { Icon } from '../shared/controls/icons.tsx';
import { boundsText, SettingControl, type SettingValue } from '../shared/controls/SettingControl.tsx';
import { locomotionStore, useLocomotion } from './locomotion-store.ts';
import { presetValue, withSetting } from './form-store.ts';
import { useTraining } from './training-store.ts';
import { configureRun } from './training.ts';

const GROUPS: readonly { id: LocomotionField['group']; title: string }[] = [
  { id: 'improvement', title: 'Policy improvement' },
  { id: 'diffusion', title: 'Diffusion' },
  { id: 'acting', title: 'Acting' },
  { id: 'optimisation', title: 'Optimisation' },
  { id: 'baselines', title: 'Of this method' },
];

export function SettingsPanel({ onClose }: { onClose: () => void }) {
  const experiment = useLocomotion((state) => state);
  const live = useTraining((state) => state.run?.live);
  const drawer = useRef<HTMLElement>(null);
  const close = useRef<HTMLButtonElement>(null);
  // Moves the focus into the panel, and back when it closes unless the focus has left it.
  useLayoutEffect(() => {
    const element = drawer.current;
    const before = document.activeElement;
    close.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && element?.contains(document.activeElement)) before.focus();
    };
  }, []);
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key === 'Escape' && !event.defaultPrevented) onClose();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [onClose]);
  const { method } = experiment;
  const fields = LOCOMOTION_FIELDS.filter((field) => locomotionReads(method, field.key));
  const changed = fields.filter(({ key }) => valueNow(experiment, live, key) !== presetValue(experiment, key)).length;
  return (
    <aside ref={drawer} className="drawer" aria-label="Settings" data-testid="settings-drawer">
      <header className="drawer-head">
        <h2>Settings</h2>
        <p>{changed === 0 ? 'All as in the preset' : `${changed} changed from the preset`}</p>
        <button ref={close} type="button" className="quiet square" aria-label="Close the settings" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {GROUPS.map(({ id, title }) => {
        const own = fields.filter((field) => field.group === id);
        return own.length === 0 ? null : (
          <section key={id} className="drawer-group">
            <h3>{title}</h3>
            {own.map((field) => (
              <Row key={field.key} field={field} />
            ))}
          </section>
        );
      })}
    </aside>
  );
}

function Row({ field }: { field: LocomotionField }) {
  const experiment = useLocomotion((state) => state);
  const open = useTraining((state) => state.run !== null);
  const isOpen = useTraining((state) => state.status === 'running' || state.status === 'paused');
  const preset = presetValue(experiment, field.key);
  const override = experiment.settings[field.key];
  const value = useTraining((state) => valueNow(experiment, state.run?.live, field.key));
  const helpId = `setting-${field.name}`;
  const change = (next: SettingValue) => {
    if (open) void configureRun({ [field.key]: next });
    else locomotionStore.setState(withSetting(experiment, field, next), true);
  };
  return (
    <div className="setting" data-changed={value !== preset || undefined} data-testid={`setting-${field.name}`}>
      <div className="setting-control">
        <SettingControl
          field={field}
          value={value}
          helpId={helpId}
          disabled={open && !(field.live && isOpen)}
          onChange={change}
        />
      </div>
      <p className="setting-help" id={helpId}>
        {field.help}{' '}
        <span className="setting-facts">
          {boundsText(field)}
          {field.live ? 'Applies to an open run.' : 'For a new run.'}
        </span>
      </p>
      <p className="setting-preset">
        Preset: {typeof preset === 'boolean' ? (preset ? 'on' : 'off') : preset.toLocaleString('en-US')}
        {override !== undefined && !open && (
          <button
            type="button"
            className="link"
            onClick={() => locomotionStore.setState(withSetting(experiment, field, null), true)}
          >
            Reset
          </button>
        )}
      </p>
    </div>
  );
}

/** The last live value of an open run, else the value of the form. */
function valueNow(
  experiment: LocomotionExperiment,
  live: RunHistory['live'] | undefined,
  key: LocomotionKey,
): SettingValue {
  const change = live?.findLast(({ settings }) => settings[key] !== undefined);
  return change?.settings[key] ?? experiment.settings[key] ?? presetValue(experiment, key);
}
