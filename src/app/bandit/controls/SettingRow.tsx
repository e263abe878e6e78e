/** One setting: its control, help, bounds, preset value, and whether it restarts the run. */
import { memo } from 'react';
import type { Settings } from '../../../bandit/settings.ts';
import type { BanditField } from '../../../bandit/settings.ts';
import type { Session } from '../session.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { presetText } from './preset-text.ts';
import { boundsText, SettingControl } from '../../shared/controls/SettingControl.tsx';

type Value = Settings[keyof Settings];

/** The table pairs each key with a control of its type, which TypeScript can't see through a lookup. */
function commit(session: Session, field: BanditField, value: Value): void {
  session.setSetting(field.key, value as never);
}

export const SettingRow = memo(function SettingRow({ field }: { field: BanditField }) {
  const session = useSession();
  const preset = useExperiment((experiment) => experiment.preset);
  const override = useExperiment((experiment) => experiment.settings[field.key]);
  const { common, text: words, readBy } = presetText(field, preset);
  const value = override ?? common;
  const helpId = `setting-${field.name}`;

  return (
    <div className="setting" data-changed={override !== undefined || undefined} data-testid={`setting-${field.name}`}>
      <div className="setting-control">
        <SettingControl
          field={field}
          value={value}
          helpId={helpId}
          onChange={(next) => commit(session, field, next as Value)}
        />
      </div>
      <p className="setting-help" id={helpId}>
        {field.help}{' '}
        <span className="setting-facts">
          {boundsText(field)}
          {field.live ? 'Acts at once.' : 'Restarts the run.'} Read by {readBy}.
        </span>
      </p>
      <p className="setting-preset">
        Preset: {words}
        {override !== undefined && (
          <button type="button" className="link" onClick={() => session.unsetSetting(field.key)}>
            Back to it
          </button>
        )}
      </p>
    </div>
  );
});
