/** One setting: its control, its sentence, its bounds, what the preset says, and whether it restarts the run. */
import { memo } from 'react';
import type { NumberField, SettingField, Settings } from '../../training/settings.ts';
import { formatSignificant } from '../format.ts';
import type { Session } from '../session.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { NumberInput } from './NumberInput.tsx';
import { presetWords } from './preset-words.ts';

type Value = Settings[keyof Settings];

/** The table pairs each key with a control of its type, which TypeScript can't see through a lookup. */
function commit(session: Session, field: SettingField, value: Value): void {
  session.setSetting(field.key, value as never);
}

export const SettingRow = memo(function SettingRow({ field }: { field: SettingField }) {
  const session = useSession();
  const preset = useExperiment((experiment) => experiment.preset);
  const override = useExperiment((experiment) => experiment.settings[field.key]);
  const { common, words, readBy } = presetWords(field, preset);
  const value = override ?? common;
  const helpId = `setting-${field.name}`;

  return (
    <div className="setting" data-changed={override !== undefined || undefined} data-testid={`setting-${field.name}`}>
      <div className="setting-control">
        <Control field={field} value={value} helpId={helpId} onChange={(next) => commit(session, field, next)} />
      </div>
      <p className="setting-help" id={helpId}>
        {field.help}{' '}
        <span className="setting-facts">
          {'min' in field && `${bound(field, field.min)} to ${bound(field, field.max)}. `}
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

function bound(field: NumberField, value: number): string {
  return field.type === 'integer' ? value.toLocaleString('en-US') : formatSignificant(value);
}

interface ControlProps {
  field: SettingField;
  value: Value;
  helpId: string;
  onChange: (value: Value) => void;
}

function Control({ field, value, helpId, onChange }: ControlProps) {
  switch (field.type) {
    case 'flag':
      return (
        <label className="labelled">
          <span className="control-label">{field.label}</span>
          <input
            type="checkbox"
            checked={Boolean(value)}
            aria-describedby={helpId}
            onChange={(event) => onChange(event.target.checked)}
          />
        </label>
      );
    case 'choice':
      return (
        <label className="labelled">
          <span className="control-label">{field.label}</span>
          <select
            value={String(value)}
            aria-describedby={helpId}
            onChange={(event) => onChange(event.target.value as Value)}
          >
            {field.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        </label>
      );
    case 'integer':
    case 'number':
      return (
        <NumberInput
          label={field.label}
          value={Number(value)}
          min={field.min}
          max={field.max}
          // On a logarithmic scale one press multiplies: the step is the part that it adds.
          step={field.scale === 'log' ? Number(value) * (field.step - 1) : field.step}
          integer={field.type === 'integer'}
          multipleOf={field.multipleOf}
          describedBy={helpId}
          onCommit={onChange}
        />
      );
  }
}
