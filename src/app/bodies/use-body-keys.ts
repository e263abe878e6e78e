/** Keys of the page of bodies. A key that is typed into a field, or that a focused control needs, is left alone. */
import { useEffect } from 'react';
import type { BodySession } from '../shared/body/body-session.ts';

const TYPING = 'input:not([type="checkbox"], [type="radio"]), select, textarea';
/** What Space itself presses. */
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
