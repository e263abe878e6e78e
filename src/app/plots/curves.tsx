import type { CurvesProps } from './types.ts';

export function Curves({ className }: CurvesProps) {
  return <div className={className} />;
}
