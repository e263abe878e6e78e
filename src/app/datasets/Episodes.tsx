/** A searchable, sortable list of episodes, and the curves of the chosen one. */
import { useId, useMemo, useState } from 'react';
import type { DatasetFacts, EpisodeData } from '../../datasets/library/protocol.ts';
import { normalizedScore } from '../../datasets/reference-returns.ts';
import { formatCount, formatFixed } from '../shared/format.ts';
import { finiteRange, formatOnScale } from '../shared/plots/scales.ts';
import { EPISODE_SORTS, findEpisodes, type EpisodeSort } from './episode-search.ts';
import { EpisodeCurves } from './EpisodeCurves.tsx';
import { askReader } from '../shared/library/library-client.ts';
import { reportLibraryError } from '../shared/library/library-store.ts';

const SHOWN = 100;
const SCROLLED = { role: 'region', 'aria-label': 'List of episodes', tabIndex: 0 } as const;

interface EpisodesProps {
  facts: DatasetFacts;
  /** Shows the actions near a row. */
  onRow: (row: number) => void;
}

export function Episodes({ facts, onRow }: EpisodesProps) {
  const { manifest, lengths } = facts;
  const { starts, returns, ends } = manifest.episodes;
  const [query, setQuery] = useState('');
  const [order, setOrder] = useState<EpisodeSort>('number');
  const [opened, setOpened] = useState<EpisodeData | null>(null);
  const id = useId();
  const search = useMemo(
    () => findEpisodes({ returns, lengths, ends }, query, order),
    [returns, lengths, ends, query, order],
  );
  const shown = search.found.slice(0, SHOWN);
  const reference = manifest.referenceReturns;
  const writeReturn = useMemo(() => {
    const [low, high] = finiteRange(returns) ?? [0, 1];
    return (value: number) => formatOnScale(value, high - low);
  }, [returns]);

  function open(episode: number): void {
    askReader((reader) => reader.episode(episode)).then(setOpened, (error: unknown) =>
      reportLibraryError('The episode could not be read.', error),
    );
  }

  return (
    <section className="episodes" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>Episodes</h3>
      <div className="episode-tools">
        <label className="labelled">
          <span className="control-label">Search</span>
          <input
            type="search"
            value={query}
            placeholder="12, timeout, return>50"
            data-testid="episode-search"
            aria-describedby={`${id}-hint`}
            onChange={(event) => setQuery(event.target.value)}
          />
        </label>
        <label className="labelled">
          <span className="control-label">Sorted by</span>
          <select
            value={order}
            data-testid="episode-order"
            onChange={(event) => setOrder(event.target.value as EpisodeSort)}
          >
            {Object.entries(EPISODE_SORTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p id={`${id}-hint`} className="hint" role="status">
        {search.error ??
          `${formatCount(search.found.length)} of ${formatCount(starts.length)} episodes${search.found.length > SHOWN ? `, the first ${SHOWN} are listed` : ''}. Terms may be numbers of episodes, terminal, timeout or cut, and bounds such as return>50 or length<200.`}
      </p>
      <div className="episode-body">
        {/* Focusable, so that the keyboard can scroll it. */}
        <div className="episode-scroll" {...SCROLLED}>
          <table className="episode-table" data-testid="episodes">
            <thead>
              <tr>
                <th scope="col">Episode</th>
                <th scope="col">Return</th>
                {reference && <th scope="col">Score</th>}
                <th scope="col">Steps</th>
                <th scope="col">End</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((episode) => (
                <tr key={episode} data-open={opened?.index === episode || undefined}>
                  <th scope="row">
                    <button
                      type="button"
                      className="link"
                      title="Draws the curves of this episode."
                      aria-label={`Episode ${episode}`}
                      onClick={() => open(episode)}
                    >
                      {formatCount(episode)}
                    </button>
                  </th>
                  <td>{writeReturn(returns[episode]!)}</td>
                  {reference && <td>{formatFixed(normalizedScore(returns[episode]!, reference), 1)}</td>}
                  <td>{formatCount(lengths[episode]!)}</td>
                  <td>{ends[episode]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {opened ? (
          <EpisodeCurves episode={opened} environment={manifest.environment} onRow={onRow} />
        ) : (
          <p className="muted">Choose an episode to see its curves.</p>
        )}
      </div>
    </section>
  );
}
