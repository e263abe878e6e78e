/** A number with bounds: a typed value outside them is clamped, and a note shows the bounds. */
import { useId, useState } from 'react';

interface NumberInputProps {
  value: number;
  min: number;
  max: number;
  step: number;
  integer?: boolean;
  multipleOf?: number | undefined;
  label: string;
  /** The label is elsewhere. */
  labelHidden?: boolean;
  title?: string;
  describedBy?: string;
  testId?: string;
  disabled?: boolean;
  onCommit: (value: number) => void;
}

export function NumberInput(props: NumberInputProps) {
  const {
    value,
    min,
    max,
    step,
    integer = false,
    multipleOf,
    label,
    labelHidden = false,
    title,
    describedBy,
    testId,
    disabled = false,
    onCommit,
  } = props;
  const noteId = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);

  function commit(text: string): void {
    setDraft(null);
    const typed = Number(text);
    if (text.trim() === '' || !Number.isFinite(typed)) {
      setNote(`A number from ${plain(min)} to ${plain(max)}.`);
      return;
    }
    const grain = multipleOf ?? (integer ? 1 : null);
    const whole = grain === null ? typed : Math.round(typed / grain) * grain;
    const clamped = Math.min(max, Math.max(min, whole));
    const kind = multipleOf ? `A multiple of ${multipleOf}` : integer ? 'A whole number' : 'A number';
    setNote(clamped === typed ? null : `${kind} from ${plain(min)} to ${plain(max)}.`);
    if (clamped !== value) onCommit(clamped);
  }

  return (
    <span className="number-input">
      <label>
        <span className={labelHidden ? 'visually-hidden' : 'control-label'}>{label}</span>
        <input
          type="number"
          disabled={disabled}
          inputMode={integer ? 'numeric' : 'decimal'}
          min={min}
          max={max}
          // A step that is no multiple of the value would make the browser call a right number wrong.
          step="any"
          value={draft ?? String(value)}
          title={title}
          aria-describedby={[describedBy, note ? noteId : null].filter(Boolean).join(' ') || undefined}
          data-testid={testId}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={(event) => draft !== null && commit(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit(event.currentTarget.value);
            else if (event.key === 'Escape') setDraft(null);
            else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
              event.preventDefault();
              const from = Number(event.currentTarget.value);
              const to = from + (event.key === 'ArrowUp' ? step : -step);
              commit(String(Number(to.toPrecision(12))));
            }
          }}
        />
      </label>
      {note && (
        <span id={noteId} className="bounds-note" role="status">
          {note}
        </span>
      )}
    </span>
  );
}

export function plain(value: number): string {
  return Math.abs(value) >= 10_000 ? value.toLocaleString('en-US') : String(value);
}
