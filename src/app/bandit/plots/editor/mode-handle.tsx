import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import type { Mode } from '../../../../datasets/bandit.ts';
import { arrowStep, BIG_NUDGE, NUDGE, SIGMA_NUDGE, widenMode } from './editor-modes.ts';
import { DEFAULT_EXTENT } from '../drawing/geometry.ts';
import { modeLetter } from '../modes.ts';
import { formatFixed } from '../../../shared/plots/scales.ts';

interface ModeHandleProps {
  mode: Mode;
  index: number;
  modes: readonly Mode[];
  selected: boolean;
  /** While a brush is at work. */
  inert: boolean;
  /** Action under a pointer. */
  place: (event: { clientX: number; clientY: number }) => [x: number, y: number];
  onMove: (x: number, y: number) => void;
  onModesChange: (modes: Mode[]) => void;
  onSelect: (index: number | null) => void;
  onRemove: () => void;
}

/** "Mode A at (−0.80, 0.80), σ 0.05, reward 3.0". */
export function modeLabel(mode: Mode, index: number): string {
  const at = `(${formatFixed(mode.x, 2)}, ${formatFixed(mode.y, 2)})`;
  return `Mode ${modeLetter(index)} at ${at}, σ ${formatFixed(mode.sigma, 2)}, reward ${formatFixed(mode.reward, 1)}`;
}

/** A place as a share of the editor's box, for CSS. */
export function percentPlace(x: number, y: number): { left: string; top: string } {
  const share = (value: number) => `${(100 * (value + DEFAULT_EXTENT)) / (2 * DEFAULT_EXTENT)}%`;
  return { left: share(x), top: share(-y) };
}

/** The middle of a mode, to be dragged, or moved with the keyboard. */
export function ModeHandle(props: ModeHandleProps) {
  const { mode, index, modes, selected, inert, place, onMove, onModesChange, onSelect, onRemove } = props;
  /** From the pointer to the middle, so that a mode does not jump when it is dragged by its edge. */
  const grip = useRef<[number, number] | null>(null);

  const startDrag = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    grip.current = [mode.x - x, mode.y - y];
    onSelect(index);
  };
  const drag = (event: PointerEvent<HTMLButtonElement>) => {
    if (!grip.current) return;
    const [x, y] = place(event);
    onMove(x + grip.current[0], y + grip.current[1]);
  };
  const drop = () => {
    grip.current = null;
  };

  const key = (event: KeyboardEvent<HTMLButtonElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = arrowStep(event.key, event.shiftKey ? BIG_NUDGE : NUDGE);
    if (way) onMove(mode.x + way[0], mode.y + way[1]);
    else if (event.key === '+' || event.key === '=') onModesChange(widenMode(modes, index, SIGMA_NUDGE));
    else if (event.key === '-' || event.key === '_') onModesChange(widenMode(modes, index, -SIGMA_NUDGE));
    else if (event.key === 'Delete' || event.key === 'Backspace') onRemove();
    else if (event.key === 'Escape' && selected) onSelect(null);
    else return;
    // The page's own keys must not act as well.
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <button
      type="button"
      className="plot-handle"
      data-selected={selected || undefined}
      style={percentPlace(mode.x, mode.y)}
      aria-label={modeLabel(mode, index)}
      aria-pressed={selected}
      tabIndex={inert ? -1 : 0}
      onFocus={() => {
        if (!selected) onSelect(index);
      }}
      onPointerDown={startDrag}
      onPointerMove={drag}
      onPointerUp={drop}
      onPointerCancel={drop}
      onKeyDown={key}
    />
  );
}
