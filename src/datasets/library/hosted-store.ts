/** Shards that are read from their host and not stored. */
import type { ShardStore } from '../shards/reader.ts';
import { ORIGIN_FILE } from './folder.ts';

export class HostedStore implements ShardStore {
  readonly #base: URL;

  /** @param base the dataset's folder, with a slash at its end. */
  constructor(base: URL) {
    this.#base = base;
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
    // Only the library writes this file; no host has it.
    if (path === ORIGIN_FILE) return null;
    const address = new URL(path, this.#base);
    const response = await fetch(address);
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`${address.href} answered ${response.status}.`);
    return new Uint8Array(await response.arrayBuffer());
  }
}
