import type { PlotTableProps } from './types.ts';

export function PlotTable({ className }: PlotTableProps) {
  return <div className={className} />;
}
