/** The control of one setting, by its row in a table of settings. */
import type { SettingField } from '../../../experiment/setting-field.ts';
import { NumberInput, plain } from './NumberInput.tsx';

export type SettingValue = string | number | boolean;

/** "8 to 512. ", or nothing where a setting has no bounds. */
export function boundsText(field: SettingField): string {
  if (!('min' in field)) return '';
  // A bound is written whole: 0.9999 is not 1.
  const write = (value: number) => (field.type === 'integer' ? value.toLocaleString('en-US') : plain(value));
  return `${write(field.min)} to ${write(field.max)}. `;
}

interface SettingControlProps {
  field: SettingField;
  value: SettingValue;
  helpId: string;
  /** It cannot be changed now. */
  disabled?: boolean;
  onChange: (value: SettingValue) => void;
}

export function SettingControl({ field, value, helpId, disabled = false, onChange }: SettingControlProps) {
  switch (field.type) {
    case 'flag':
      return (
        <label className="labelled">
          <span className="control-label">{field.label}</span>
          <input
            type="checkbox"
            disabled={disabled}
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
            disabled={disabled}
            value={String(value)}
            aria-describedby={helpId}
            onChange={(event) => onChange(event.target.value)}
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
          disabled={disabled}
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
