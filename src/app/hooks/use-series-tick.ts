/** A number that grows when the series have grown, a few times a second, and never for all charts in one task. */
import { startTransition, useEffect, useState } from 'react';
import { useSession } from '../session-context.ts';

const EVERY_MS = 400;
const UNSEEN_EVERY_MS = 2500;

/** @param seen whether the chart is on the screen; elsewhere it follows more slowly */
export function useSeriesTick(phaseMs = 0, seen = true): number {
  const { series } = useSession();
  const [tick, setTick] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const leave = series.subscribe(() => {
      timer ??= setTimeout(
        () => {
          timer = null;
          startTransition(() => setTick((count) => count + 1));
        },
        (seen ? EVERY_MS : UNSEEN_EVERY_MS) + phaseMs,
      );
    });
    return () => {
      leave();
      if (timer) clearTimeout(timer);
    };
  }, [series, phaseMs, seen]);
  return tick;
}
