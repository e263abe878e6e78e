/** The actions that the data took in similar states: the distribution that a policy learns to imitate. */
import { useEffect, useRef, useState } from 'react';
import type { CardPictures } from '../../datasets/library/card.ts';
import type { Neighbours } from '../../datasets/library/nearest.ts';
import type { DatasetFacts } from '../../datasets/library/protocol.ts';
import { columnsOf } from '../../datasets/shards/manifest.ts';
import { NumberInput } from '../shared/controls/NumberInput.tsx';
import { formatCount, formatSignificant } from '../shared/format.ts';
import { PlotTable } from '../shared/plots/plot-table.tsx';
import { useView } from '../shared/view-store.ts';
import { ActionsCanvas } from './ActionsCanvas.tsx';
import { episodeOfRow } from './episode-search.ts';
import { askReader } from '../shared/library/library-client.ts';
import { reportLibraryError } from '../shared/library/library-store.ts';

const COUNTS = [50, 200, 1000];
/** Fraction of the golden ratio: jumps of this share of the rows revisit none for long. */
const GOLDEN = 0.618034;

interface ActionsNearProps {
  facts: DatasetFacts;
  pictures: CardPictures;
  row: number;
  onRow: (row: number) => void;
}

export function ActionsNear({ facts, pictures, row, onRow }: ActionsNearProps) {
  const { manifest } = facts;
  const { counts, arrays } = manifest;
  const width = columnsOf(arrays.actions);
  const [k, setK] = useState(200);
  const [x, setX] = useState(0);
  const [y, setY] = useState(Math.min(1, width - 1));
  const found = useNeighbours(row, k);
  const tables = useView('tables');
  const { episode, step } = episodeOfRow(manifest.episodes.starts, row);
  const shownK = Math.min(k, counts.rows);
  const label = `Actions ${x} and ${y} of the ${shownK} rows whose observations are nearest to that of row ${row}`;
  return (
    <section className="actions-near" aria-labelledby="actions-title">
      <h3 id="actions-title">Actions near a state</h3>
      <p className="hint">
        Blue: the actions of the rows whose observations are nearest, in standard deviations. The ring is the state’s
        own; grey, all actions.
      </p>
      <div className="near-tools">
        <NumberInput
          label="Row"
          value={row}
          min={0}
          max={counts.rows - 1}
          step={1}
          integer
          title="The row whose observation is the state."
          testId="near-row"
          onCommit={onRow}
        />
        <button
          type="button"
          className="small"
          title="Jumps to a row far from this one."
          onClick={() => onRow((row + Math.max(1, Math.floor(counts.rows * GOLDEN))) % counts.rows)}
        >
          Another state
        </button>
        <label className="labelled">
          <span className="control-label">Nearest</span>
          <select value={k} data-testid="near-count" onChange={(event) => setK(Number(event.target.value))}>
            {COUNTS.map((count) => (
              <option key={count} value={count}>
                {formatCount(count)}
              </option>
            ))}
          </select>
        </label>
        <label className="labelled">
          <span className="control-label">Step</span>
          <input
            type="range"
            min={0}
            max={facts.lengths[episode]! - 1}
            value={step}
            title="Moves along the episode."
            aria-valuetext={`step ${step} of episode ${episode}`}
            data-testid="near-step"
            onChange={(event) => onRow(row - step + Number(event.target.value))}
          />
        </label>
        {width > 1 && (
          <>
            <Dimension label="Across" width={width} value={x} onChange={setX} />
            <Dimension label="Up" width={width} value={y} onChange={setY} />
          </>
        )}
      </div>
      {tables ? null : (
        <ActionsCanvas
          found={found}
          all={pictures.sampledActions}
          ranges={pictures.actions}
          x={x}
          y={y}
          label={label}
        />
      )}
      {found && (
        <>
          <p className="hint" data-testid="near-text">
            Episode {formatCount(episode)}, step {formatCount(step)}; the farthest of {formatCount(found.rows.length)}{' '}
            is {formatSignificant(found.distances.at(-1)!)} standard deviations away.
          </p>
          <PlotTable
            visible={tables}
            caption={label}
            columns={['row', 'distance', `action ${x}`, `action ${y}`]}
            rows={Array.from(found.rows, (other, i) => [
              formatCount(other),
              found.distances[i]!,
              found.actions[i * width + x]!,
              found.actions[i * width + y]!,
            ])}
          />
        </>
      )}
    </section>
  );
}

interface DimensionProps {
  label: string;
  width: number;
  value: number;
  onChange: (dimension: number) => void;
}

function Dimension({ label, width, value, onChange }: DimensionProps) {
  return (
    <label className="labelled">
      <span className="control-label">{label}</span>
      <select value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {Array.from({ length: width }, (_, i) => (
          <option key={i} value={i}>
            action {i}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The neighbours of a row. While one query is pending, only the latest later one is queued. */
function useNeighbours(row: number, k: number): Neighbours | null {
  const [found, setFound] = useState<Neighbours | null>(null);
  const state = useRef<{ busy: boolean; next: [number, number] | null }>({ busy: false, next: null });
  useEffect(() => {
    const queue = state.current;
    queue.next = [row, k];
    if (queue.busy) return;
    queue.busy = true;
    const work = async () => {
      while (queue.next) {
        const [wantedRow, count] = queue.next;
        queue.next = null;
        setFound(await askReader((reader) => reader.nearest(wantedRow, count)));
      }
    };
    work()
      .catch((error: unknown) => reportLibraryError('The nearest rows could not be found.', error))
      .finally(() => {
        queue.busy = false;
      });
  }, [row, k]);
  return found;
}
