/** Keys of the page of locomotion. A key that is typed into a field, or that a focused control needs, is left alone. */
import { useEffect } from 'react';
import type { DataChoice } from './data-choices.ts';
import { press } from './toggle-training.ts';

/** What Space types into, or presses itself. */
const NEEDS_SPACE = 'input, select, textarea, button, a, summary';
const TYPING = 'input:not([type="checkbox"], [type="radio"]), select, textarea';

export function useRunKeys(data: DataChoice | null, onHelp: () => void): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      // An open dialog has its own keys.
      if (document.querySelector('dialog[open]')) return;
      const target = event.target instanceof Element ? event.target : null;
      if (event.key === ' ' && !target?.closest(NEEDS_SPACE)) void press(data);
      else if (event.key === '?' && !target?.closest(TYPING)) onHelp();
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [data, onHelp]);
}
