/** Charts come with their library after the first paint, which needs none. */
import { lazy, Suspense, useSyncExternalStore } from 'react';
import type { CurvesProps } from '../plots/types.ts';

const read = () => import('../plots/curves.tsx');
const Curves = lazy(async () => ({ default: (await read()).Curves }));

let warm = false;
const listeners = new Set<() => void>();

/** Reads the charts' library; once it is there, a chart may be put up before it has anything to draw. */
export async function warmCharts(): Promise<void> {
  await read();
  warm = true;
  for (const listener of listeners) listener();
}

/** Whether the charts' library has been read. */
export function useChartsWarm(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => warm,
  );
}

export function LazyCurves(props: CurvesProps) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <Curves {...props} />
    </Suspense>
  );
}
