/** The datasets that this host ships with the page: `datasets/index.json`. */
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
      /** The body, for locomotion datasets. */
      environment: z.enum(ENVIRONMENT_IDS).optional(),
      /** A sentence. */
      about: z.string(),
      bytes: z.number().min(0),
    }),
  ),
});

export interface ShippedDataset {
  address: string;
  name: string;
  environment?: EnvironmentId | undefined;
  about: string;
  bytes: number;
}

/** Empty until the list is known, offline, and if the host ships none. */
export function useShippedDatasets(): readonly ShippedDataset[] {
  const [shipped, setShipped] = useState<readonly ShippedDataset[]>([]);
  useEffect(() => {
    const aborter = new AbortController();
    readIndex(aborter.signal).then(setShipped, (error: unknown) => {
      if (!aborter.signal.aborted) console.info('No list of shipped datasets:', error);
    });
    return () => aborter.abort();
  }, []);
  return shipped;
}

async function readIndex(signal: AbortSignal): Promise<ShippedDataset[]> {
  const response = await fetch(`${FOLDER}index.json`, { signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { datasets } = indexSchema.parse(await response.json());
  return datasets.map(({ folder, ...rest }) => ({ ...rest, address: `${FOLDER}${folder}/` }));
}
