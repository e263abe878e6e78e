/**
 * A file that is replaced again and again and never lost: it has two places, and each writing takes the one that does not
 * hold the newest. Where a writing is cut off, by a full disk or the end of the page, the one before is still whole.
 */
import type { DatasetFolder } from '../datasets/library/folder.ts';

export interface SlotOptions<Value> {
  /** @throws Error if the bytes are cut or damaged. */
  decode: (bytes: Uint8Array<ArrayBuffer>) => Value;
  /** Which of two whole ones is the newer: that of the larger number. */
  order: (value: Value) => number;
}

interface Found<Value> {
  slot: number;
  value: Value;
  bytes: Uint8Array<ArrayBuffer>;
}

const SLOTS = [0, 1] as const;

export class SlotFile<Value> {
  readonly #folder: DatasetFolder;
  readonly #name: string;
  readonly #options: SlotOptions<Value>;
  /** The place of the newest; undefined until it was looked for. */
  #newest: number | null | undefined;

  constructor(folder: DatasetFolder, name: string, options: SlotOptions<Value>) {
    this.#folder = folder;
    this.#name = name;
    this.#options = options;
  }

  /**
   * The newest that is whole, or null where there never was one.
   *
   * @throws Error that says what is wrong with them, if there are some and none is whole.
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

  /** @throws as the folder does; what was newest stays so then. */
  async write(bytes: Uint8Array): Promise<void> {
    // A file of which nothing is whole may be written over.
    if (this.#newest === undefined) await this.read().catch(() => null);
    const slot = this.#newest === 0 ? 1 : 0;
    await this.#folder.write(this.#path(slot), bytes);
    this.#newest = slot;
  }

  #path(slot: number): string {
    return `${this.#name}.${slot}`;
  }
}
