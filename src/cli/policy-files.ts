/** Reads files of behaviour policies. Errors name the file. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PolicyFiles } from '../collection/provenance.ts';
import { decodePolicies, type BehaviourPolicies } from '../collection/files.ts';
import { UsageError } from './console.ts';

/**
 * Reads policies, and the description of their files for a manifest.
 *
 * @throws UsageError If a file cannot be read; Error, with its name, if it holds no policies.
 */
export async function readPolicies(
  paths: readonly string[],
): Promise<{ policies: BehaviourPolicies[]; files: PolicyFiles }> {
  const hash = createHash('sha256');
  const policies: BehaviourPolicies[] = [];
  let bytes = 0;
  for (const path of paths) {
    const file = await readFile(path).catch((error: unknown) => {
      throw new UsageError(`${path} could not be read: ${error instanceof Error ? error.message : String(error)}`);
    });
    hash.update(file);
    bytes += file.length;
    try {
      policies.push(decodePolicies(file.toString('utf8')));
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  const name = paths.length === 0 ? 'no policy' : paths.map((path) => basename(path)).join(', ');
  return { policies, files: { name, bytes, sha256: hash.digest('hex') } };
}
