/** Rows of a dataset whose states are nearest to a given one, found in a worker. */
import { useEffect, useRef, useState } from 'react';
import type { Neighbours } from '../../../datasets/library/nearest.ts';
import { type EnvironmentId, parseEnvironmentId } from '../../../environments/bodies/ids.ts';
import { openReader } from '../library/library-client.ts';
import { useShippedDatasets } from '../library/shipped-datasets.ts';
import { LatestOnlyPoller } from './latest-only-poller.ts';

/** Number of rows. */
const NEAREST = 100;

/** A dataset of the body, hosted with the page or stored in the browser. */
interface DataSource {
  /** Address or key. */
  id: string;
  name: string;
  kind: 'hosted' | 'stored';
  /** Its id in the manifest. */
  dataset: string;
  /** Null if it is known only once the dataset is opened. */
  rows: number | null;
}

/** The dataset to be shown, if it is available. */
export interface PreferredDataset {
  id: string;
  rows: number;
}

type Reader = ReturnType<typeof openReader>;

export interface DataNear {
  sources: readonly DataSource[];
  /** Null if none is chosen or available. */
  source: DataSource | null;
  choose: (id: string) => void;
  /** The neighbours of the last answered observation. */
  found: Neighbours | null;
  /** Whether that observation is the present one. */
  isCurrent: boolean;
  error: string | null;
}

/** The choice of no dataset. */
export const NO_DATA = 'none';

/**
 * @param observation [S] the state; null while there is none or the panel is hidden: then nothing is fetched.
 * @param preferred the dataset that is shown unless another is chosen; by default the first one available.
 */
export function useDataNear(
  environment: EnvironmentId,
  observation: Float32Array | null,
  preferred: PreferredDataset | null = null,
): DataNear {
  const reader = useRef<Reader | null>(null);
  const wanted = observation !== null;
  const { sources, known } = useSources(environment, reader, wanted);
  const [choice, setChoice] = useState<string | null>(null);
  const chosen = sources.find(({ id }) => id === choice) ?? preferredSource(sources, preferred) ?? sources[0] ?? null;
  // Waits until all sources are known, so that no dataset is opened only to be replaced.
  const source = choice === NO_DATA || (preferred && !known) ? null : chosen;
  const { opened, error } = useOpened(source, reader, wanted);
  const answer = useNearest(opened, observation, reader);
  useEffect(
    () => () => {
      reader.current?.end();
      reader.current = null;
    },
    [],
  );
  const isCurrent = answer !== null && answer.observation === observation;
  return { sources, source, choose: setChoice, found: answer?.neighbours ?? null, isCurrent, error };
}

/** A copy stored in the browser comes before a hosted one. */
function preferredSource(sources: readonly DataSource[], own: PreferredDataset | null): DataSource | undefined {
  const same = sources.filter(({ dataset, rows }) => dataset === own?.id && (rows === null || rows === own.rows));
  return same.find(({ kind }) => kind === 'stored') ?? same[0];
}

function useSources(
  environment: EnvironmentId,
  reader: React.RefObject<Reader | null>,
  wanted: boolean,
): { sources: readonly DataSource[]; known: boolean } {
  const shipped = useShippedDatasets();
  const [stored, setStored] = useState<readonly (DataSource & { environment: string | null })[] | null>(null);
  useEffect(() => {
    if (!wanted) return undefined;
    let gone = false;
    reader.current ??= openReader();
    reader.current
      .ask((remote) => remote.list())
      .then(({ datasets }) => {
        const whole = datasets.flatMap(({ key, id, about }) =>
          about
            ? [
                {
                  id: key,
                  name: id,
                  kind: 'stored' as const,
                  dataset: id,
                  rows: about.counts.rows,
                  environment: parseEnvironmentId(about.environment),
                },
              ]
            : [],
        );
        if (!gone) setStored(whole);
      })
      // A private window stores none.
      .catch((error: unknown) => {
        console.info('No datasets of this browser:', error);
        if (!gone) setStored([]);
      });
    return () => {
      gone = true;
    };
  }, [reader, wanted]);
  const hosted = shipped
    .filter((one) => one.environment === environment)
    .map(({ address, name }): DataSource => ({
      id: address,
      name,
      kind: 'hosted',
      dataset: address.split('/').at(-2) ?? address,
      rows: null,
    }));
  const own = stored?.filter((one) => one.environment === environment) ?? [];
  return { sources: [...hosted, ...own], known: stored !== null };
}

function useOpened(
  source: DataSource | null,
  reader: React.RefObject<Reader | null>,
  wanted: boolean,
): { opened: string | null; error: string | null } {
  const [opened, setOpened] = useState<string | null>(null);
  const [failure, setFailure] = useState<{ id: string; why: string } | null>(null);
  const id = source?.id ?? null;
  const kind = source?.kind;
  useEffect(() => {
    // Opening it again would leave pending requests without an answer.
    if (id === null || !wanted || opened === id) return undefined;
    let gone = false;
    reader.current ??= openReader();
    reader.current
      .ask((remote) => (kind === 'hosted' ? remote.openHosted(id, document.baseURI) : remote.open(id)))
      .then(
        () => gone || setOpened(id),
        (error: unknown) => {
          if (!gone) setFailure({ id, why: error instanceof Error ? error.message : String(error) });
        },
      );
    return () => {
      gone = true;
    };
  }, [id, kind, reader, wanted, opened]);
  return { opened: opened === id ? opened : null, error: failure?.id === id ? failure.why : null };
}

interface Query {
  /** The id of the dataset. */
  id: string;
  observation: Float32Array;
}

interface Answer extends Query {
  neighbours: Neighbours;
}

/** While one query is pending, only the latest later one is queued. */
function useNearest(
  id: string | null,
  observation: Float32Array | null,
  reader: React.RefObject<Reader | null>,
): Answer | null {
  const [found, setFound] = useState<Answer | null>(null);
  const query = useRef<Query | null>(null);
  const poller = useRef<LatestOnlyPoller | null>(null);
  useEffect(() => {
    query.current = id === null || observation === null ? null : { id, observation };
    if (query.current === null) return;
    poller.current ??= new LatestOnlyPoller(() => {
      void nearestTo(query.current, reader.current)
        .then((answer) => answer && setFound(answer))
        .catch((error: unknown) => console.info('The nearest rows could not be found:', error))
        .finally(() => poller.current?.answered());
    }, 0);
    poller.current.invalidate();
    poller.current.watch(true);
  }, [id, observation, reader]);
  // A closed reader answers no more.
  useEffect(() => () => poller.current?.watch(false), []);
  return found?.id === id ? found : null;
}

/** Null without a query or a reader. */
async function nearestTo(query: Query | null, reader: Reader | null): Promise<Answer | null> {
  if (!query || !reader) return null;
  return { ...query, neighbours: await reader.ask((remote) => remote.nearestTo(query.observation, NEAREST)) };
}
