/** A run chart as a table, for screen readers and for the tables view. */
import type { ReactNode } from 'react';
import { formatNumber } from '../shared/plots/scales.ts';
import { evenlySpaced, type ChartChange, type ChartMark, type ChartRow, type ChartSeries } from './chart-rows.ts';

/** Maximum number of rows, besides those of marks. */
const TABLE_ROWS = 12;

interface ChartTableProps {
  label: string;
  series: readonly ChartSeries[];
  rows: readonly ChartRow[];
  marks?: readonly ChartMark[] | undefined;
  changes?: readonly ChartChange[] | undefined;
}

export function ChartTable({ label, series, rows, marks = [], changes = [] }: ChartTableProps) {
  const shown = new Set(evenlySpaced(rows, TABLE_ROWS));
  const markOf = ({ x }: ChartRow) => marks.find((mark) => mark.x === x);
  return (
    <div className="table-scroll">
      <table className="run-table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            .filter((row) => shown.has(row) || markOf(row))
            .map((row) => (
              <tr key={row.x}>
                <th scope="row">
                  {formatNumber(row.x, 9)}
                  <CellDetail>{markOf(row)?.name}</CellDetail>
                </th>
                {series.map(({ name }, i) => {
                  const value = row[`y${i}`];
                  const band = row[`band${i}`];
                  return (
                    <td key={name}>
                      {value === undefined ? '–' : formatNumber(value)}
                      <CellDetail>{band && `${formatNumber(band[0])} to ${formatNumber(band[1])}`}</CellDetail>
                    </td>
                  );
                })}
              </tr>
            ))}
        </tbody>
      </table>
      {changes
        .filter(({ text }) => text !== '')
        .map(({ x, text }) => (
          <p key={`${x} ${text}`} className="hint">
            From step {formatNumber(x, 9)} on: {text}.
          </p>
        ))}
    </div>
  );
}

/** A detail below a number. */
export function CellDetail({ children }: { children: ReactNode }) {
  return children !== undefined && children !== false && <span className="muted cell-detail">{children}</span>;
}
