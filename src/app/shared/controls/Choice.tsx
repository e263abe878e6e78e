/** A few exclusive choices side by side. */
import { useId } from 'react';
import { described, type ControlText } from '../copy.ts';

interface ChoiceProps<Id extends string, Value extends string> {
  /** The page's texts, among them that of `control`. */
  controls: Readonly<Record<Id, ControlText>>;
  control: Id;
  label: string;
  value: Value;
  options: readonly { readonly value: Value; readonly label: string; readonly hint?: string }[];
  disabled?: boolean;
  onChange: (value: Value) => void;
}

export function Choice<Id extends string, Value extends string>({
  controls,
  control,
  label,
  value,
  options,
  disabled = false,
  onChange,
}: ChoiceProps<Id, Value>) {
  const name = useId();
  return (
    <fieldset className="choice" disabled={disabled} {...described(controls, control)} data-testid={control}>
      <legend>{label}</legend>
      <div className="choice-options">
        {options.map((option) => (
          <label key={option.value} title={option.hint}>
            <input
              type="radio"
              name={name}
              value={option.value}
              data-testid={`${control}-${option.value}`}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
