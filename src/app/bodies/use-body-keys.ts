/** Keys of the bodies page. Keys typed into a field or used by a focused control are ignored. */
import { useEffect } from 'react';
import type { BodySession } from '../shared/body/body-session.ts';

const TYPING = 'input:not([type="checkbox"], [type="radio"]), select, textarea';
/** Elements that Space activates. */
const PRESSABLE = 'button, a, input, summary';

export function useBodyKeys(session: BodySession): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(TYPING)) return;
      const key = event.key.toLowerCase();
      if (key === ' ' && !target?.closest(PRESSABLE)) session.toggle();
      else if (key === 's') session.step();
      else if (key === 'r') session.restart();
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [session]);
}
