/** Whoever opened a method or the data comes back to where they were. */
import { useEffect, useRef } from 'react';
import { useView, viewStore } from '../shared/view-store.ts';

export function useFocusBack(): void {
  const alone = useView('alone');
  const before = useRef<Element | null>(null);

  useEffect(
    () =>
      viewStore.subscribe((view, last) => {
        if (last.solo === null && view.solo !== null) before.current = document.activeElement;
      }),
    [],
  );

  useEffect(() => {
    if (alone !== null || before.current === null) return;
    // A button of the figure was away meanwhile and was made anew.
    const element = before.current.isConnected ? before.current : document.getElementById(before.current.id);
    if (element instanceof HTMLElement) element.focus();
    before.current = null;
  }, [alone]);
}
