/** Whoever opened a method or the data comes back to the button that opened it, which was away meanwhile. */
import { useEffect, useRef } from 'react';
import { useView, viewStore } from '../stores/view-store.ts';

export function useFocusBack(): void {
  const alone = useView('alone');
  /** Its id: the button itself is made anew. */
  const opener = useRef<string | null>(null);

  useEffect(
    () =>
      viewStore.subscribe((view, before) => {
        if (before.alone === null && view.alone !== null) opener.current = document.activeElement?.id ?? null;
      }),
    [],
  );

  useEffect(() => {
    if (alone !== null || !opener.current) return;
    document.getElementById(opener.current)?.focus();
    opener.current = null;
  }, [alone]);
}
