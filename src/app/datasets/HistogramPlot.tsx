/** A small histogram with the ends of its range, and a table of its bins for screen readers. */
import { useMemo } from 'react';
import type { Histogram } from '../../datasets/library/histogram.ts';
import { PlotTable } from '../shared/plots/plot-table.tsx';
import { formatNumber, formatOnScale } from '../shared/plots/scales.ts';
import { useView } from '../shared/view-store.ts';

interface HistogramPlotProps {
  title: string;
  histogram: Histogram;
  /** What is counted, in the plural. */
  of: string;
  large?: boolean;
}

/** The bars as one SVG path: one unit wide per bin, and 1 unit high for the largest count. */
function barsPath(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count, bin) => (count === 0 ? '' : `M${bin + 0.06},1V${(1 - count / most).toFixed(4)}H${bin + 0.94}V1Z`))
    .join('');
}

export function HistogramPlot({ title, histogram, of, large = false }: HistogramPlotProps) {
  const tables = useView('tables');
  const { low, high, counts } = histogram;
  const path = useMemo(() => barsPath(counts), [counts]);
  const write = (value: number) => formatOnScale(value, high - low);
  const width = (high - low) / counts.length;
  const peak = counts.indexOf(Math.max(...counts));
  const label = `${title}: from ${write(low)} to ${write(high)}, most ${of} from ${write(low + peak * width)} to ${write(low + (peak + 1) * width)}`;
  const table = (
    <PlotTable
      caption={`${title}: ${of} by value`}
      columns={['from', 'to', of]}
      rows={counts.map((count, bin) => [
        write(low + bin * width),
        write(low + (bin + 1) * width),
        formatNumber(count, 9),
      ])}
      visible={tables}
    />
  );
  return (
    <figure className="histogram" data-large={large || undefined}>
      <figcaption>{title}</figcaption>
      {!tables && (
        <>
          <svg viewBox={`0 0 ${counts.length} 1`} preserveAspectRatio="none" role="img" aria-label={label}>
            <path d={path} />
          </svg>
          <div className="histogram-axis" aria-hidden="true">
            <span>{write(low)}</span>
            {large && <span>{write((low + high) / 2)}</span>}
            <span>{write(high)}</span>
          </div>
        </>
      )}
      {table}
    </figure>
  );
}
