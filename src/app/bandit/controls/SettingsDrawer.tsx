/** Every hyperparameter, from the one table of settings. */
import { memo, useLayoutEffect, useRef } from 'react';
import { SETTING_FIELDS } from '../../../bandit/settings.ts';
import type { BanditField } from '../../../bandit/settings.ts';
import { dialogStore } from '../stores/dialog-store.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { SettingRow } from './SettingRow.tsx';

const GROUPS: readonly { id: BanditField['group']; title: string }[] = [
  { id: 'improvement', title: 'Policy improvement' },
  { id: 'diffusion', title: 'Diffusion' },
  { id: 'acting', title: 'Acting' },
  { id: 'optimisation', title: 'Optimisation' },
  { id: 'baselines', title: 'Other methods' },
];

export const SettingsDrawer = memo(function SettingsDrawer() {
  const changed = useExperiment((experiment) => Object.keys(experiment.settings).length);
  const drawer = useRef<HTMLElement>(null);
  const close = useRef<HTMLButtonElement>(null);
  // The focus moves into the drawer and returns on close, unless it has left the drawer.
  useLayoutEffect(() => {
    const element = drawer.current;
    const before = document.activeElement;
    close.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && element?.contains(document.activeElement)) before.focus();
    };
  }, []);
  return (
    <aside ref={drawer} className="drawer" aria-label="Settings" data-testid="settings-drawer">
      <header className="drawer-head">
        <h2>Settings</h2>
        <p>{changed === 0 ? 'All as in the preset' : `${changed} changed from the preset`}</p>
        <button
          ref={close}
          type="button"
          className="quiet square"
          aria-label="Close the settings"
          onClick={() => dialogStore.setState({ settings: false })}
        >
          <Icon name="close" />
        </button>
      </header>
      {GROUPS.map(({ id, title }) => (
        <section key={id} className="drawer-group">
          <h3>{title}</h3>
          {SETTING_FIELDS.filter((field) => field.group === id).map((field) => (
            <SettingRow key={field.key} field={field} />
          ))}
        </section>
      ))}
    </aside>
  );
});
