/** Which dialog is open; at most one. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { MethodId } from '../../../bandit/methods.ts';

type Dialog = { kind: 'help' } | { kind: 'about'; method: MethodId } | { kind: 'import'; file: File | null };

interface DialogState {
  dialog: Dialog | null;
  /** Whether the settings drawer is open. It does not cover the figure, so it is not a dialog. */
  settings: boolean;
}

export const dialogStore = createStore<DialogState>()(() => ({ dialog: null, settings: false }));

export function openDialog(dialog: Dialog): void {
  dialogStore.setState({ dialog });
}

export function closeDialog(): void {
  dialogStore.setState({ dialog: null });
}

export function toggleSettings(): void {
  dialogStore.setState((state) => ({ settings: !state.settings }));
}

export function useDialog(): Dialog | null {
  return useStore(dialogStore, (state) => state.dialog);
}

export function useSettingsOpen(): boolean {
  return useStore(dialogStore, (state) => state.settings);
}
