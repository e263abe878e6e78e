/** Trained policies on the page's host: `policies/index.json`, and the files that it names. */
import { z } from 'zod';
import { ENVIRONMENT_IDS } from '../environments/bodies/ids.ts';
import { decodeCheckpoint, type Checkpoint } from './checkpoint-file.ts';
import { LOCOMOTION_METHOD_IDS } from './methods.ts';
import { LOCOMOTION_TASK_IDS } from './tasks.ts';

const FOLDER = 'policies/';

const indexSchema = z.object({
  policies: z.array(
    z.object({
      /** Below `policies/`. */
      file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$/),
      environment: z.enum(ENVIRONMENT_IDS),
      task: z.enum(LOCOMOTION_TASK_IDS),
      method: z.enum(LOCOMOTION_METHOD_IDS),
      bytes: z.number().min(0),
      /** Mean return of its evaluation with one candidate. */
      return: z.number(),
    }),
  ),
});

/** One line of the list. */
export type ListedPolicy = z.infer<typeof indexSchema>['policies'][number];

/** @throws Error if it is not a list of policies. */
export function decodePolicyIndex(json: string): ListedPolicy[] {
  return indexSchema.parse(JSON.parse(json)).policies;
}

/**
 * The list of a host.
 *
 * @param base the address that `policies/` lies below, with a slash at its end.
 * @throws Error that names what could not be fetched or read.
 */
export async function fetchPolicyIndex(base: string): Promise<ListedPolicy[]> {
  const response = await answer(`${base}${FOLDER}index.json`);
  return decodePolicyIndex(await response.text());
}

/** @throws Error that names what could not be fetched, or is not a policy. */
export async function fetchPolicyFile(base: string, file: string): Promise<Checkpoint> {
  const response = await answer(`${base}${FOLDER}${file}`);
  try {
    return decodeCheckpoint(new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function answer(address: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}.`);
  return response;
}
