/**
 * A file that is replaced repeatedly and never lost. It has two slots (A/B), and each write goes to the one without the
 * newest version. If a write is cut off by a full disk or the end of the page, the previous version is intact.
 */
import type { DatasetFolder } from '../datasets/library/folder.ts';

interface DoubleBufferOptions<Value> {
  /** @throws Error if the bytes are truncated or damaged. */
  decode: (bytes: Uint8Array<ArrayBuffer>) => Value;
  /** The version with the larger number is the newer. */
  order: (value: Value) => number;
}

interface Found<Value> {
  slot: number;
  value: Value;
  bytes: Uint8Array<ArrayBuffer>;
}

const SLOTS = [0, 1] as const;

export class DoubleBufferedFile<Value> {
  readonly #folder: DatasetFolder;
  readonly #name: string;
  readonly #options: DoubleBufferOptions<Value>;
  /** The slot of the newest version, null if there is none; undefined before the first read. */
  #newest: number | null | undefined;

  constructor(folder: DatasetFolder, name: string, options: DoubleBufferOptions<Value>) {
    this.#folder = folder;
    this.#name = name;
    this.#options = options;
  }

  /**
   * Reads the newest intact version, or null if there is no file.
   *
   * @throws the decoder's error if there are versions but none is intact.
   */
  async read(): Promise<{ value: Value; bytes: Uint8Array<ArrayBuffer> } | null> {
    const { decode, order } = this.#options;
    const found: Found<Value>[] = [];
    let wrong: unknown = null;
    for (const slot of SLOTS) {
      const bytes = await this.#folder.read(this.#path(slot));
      if (!bytes) continue;
      try {
        found.push({ slot, value: decode(bytes), bytes });
      } catch (error) {
        wrong = error;
      }
    }
    found.sort((a, b) => order(b.value) - order(a.value));
    const [newest] = found;
    this.#newest = newest?.slot ?? null;
    if (newest) return newest;
    if (wrong) throw wrong instanceof Error ? wrong : new Error(JSON.stringify(wrong));
    return null;
  }

  /** @throws as the folder does; the newest version then stays. */
  async write(bytes: Uint8Array): Promise<void> {
    // Without an intact version, either slot may be overwritten.
    if (this.#newest === undefined) await this.read().catch(() => null);
    const slot = this.#newest === 0 ? 1 : 0;
    await this.#folder.write(this.#path(slot), bytes);
    this.#newest = slot;
  }

  #path(slot: number): string {
    return `${this.#name}.${slot}`;
  }
}
