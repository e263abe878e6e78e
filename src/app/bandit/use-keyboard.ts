/** Keys of the whole page. Keys typed into a field or used by a focused control are ignored. */
import { useEffect } from 'react';
import { METHOD_IDS } from '../../bandit/methods.ts';
import { useSession } from './session-context.ts';
import { closeDialog, dialogStore, openDialog } from './stores/dialog-store.ts';
import { setView, viewStore } from '../shared/view-store.ts';
import type { View } from '../shared/view.ts';

const TYPING = 'input, select, textarea, [contenteditable="true"]';
/** Elements that Space activates. */
const PRESSABLE = 'button, a, summary, [role="button"], [role="slider"], [role="menuitem"]';

export const KEYS: readonly { keys: string; does: string }[] = [
  { keys: 'Space', does: 'Play or pause' },
  { keys: 'S', does: 'One gradient step' },
  { keys: 'R', does: 'Reset to step 0' },
  { keys: '1 – 9, 0', does: 'Open a method alone, in the figure’s order' },
  { keys: 'D', does: 'Open the data' },
  { keys: 'Esc', does: 'Back to the whole figure; close what is open' },
  { keys: '?', does: 'This list' },
  { keys: 'Arrows', does: 'Move the focused mode, or a slider' },
  { keys: 'N, Delete', does: 'Add a mode; remove the focused one (in the data)' },
];

export function useKeyboard(): void {
  const session = useSession();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      const typing = target?.closest(TYPING);
      const isSlider = typing instanceof HTMLInputElement && typing.type === 'range';
      const leavesDrawer = event.key === 'Escape' && target?.closest('.drawer');
      if (typing && !leavesDrawer && !(isSlider && event.key.length === 1 && event.key !== ' ')) return;
      const dialogOpen = dialogStore.getState().dialog !== null;
      if (event.key === 'Escape') {
        // An open dialog handles Escape itself.
        if (dialogOpen) return;
        if (dialogStore.getState().settings) dialogStore.setState({ settings: false });
        else setView({ solo: null });
        return;
      }
      if (event.key === '?') {
        if (dialogOpen) closeDialog();
        else openDialog({ kind: 'help' });
        event.preventDefault();
        return;
      }
      if (dialogOpen || event.repeat) return;
      if (event.key === ' ' && !target?.closest(PRESSABLE)) session.toggle();
      else if (event.key === 's' || event.key === 'S') session.step();
      else if (event.key === 'r' || event.key === 'R') session.reset();
      else if (event.key === 'd' || event.key === 'D') toggleSolo('data');
      else if (/^[0-9]$/.test(event.key)) toggleSolo(METHOD_IDS[(Number(event.key) + 9) % 10] ?? null);
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [session]);
}

function toggleSolo(solo: View['solo']): void {
  setView({ solo: viewStore.getState().solo === solo ? null : solo });
}
