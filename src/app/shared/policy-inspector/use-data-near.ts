/** What the data did in states alike: a dataset of the body, and its rows nearest to a state, found in a worker. */
import { useEffect, useRef, useState } from 'react';
import type { Neighbours } from '../../../datasets/library/nearest.ts';
import { type EnvironmentId, parseEnvironmentId } from '../../../environments/bodies/ids.ts';
import { openReader } from '../library/library-client.ts';
import { useShipped } from '../library/shipped-datasets.ts';
import { LatestAsker } from './latest-only-poller.ts';

/** Rows that are shown. */
const NEAREST = 100;

/** A dataset of the body: one that lies beside the page, or one that the browser keeps. */
export interface DataSource {
  /** Address or key. */
  id: string;
  name: string;
  kind: 'hosted' | 'kept';
  /** As its manifest calls it. */
  dataset: string;
  /** Null where that is known only once it is opened. */
  rows: number | null;
}

/** The dataset that is to stand beside, where it can be had. */
export interface WantedData {
  id: string;
  rows: number;
}

type Reader = ReturnType<typeof openReader>;

export interface DataNear {
  sources: readonly DataSource[];
  /** Null where none is wanted, or there is none. */
  source: DataSource | null;
  choose: (id: string) => void;
  /** Of the observation that was asked about last and answered. */
  found: Neighbours | null;
  /** Whether that is the present one. */
  isCurrent: boolean;
  trouble: string | null;
}

/** No dataset is read. */
export const NO_DATA = 'none';

/**
 * @param observation [S] the state; null while there is none, or nobody looks: then nothing is fetched.
 * @param own the dataset that is shown unless another is chosen; the first there is where it is none of them.
 */
export function useDataNear(
  environment: EnvironmentId,
  observation: Float32Array | null,
  own: WantedData | null = null,
): DataNear {
  const reader = useRef<Reader | null>(null);
  const wanted = observation !== null;
  const { sources, known } = useSources(environment, reader, wanted);
  const [choice, setChoice] = useState<string | null>(null);
  const chosen = sources.find(({ id }) => id === choice) ?? ownSource(sources, own) ?? sources[0] ?? null;
  // Nothing is opened that another would take the place of a moment later.
  const source = choice === NO_DATA || (own && !known) ? null : chosen;
  const { opened, trouble } = useOpened(source, reader, wanted);
  const answer = useNearest(opened, observation, reader);
  useEffect(
    () => () => {
      reader.current?.end();
      reader.current = null;
    },
    [],
  );
  const isCurrent = answer !== null && answer.observation === observation;
  return { sources, source, choose: setChoice, found: answer?.neighbours ?? null, isCurrent, trouble };
}

/** What the browser keeps of it before what lies beside the page. */
function ownSource(sources: readonly DataSource[], own: WantedData | null): DataSource | undefined {
  const same = sources.filter(({ dataset, rows }) => dataset === own?.id && (rows === null || rows === own.rows));
  return same.find(({ kind }) => kind === 'kept') ?? same[0];
}

function useSources(
  environment: EnvironmentId,
  reader: React.RefObject<Reader | null>,
  wanted: boolean,
): { sources: readonly DataSource[]; known: boolean } {
  const shipped = useShipped();
  const [kept, setKept] = useState<readonly (DataSource & { environment: string | null })[] | null>(null);
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
                  kind: 'kept' as const,
                  dataset: id,
                  rows: about.counts.rows,
                  environment: parseEnvironmentId(about.environment),
                },
              ]
            : [],
        );
        if (!gone) setKept(whole);
      })
      // A private window keeps none.
      .catch((error: unknown) => {
        console.info('No datasets of this browser:', error);
        if (!gone) setKept([]);
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
  const own = kept?.filter((one) => one.environment === environment) ?? [];
  return { sources: [...hosted, ...own], known: kept !== null };
}

function useOpened(
  source: DataSource | null,
  reader: React.RefObject<Reader | null>,
  wanted: boolean,
): { opened: string | null; trouble: string | null } {
  const [opened, setOpened] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<{ id: string; why: string } | null>(null);
  const id = source?.id ?? null;
  const kind = source?.kind;
  useEffect(() => {
    // Opened already: to open it again would leave questions meanwhile without an answer.
    if (id === null || !wanted || opened === id) return undefined;
    let gone = false;
    reader.current ??= openReader();
    reader.current
      .ask((remote) => (kind === 'hosted' ? remote.openHosted(id, document.baseURI) : remote.open(id)))
      .then(
        () => gone || setOpened(id),
        (error: unknown) => {
          if (!gone) setTrouble({ id, why: error instanceof Error ? error.message : String(error) });
        },
      );
    return () => {
      gone = true;
    };
  }, [id, kind, reader, wanted, opened]);
  return { opened: opened === id ? opened : null, trouble: trouble?.id === id ? trouble.why : null };
}

interface Question {
  /** Of the dataset. */
  id: string;
  observation: Float32Array;
}

interface Answer extends Question {
  neighbours: Neighbours;
}

/** While one question is out, only the latest of those that follow waits. */
function useNearest(
  id: string | null,
  observation: Float32Array | null,
  reader: React.RefObject<Reader | null>,
): Answer | null {
  const [found, setFound] = useState<Answer | null>(null);
  const question = useRef<Question | null>(null);
  const asker = useRef<LatestAsker | null>(null);
  useEffect(() => {
    question.current = id === null || observation === null ? null : { id, observation };
    if (question.current === null) return;
    asker.current ??= new LatestAsker(() => {
      void nearestTo(question.current, reader.current)
        .then((answer) => answer && setFound(answer))
        .catch((error: unknown) => console.info('The nearest rows could not be found:', error))
        .finally(() => asker.current?.answered());
    }, 0);
    asker.current.changed();
    asker.current.watch(true);
  }, [id, observation, reader]);
  // A reader that has ended answers no more.
  useEffect(() => () => asker.current?.watch(false), []);
  return found?.id === id ? found : null;
}

/** Null where there is nothing to ask, or nobody. */
async function nearestTo(question: Question | null, reader: Reader | null): Promise<Answer | null> {
  if (!question || !reader) return null;
  return { ...question, neighbours: await reader.ask((remote) => remote.nearestTo(question.observation, NEAREST)) };
}
