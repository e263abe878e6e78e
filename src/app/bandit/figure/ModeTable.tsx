/** The modes' exact numbers. */
import type { Mode } from '../../../datasets/bandit.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { NumberInput } from '../../shared/controls/NumberInput.tsx';
import { MODE_FIELDS } from '../data-edits.ts';
import { modeLetter, modeName } from '../plots/modes.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const COLUMNS = ['x', 'y', 'sigma', 'reward'] as const satisfies readonly (keyof Mode)[];

interface ModeTableProps {
  modes: readonly Mode[];
  selected: number | null;
  removable: boolean;
  onSelect: (index: number) => void;
  onChange: (index: number, change: Partial<Mode>) => void;
  onRemove: (index: number) => void;
}

export function ModeTable({ modes, selected, removable, onSelect, onChange, onRemove }: ModeTableProps) {
  return (
    <table className="mode-table" data-testid="mode-table">
      <caption className="visually-hidden">Modes of the data</caption>
      <thead>
        <tr>
          <th scope="col">Mode</th>
          {COLUMNS.map((key) => (
            <th key={key} scope="col" title={`From ${MODE_FIELDS[key].min} to ${MODE_FIELDS[key].max}`}>
              {MODE_FIELDS[key].label}
            </th>
          ))}
          <th scope="col">
            <span className="visually-hidden">Remove</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {modes.map((mode, index) => {
          const name = modeName(index, modes);
          return (
            <tr key={index} data-selected={index === selected || undefined} onFocus={() => onSelect(index)}>
              <th scope="row">
                <b>{modeLetter(index)}</b>
                {name !== modeLetter(index) && <span className="mode-name"> {name}</span>}
              </th>
              {COLUMNS.map((key) => (
                <td key={key}>
                  <NumberInput
                    label={`${MODE_FIELDS[key].label} of ${name}`}
                    labelHidden
                    value={mode[key]}
                    min={MODE_FIELDS[key].min}
                    max={MODE_FIELDS[key].max}
                    step={MODE_FIELDS[key].step}
                    testId={`mode-${index}-${key}`}
                    onCommit={(value) => onChange(index, { [key]: value })}
                  />
                </td>
              ))}
              <td>
                <button
                  type="button"
                  className="quiet square"
                  aria-label={`Remove ${name}`}
                  disabled={!removable}
                  {...described(BANDIT_CONTROLS, 'removeMode')}
                  onClick={() => onRemove(index)}
                >
                  <Icon name="close" />
                </button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
