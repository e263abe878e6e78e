/** Restores the focus when a method's view or the data view closes. */
import { useEffect, useRef } from 'react';
import { useView, viewStore } from '../shared/view-store.ts';

export function useFocusBack(): void {
  const solo = useView('solo');
  const before = useRef<Element | null>(null);

  useEffect(
    () =>
      viewStore.subscribe((view, last) => {
        if (last.solo === null && view.solo !== null) before.current = document.activeElement;
      }),
    [],
  );

  useEffect(() => {
    if (solo !== null || before.current === null) return;
    // A button of the figure was unmounted and rendered again.
    const element = before.current.isConnected ? before.current : document.getElementById(before.current.id);
    if (element instanceof HTMLElement) element.focus();
    before.current = null;
  }, [solo]);
}
