/** The data, first in its row; its modes can be dragged here. */
import { memo, useState } from 'react';
import { BANDIT_POINTS } from '../../../datasets/bandit.ts';
import type { MethodRow } from '../../../bandit/methods.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { withModes } from '../data-edits.ts';
import { formatCount, formatFixed } from '../../shared/format.ts';
import { useDataDraft } from './use-data-draft.ts';
import { DataEditorField } from '../plots/editor/data-editor-field.tsx';
import { bestMode, modeName } from '../plots/modes.ts';
import { PlotTable } from '../../shared/plots/plot-table.tsx';
import { SampleField } from '../plots/sample-field.tsx';
import { useRun } from '../stores/run-store.ts';
import { setView, useHidden, useView } from '../../shared/view-store.ts';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

const NO_BRUSH = { reward: 0, radius: 0.1 };

export const DataPanel = memo(function DataPanel({ row }: { row: MethodRow }) {
  const [data, edit] = useDataDraft();
  const [selected, setSelected] = useState<number | null>(null);
  const points = useRun('data')?.points ?? null;
  const editHidden = useHidden('data');
  const tables = useView('tables');
  const best = data.modes[bestMode(data.modes)];
  const withRewards = row === 'q-learning';

  return (
    <article className="panel panel-data" data-testid={`panel-data-${row}`} aria-label="The data">
      <header className="panel-head">
        <h3>{withRewards ? 'Data and rewards' : 'Data'}</h3>
        {!editHidden && (
          <span className="panel-tools">
            <button
              type="button"
              className="quiet square"
              aria-label="Edit the data"
              id={`edit-data-${row}`}
              data-testid={`edit-data-${row}`}
              {...described(BANDIT_CONTROLS, 'edit')}
              onClick={() => setView({ solo: 'data' })}
            >
              <Icon name="edit" />
            </button>
          </span>
        )}
      </header>
      {tables ? (
        <PlotTable
          visible
          className="panel-table"
          caption="Modes of the data"
          columns={['Mode', 'x', 'y', 'Reward']}
          rows={data.modes.map((mode, index) => [
            modeName(index, data.modes),
            formatFixed(mode.x),
            formatFixed(mode.y),
            formatFixed(mode.reward, 1),
          ])}
        />
      ) : !withRewards && !editHidden ? (
        <DataEditorField
          className="panel-field"
          modes={data.modes}
          painted={data.painted}
          selected={selected}
          tool="move"
          brush={NO_BRUSH}
          onModesChange={(modes) => edit((from) => withModes(from, modes))}
          onSelect={setSelected}
          onPaint={() => {}}
          onErase={() => {}}
          data={points}
          label="The data; drag a mode to move it"
        />
      ) : (
        <SampleField
          className="panel-field"
          data={points}
          modes={data.modes}
          samples={null}
          tone={row}
          label={`The data: ${data.modes.length} Gaussians${withRewards ? ' and their mean rewards' : ''}`}
          showRewards={withRewards}
          showNames={!withRewards}
          still
        />
      )}
      <p className="panel-text">
        {withRewards ? (
          <>
            Each point carries a reward; the best mode pays <b>{best ? formatFixed(best.reward, 1) : '–'}</b> on
            average.
          </>
        ) : (
          <>
            {formatCount(BANDIT_POINTS)} actions from {data.modes.length}{' '}
            {data.modes.length === 1 ? 'Gaussian' : 'Gaussians'}
            {data.painted.length > 0 && `, and ${formatCount(data.painted.length)} painted points`}: what every method
            learns from.{!editHidden && !tables && ' Drag a mode to move it.'}
          </>
        )}
      </p>
    </article>
  );
});
