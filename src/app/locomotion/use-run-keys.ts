/** Keys of the page of locomotion. A key that is typed into a field, or that a focused control needs, is left alone. */
import { useEffect } from 'react';
import type { DataChoice } from './data-choices.ts';
import { press } from './press.ts';

/** What Space types into, or presses itself. */
const NEEDS_SPACE = 'input, select, textarea, button, a, summary';

export function useRunKeys(data: DataChoice | null): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      const target = event.target instanceof Element ? event.target : null;
      if (event.key !== ' ' || target?.closest(NEEDS_SPACE)) return;
      event.preventDefault();
      void press(data);
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [data]);
}
