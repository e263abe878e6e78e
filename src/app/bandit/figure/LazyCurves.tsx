/** Charts load with their library after the first paint. */
import { lazy, Suspense, useSyncExternalStore } from 'react';
import type { CurvesProps } from '../plots/types.ts';

const load = () => import('../plots/curves.tsx');
const Curves = lazy(async () => ({ default: (await load()).Curves }));

let warm = false;
const listeners = new Set<() => void>();

/** Loads the charts' library; then a chart may be rendered before it has data. */
export async function warmCharts(): Promise<void> {
  await load();
  warm = true;
  for (const listener of listeners) listener();
}

/** Whether the charts' library is loaded. */
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
