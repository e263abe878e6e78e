/** Q of the method's critic under the pointer, asked for one place at a time. */
import { useCallback, useRef, useState } from 'react';
import type { MethodId } from '../../../bandit/methods.ts';
import { useSession } from '../session-context.ts';

interface QAt {
  q: number | null;
  at: readonly [number, number] | null;
}

export function useQAt(method: MethodId, hasCritic: boolean): QAt & { onHover: (x: number, y: number) => void } {
  const session = useSession();
  const [answer, setAnswer] = useState<QAt>({ q: null, at: null });
  const wanted = useRef<readonly [number, number] | null>(null);
  const busy = useRef(false);

  const onHover = useCallback(
    (x: number, y: number) => {
      if (!hasCritic || !Number.isFinite(x) || !Number.isFinite(y)) return;
      wanted.current = [x, y];
      if (busy.current) return;
      busy.current = true;
      void (async () => {
        while (wanted.current) {
          const at = wanted.current;
          wanted.current = null;
          const q = await session.engine.qAt(method, at[0], at[1]).catch(() => null);
          setAnswer({ q, at });
        }
        busy.current = false;
      })();
    },
    [session, method, hasCritic],
  );
  return { ...answer, onHover };
}
