/** A number that grows when the series have grown, a few times a second, and never for all charts in one task. */
import { startTransition, useEffect, useState } from 'react';
import { useSession } from '../session-context.ts';

const EVERY_MS = 400;

export function useSeriesTick(phaseMs = 0): number {
  const { series } = useSession();
  const [tick, setTick] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const leave = series.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = null;
        startTransition(() => setTick((count) => count + 1));
      }, EVERY_MS + phaseMs);
    });
    return () => {
      leave();
      if (timer) clearTimeout(timer);
    };
  }, [series, phaseMs]);
  return tick;
}
