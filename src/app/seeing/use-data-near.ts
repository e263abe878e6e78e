/** What the data did in states alike: a dataset of the body, and its rows nearest to a state, found in a worker. */
import { useEffect, useRef, useState } from 'react';
import type { Neighbours } from '../../datasets/library/nearest.ts';
import type { EnvironmentId } from '../../environments/ids.ts';
import { openReader } from '../datasets/library-client.ts';
import { useShipped } from '../datasets/shipped.ts';

/** Rows that are shown. */
const NEAREST = 100;

/** A dataset of the body: one that lies beside the page, or one that the browser keeps. */
export interface DataSource {
  /** Address or key. */
  id: string;
  name: string;
  kind: 'hosted' | 'kept';
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
 */
export function useDataNear(environment: EnvironmentId, observation: Float32Array | null): DataNear {
  const reader = useRef<Reader | null>(null);
  const wanted = observation !== null;
  const sources = useSources(environment, reader, wanted);
  const [choice, setChoice] = useState<string | null>(null);
  const source = choice === NO_DATA ? null : (sources.find(({ id }) => id === choice) ?? sources[0] ?? null);
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

function useSources(
  environment: EnvironmentId,
  reader: React.RefObject<Reader | null>,
  wanted: boolean,
): readonly DataSource[] {
  const shipped = useShipped();
  const [kept, setKept] = useState<readonly (DataSource & { environment: string | null })[]>([]);
  useEffect(() => {
    if (!wanted) return undefined;
    let gone = false;
    reader.current ??= openReader();
    reader.current
      .ask((remote) => remote.list())
      .then(({ datasets }) => {
        const whole = datasets.flatMap(({ key, id, about }) =>
          about ? [{ id: key, name: id, kind: 'kept' as const, environment: about.environment }] : [],
        );
        if (!gone) setKept(whole);
      })
      // A private window keeps none.
      .catch((error: unknown) => console.info('No datasets of this browser:', error));
    return () => {
      gone = true;
    };
  }, [reader, wanted]);
  const hosted = shipped
    .filter((one) => one.environment === environment)
    .map(({ address, name }): DataSource => ({ id: address, name, kind: 'hosted' }));
  return [...hosted, ...kept.filter((one) => one.environment === environment)];
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
    if (id === null || !wanted) return undefined;
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
  }, [id, kind, reader, wanted]);
  return { opened: opened === id ? opened : null, trouble: trouble?.id === id ? trouble.why : null };
}

interface Answer {
  /** Of the dataset. */
  id: string;
  observation: Float32Array;
  neighbours: Neighbours;
}

/** While one question is out, only the latest of those that follow waits. */
function useNearest(
  id: string | null,
  observation: Float32Array | null,
  reader: React.RefObject<Reader | null>,
): Answer | null {
  const [found, setFound] = useState<Answer | null>(null);
  const queue = useRef<{ busy: boolean; wish: { id: string; observation: Float32Array } | null }>({
    busy: false,
    wish: null,
  });
  useEffect(() => {
    if (id === null || observation === null) return;
    const state = queue.current;
    state.wish = { id, observation };
    if (state.busy) return;
    state.busy = true;
    const work = async () => {
      while (state.wish && reader.current) {
        const asked = state.wish;
        state.wish = null;
        const neighbours = await reader.current.ask((remote) => remote.nearestTo(asked.observation, NEAREST));
        setFound({ ...asked, neighbours });
      }
    };
    work()
      .catch((error: unknown) => console.info('The nearest rows could not be found:', error))
      .finally(() => {
        state.busy = false;
      });
  }, [id, observation, reader]);
  return found?.id === id ? found : null;
}
