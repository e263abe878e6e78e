/** Behaviour policies on the page's host: `behaviour/index.json`, and the files that it names. */
import { z } from 'zod';
import type { EnvironmentId } from '../environments/bodies/ids.ts';
import { decodePolicies, type BehaviourPolicies } from './files.ts';

const SHIPPED_FOLDER = 'behaviour/';
export const SHIPPED_INDEX = 'index.json';

const indexSchema = z.object({
  /** Below `behaviour/`; each begins with its body's name. */
  policies: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.json$/)),
});

/** A shipped file and its contents. */
export interface ShippedFile {
  name: string;
  text: string;
  policies: BehaviourPolicies;
}

/** @throws Error if it is not a list of policies. */
export function decodeIndex(json: string): string[] {
  return indexSchema.parse(JSON.parse(json)).policies;
}

/**
 * Fetches all shipped policies.
 *
 * @param base the address of the folder that contains `behaviour/`, with a slash at its end.
 * @throws Error that names what could not be fetched or read.
 */
export async function fetchShipped(base: string, signal?: AbortSignal): Promise<ShippedFile[]> {
  const read = async (name: string): Promise<string> => {
    const address = `${base}${SHIPPED_FOLDER}${name}`;
    const response = await fetch(address, signal && { signal });
    if (!response.ok) throw new Error(`${address} answered ${response.status}.`);
    return response.text();
  };
  const names = decodeIndex(await read(SHIPPED_INDEX));
  return Promise.all(names.map(async (name) => shippedFile(name, await read(name))));
}

/** @throws Error, by the file's name, if it is none of policies. */
export function shippedFile(name: string, text: string): ShippedFile {
  try {
    return { name, text, policies: decodePolicies(text) };
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Those of a body. */
export function shippedOf(files: readonly ShippedFile[], environment: EnvironmentId): ShippedFile[] {
  return files.filter(({ policies }) => policies.environment === environment);
}
