/** A method is switched off on its panel and on in the head of its row; the focus follows. */
import { flushSync } from 'react-dom';
import type { MethodId } from '../../../bandit/methods.ts';
import type { Session } from '../session.ts';

export function toggleId(method: MethodId): string {
  return `toggle-${method}`;
}

export function toggleAndFollow(session: Session, method: MethodId): void {
  flushSync(() => session.toggleMethod(method));
  document.getElementById(toggleId(method))?.focus();
}
