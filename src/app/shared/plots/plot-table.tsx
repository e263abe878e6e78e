import { formatNumber } from './scales.ts';

const ROWS_SHOWN = 20;

interface PlotTableProps {
  caption: string;
  columns: readonly string[];
  /** First cell of each row is its header. At most 20 rows are shown, spread evenly over those given. */
  rows: readonly (readonly (string | number)[])[];
  /** Visible to everyone; otherwise to screen readers only. */
  visible?: boolean | undefined;
  className?: string | undefined;
}

/** At most `limit` rows, spread evenly, with the first and the last. */
export function spreadRows<T>(rows: readonly T[], limit: number): T[] {
  if (rows.length <= limit) return [...rows];
  return Array.from({ length: limit }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (limit - 1))]!);
}

/** The numbers of a plot: for screen readers at all times, for everyone on demand. */
export function PlotTable({ caption, columns, rows, visible = false, className = '' }: PlotTableProps) {
  const shown = spreadRows(rows, ROWS_SHOWN);
  const table = (
    <table>
      <caption>
        {caption}
        {rows.length > shown.length ? ` (${shown.length} of ${rows.length} rows, spread evenly)` : ''}
      </caption>
      <thead>
        <tr>
          {columns.map((column, i) => (
            <th key={i} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row, i) => (
          <tr key={i}>
            {row.map((value, j) => {
              const text = typeof value === 'number' ? formatNumber(value) : value;
              return j === 0 ? (
                <th key={j} scope="row">
                  {text}
                </th>
              ) : (
                <td key={j}>{text}</td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
  // A wide table scrolls inside its own box, which the keyboard must reach.
  return (
    <div
      className={`plot-table ${visible ? '' : 'plot-hidden'} ${className}`.replace(/\s+/g, ' ').trim()}
      {...(visible ? { role: 'region', 'aria-label': caption, tabIndex: 0 } : {})}
    >
      {table}
    </div>
  );
}
