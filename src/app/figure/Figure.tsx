/** The paper's figure: cloning above, policy improvement below, the data at the head of either row. */
import { memo } from 'react';
import { METHOD_IDS, METHODS, type MethodRow } from '../../algorithms/catalogue.ts';
import { useHidden } from '../stores/view-store.ts';
import { DataPanel } from './DataPanel.tsx';
import { FigureCurves } from './FigureCurves.tsx';
import { MethodPanel } from './MethodPanel.tsx';
import { ShippedNote } from './ShippedNote.tsx';

const ROWS: readonly { row: MethodRow; title: string; words: string }[] = [
  { row: 'cloning', title: 'Behaviour cloning', words: 'act like the data' },
  { row: 'q-learning', title: 'With Q: policy improvement', words: 'act like the data, where it paid' },
];

export const Figure = memo(function Figure() {
  const curvesHidden = useHidden('curves');
  return (
    <div className="figure" data-testid="figure">
      {ROWS.map(({ row, title, words }) => (
        <section key={row} className="row" data-row={row} aria-labelledby={`row-${row}`}>
          <div className="row-head">
            <h2 id={`row-${row}`} className="row-title">
              {title} <span>{words}</span>
            </h2>
            {row === 'cloning' && <ShippedNote />}
          </div>
          <div className="row-panels">
            <DataPanel row={row} />
            {METHOD_IDS.filter((method) => METHODS[method].row === row).map((method) => (
              <MethodPanel key={method} method={method} />
            ))}
            {row === 'cloning' && !curvesHidden && <FigureCurves />}
          </div>
        </section>
      ))}
    </div>
  );
});
