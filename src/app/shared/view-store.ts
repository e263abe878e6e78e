/** The view, outside React; components select what they read. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { DEFAULT_VIEW, type HideableId, type View } from './view.ts';

export const viewStore = createStore<View>()(() => DEFAULT_VIEW);

export function setView(change: Partial<View>): void {
  viewStore.setState(change);
}

export function useView<Key extends keyof View>(key: Key): View[Key] {
  return useStore(viewStore, (view) => view[key]);
}

export function useHidden(id: HideableId): boolean {
  return useStore(viewStore, (view) => view.hide.includes(id));
}
