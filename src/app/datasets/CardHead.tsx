import type { DatasetFacts } from '../../datasets/library/protocol.ts';
import { normalizedScore } from '../../datasets/reference-returns.ts';
import { columnsOf } from '../../datasets/shards/manifest.ts';
import { formatBytes, formatCount, formatFixed, formatSignificant } from '../shared/format.ts';
import { useView } from '../shared/view-store.ts';

/** Key facts of a dataset. @param readyMs milliseconds that reading all rows took; null until they are read. */
export function CardHead({ facts, readyMs }: { facts: DatasetFacts; readyMs: number | null }) {
  const test = useView('test');
  const { manifest, bytes, lengths } = facts;
  const { id, environment, counts, arrays, episodes, referenceReturns, source } = manifest;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanReturn = mean(episodes.returns);
  const entries: [name: string, value: string][] = [
    ['Environment', environment ?? 'not known'],
    ['Rows', formatCount(counts.rows)],
    ['Episodes', formatCount(counts.episodes)],
    ['Transitions', formatCount(counts.transitions)],
    ['Observation', `${columnsOf(arrays.observations)} numbers, ${arrays.observations.dtype}`],
    ['Action', `${columnsOf(arrays.actions)} numbers, ${arrays.actions.dtype}`],
    ['Mean return', formatSignificant(meanReturn, 4)],
    [
      'Mean score',
      referenceReturns ? formatFixed(normalizedScore(meanReturn, referenceReturns), 1) : 'none: no reference returns',
    ],
    ['Mean length', formatSignificant(mean(lengths), 4)],
    ['Stored', formatBytes(bytes)],
  ];
  return (
    <header className="card-head">
      <div className="card-title">
        <h2 id="card-title" tabIndex={-1}>
          {id}
        </h2>
        {source.published === null ? null : (
          <span
            className="badge"
            data-testid="verified"
            title="Size and SHA-256 of the source are the published file’s."
          >
            D4RL’s published file
          </span>
        )}
      </div>
      <dl className="facts" data-testid="facts">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {readyMs !== null && !test && (
        <p className="hint" data-testid="ready-ms" data-ms={Math.round(readyMs)}>
          All {formatCount(counts.rows)} rows were read, checked and indexed for training in{' '}
          {formatFixed(readyMs / 1000, 2)} s.
        </p>
      )}
    </header>
  );
}
