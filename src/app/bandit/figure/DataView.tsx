/** The data, large: drag, add, remove and paint, or type exact numbers. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { MAX_MODES, MAX_PAINTED, MIN_MODES, placementModes } from '../../../datasets/bandit.ts';
import { Choice } from '../../shared/controls/Choice.tsx';
import { Icon } from '../../shared/controls/icons.tsx';
import { NumberInput } from '../../shared/controls/NumberInput.tsx';
import { addMode, changeMode, erase, MODE_FIELDS, paint, removeMode, withModes } from '../data-edits.ts';
import { formatCount } from '../../shared/format.ts';
import { useDataDraft } from './use-data-draft.ts';
import { DataEditorField } from '../plots/editor/data-editor-field.tsx';
import type { EditorTool } from '../plots/types.ts';
import { useRun } from '../stores/run-store.ts';
import { setView } from '../../shared/view-store.ts';
import { ModeTable } from './ModeTable.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const TOOLS: readonly { value: EditorTool; label: string; hint: string }[] = [
  { value: 'move', label: 'Move', hint: 'Drag a mode; double-click to add one' },
  { value: 'paint', label: 'Paint', hint: 'Draw points that carry the reward of the brush' },
  { value: 'erase', label: 'Erase', hint: 'Take painted points away' },
];
const BRUSH_RADIUS = 0.06;

export function DataView() {
  const [data, edit] = useDataDraft();
  const [selected, setSelected] = useState<number | null>(0);
  const [tool, setTool] = useState<EditorTool>('move');
  const [reward, setReward] = useState(5);
  const points = useRun('data')?.points ?? null;
  const full = data.modes.length >= MAX_MODES;
  const title = useRef<HTMLHeadingElement>(null);
  // The button that opened this view is gone; the focus moves to the title.
  useEffect(() => title.current?.focus({ preventScroll: true }), []);

  const count = data.modes.length;
  const add = useCallback(() => {
    edit((from) => addMode(from));
    setSelected(count);
  }, [edit, count]);

  useEffect(() => {
    if (full) return undefined;
    function onKeyDown(event: KeyboardEvent): void {
      const typing = event.target instanceof Element && event.target.closest('input:not([type=radio]), select, dialog');
      const chord = event.ctrlKey || event.metaKey || event.altKey;
      if (event.key.toLowerCase() !== 'n' || typing || chord || event.defaultPrevented) return;
      event.preventDefault();
      add();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [add, full]);

  return (
    <section className="solo data-view" aria-labelledby="solo-title" data-testid="data-view">
      <header className="solo-head">
        <button
          type="button"
          data-testid="back"
          {...described(BANDIT_CONTROLS, 'back')}
          onClick={() => setView({ solo: null })}
        >
          <Icon name="back" />
          All methods
        </button>
        <h2 id="solo-title" ref={title} tabIndex={-1}>
          The data
        </h2>
        <p>Changes start the run again from step 0.</p>
      </header>
      <div className="solo-body">
        <div className="solo-field">
          <DataEditorField
            modes={data.modes}
            painted={data.painted}
            selected={selected}
            tool={tool}
            brush={{ reward, radius: BRUSH_RADIUS }}
            onModesChange={(modes) => edit((from) => withModes(from, modes))}
            onSelect={setSelected}
            onPaint={(stroke) => edit((from) => paint(from, stroke))}
            onErase={(x, y, radius) => edit((from) => erase(from, x, y, radius))}
            data={points}
            label="The data: drag a mode, or focus it and use the arrow keys"
          />
        </div>
        <div className="solo-side">
          <div className="data-tools">
            <Choice
              controls={BANDIT_CONTROLS}
              control="move"
              label="Tool"
              value={tool}
              options={TOOLS}
              onChange={setTool}
            />
            {tool === 'paint' && (
              <NumberInput
                label="Reward of the brush"
                value={reward}
                min={MODE_FIELDS.reward.min}
                max={MODE_FIELDS.reward.max}
                step={MODE_FIELDS.reward.step}
                describedBy="help-brushReward"
                testId="brush-reward"
                onCommit={setReward}
              />
            )}
            {data.painted.length > 0 && (
              <p className="data-painted">
                {formatCount(data.painted.length)} of at most {formatCount(MAX_PAINTED)} painted points.{' '}
                <button
                  type="button"
                  className="link"
                  {...described(BANDIT_CONTROLS, 'clearPaint')}
                  onClick={() => edit((from) => ({ ...from, painted: [] }))}
                >
                  Clear the paint
                </button>
              </p>
            )}
          </div>
          <ModeTable
            modes={data.modes}
            selected={selected}
            removable={data.modes.length > MIN_MODES}
            onSelect={setSelected}
            onChange={(index, change) => edit((from) => changeMode(from, index, change))}
            onRemove={(index) => {
              edit((from) => removeMode(from, index));
              setSelected(null);
            }}
          />
          <div className="data-buttons">
            <button
              type="button"
              disabled={full}
              data-testid="add-mode"
              {...described(BANDIT_CONTROLS, 'addMode')}
              onClick={add}
            >
              <Icon name="plus" />
              Add a mode
            </button>
            <span className="data-count">
              {data.modes.length} of at most {MAX_MODES}
            </span>
            <button
              type="button"
              onClick={() => edit(() => ({ placement: 'corners', modes: placementModes('corners'), painted: [] }))}
            >
              Corners
            </button>
            <button
              type="button"
              onClick={() => edit(() => ({ placement: 'diamond', modes: placementModes('diamond'), painted: [] }))}
            >
              Diamond
            </button>
          </div>
          <p className="data-hint">
            Double-click the field to add a mode there. With the keyboard: Tab to a mode, arrows move it, Delete removes
            it, N adds one.
          </p>
        </div>
      </div>
    </section>
  );
}
