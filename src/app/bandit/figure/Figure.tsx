/** The paper's figure: cloning above, policy improvement below, the data at the head of either row. */
import { memo, type CSSProperties } from 'react';
import { METHOD_IDS, METHODS, type MethodId, type MethodRow } from '../../../bandit/methods.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { useHidden, useView } from '../../shared/view-store.ts';
import { DataPanel } from './DataPanel.tsx';
import { FigureCurves } from './FigureCurves.tsx';
import { MethodPanel } from './MethodPanel.tsx';
import { ShippedNote } from './ShippedNote.tsx';
import { toggleAndFollow, toggleId } from './toggle-method.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const ROWS: readonly { row: MethodRow; title: string; subtitle: string }[] = [
  { row: 'cloning', title: 'Behaviour cloning', subtitle: 'act like the data' },
  { row: 'q-learning', title: 'With Q: policy improvement', subtitle: 'act like the data, where it paid' },
];
/** Columns of the chart of curves at the end of the first row. */
const CURVES_SPAN = 2;
const MIN_COLUMNS = 4;
const MID_COLUMNS = 4;

function inRow(methods: readonly MethodId[], row: MethodRow): MethodId[] {
  return methods.filter((method) => METHODS[method].row === row);
}

export const Figure = memo(function Figure() {
  const methods = useExperiment((experiment) => experiment.methods);
  const curvesHidden = useHidden('curves');
  const tables = useView('tables');
  // Fewer methods are shown larger.
  const needs = [
    1 + inRow(methods, 'cloning').length + (curvesHidden ? 0 : CURVES_SPAN),
    1 + inRow(methods, 'q-learning').length,
  ];
  const columns = Math.max(MIN_COLUMNS, ...needs);
  const style = { '--columns': columns, '--columns-mid': Math.min(MID_COLUMNS, columns) } as CSSProperties;

  return (
    <div className="figure" data-testid="figure" data-tables={tables || undefined} style={style}>
      {ROWS.map(({ row, title, subtitle }) => (
        <section key={row} className="row" data-row={row} aria-labelledby={`row-${row}`}>
          <div className="row-head">
            <h2 id={`row-${row}`} className="row-title">
              {title} <span>{subtitle}</span>
            </h2>
            {row === 'cloning' && <ShippedNote />}
            <SwitchedOff methods={inRow(METHOD_IDS, row).filter((method) => !methods.includes(method))} />
          </div>
          <div className="row-panels">
            <DataPanel row={row} />
            {inRow(methods, row).map((method) => (
              <MethodPanel key={method} method={method} />
            ))}
            {row === 'cloning' && !curvesHidden && <FigureCurves />}
          </div>
        </section>
      ))}
    </div>
  );
});

function SwitchedOff({ methods }: { methods: readonly MethodId[] }) {
  const session = useSession();
  if (methods.length === 0) return null;
  return (
    <p className="switched-off">
      Off:
      {methods.map((method) => (
        <button
          key={method}
          type="button"
          className="quiet small"
          aria-label={`Switch ${METHODS[method].name} on`}
          id={toggleId(method)}
          data-testid={`toggle-${method}`}
          {...described(BANDIT_CONTROLS, 'toggle')}
          onClick={() => toggleAndFollow(session, method)}
        >
          <Icon name="plus" />
          {METHODS[method].name}
        </button>
      ))}
    </p>
  );
}
