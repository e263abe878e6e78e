/** Keys of the locomotion page. Keys typed into a field or used by a focused control are ignored. */
import { useEffect } from 'react';
import type { DataChoice } from './data-choices.ts';
import { toggleTraining } from './toggle-training.ts';

/** Elements that use Space themselves. */
const NEEDS_SPACE = 'input, select, textarea, button, a, summary';
const TYPING = 'input:not([type="checkbox"], [type="radio"]), select, textarea';

export function useRunKeys(data: DataChoice | null, onHelp: () => void): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      // An open dialog has its own keys.
      if (document.querySelector('dialog[open]')) return;
      const target = event.target instanceof Element ? event.target : null;
      if (event.key === ' ' && !target?.closest(NEEDS_SPACE)) void toggleTraining(data);
      else if (event.key === '?' && !target?.closest(TYPING)) onHelp();
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [data, onHelp]);
}
