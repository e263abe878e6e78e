/** Charts come with their library after the first paint, which needs none. */
import { lazy, Suspense } from 'react';
import type { CurvesProps } from '../plots/types.ts';

const Curves = lazy(async () => ({ default: (await import('../plots/curves.tsx')).Curves }));

export function LazyCurves(props: CurvesProps) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <Curves {...props} />
    </Suspense>
  );
}
