/** A number that grows with the series a few times a second; the phase spreads charts over several tasks. */
import { startTransition, useEffect, useState } from 'react';
import { useSession } from '../session-context.ts';

const EVERY_MS = 400;
const UNSEEN_EVERY_MS = 2500;

/** @param seen whether the chart is on the screen; elsewhere it follows more slowly */
export function useSeriesTick(phaseMs = 0, seen = true): number {
  const { series } = useSession();
  const [version, setVersion] = useState(series.version);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const follow = (): void => {
      timer ??= setTimeout(
        () => {
          timer = null;
          startTransition(() => setVersion(series.version));
        },
        (seen ? EVERY_MS : UNSEEN_EVERY_MS) + phaseMs,
      );
    };
    const leave = series.subscribe(follow);
    // The series may have grown since the last render or the timer that this one replaces.
    follow();
    return () => {
      leave();
      if (timer) clearTimeout(timer);
    };
  }, [series, phaseMs, seen]);
  return version;
}
