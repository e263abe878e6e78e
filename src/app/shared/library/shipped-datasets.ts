/** The datasets that this host has beside the page: `datasets/index.json`. */
import { useEffect, useState } from 'react';
import { z } from 'zod';
import { ENVIRONMENT_IDS, type EnvironmentId } from '../../../environments/bodies/ids.ts';

const FOLDER = './datasets/';

const indexSchema = z.object({
  datasets: z.array(
    z.object({
      /** Below `datasets/`. */
      folder: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
      name: z.string(),
      /** The body, of a dataset of one. */
      environment: z.enum(ENVIRONMENT_IDS).optional(),
      /** A sentence. */
      about: z.string(),
      bytes: z.number().min(0),
    }),
  ),
});

export interface Shipped {
  address: string;
  name: string;
  environment?: EnvironmentId | undefined;
  about: string;
  bytes: number;
}

/** Empty until it is known, without a network, and where there are none. */
export function useShipped(): readonly Shipped[] {
  const [shipped, setShipped] = useState<readonly Shipped[]>([]);
  useEffect(() => {
    const gone = new AbortController();
    readIndex(gone.signal).then(setShipped, (error: unknown) => {
      if (!gone.signal.aborted) console.info('No list of shipped datasets:', error);
    });
    return () => gone.abort();
  }, []);
  return shipped;
}

async function readIndex(signal: AbortSignal): Promise<Shipped[]> {
  const response = await fetch(`${FOLDER}index.json`, { signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { datasets } = indexSchema.parse(await response.json());
  return datasets.map(({ folder, ...rest }) => ({ ...rest, address: `${FOLDER}${folder}/` }));
}
