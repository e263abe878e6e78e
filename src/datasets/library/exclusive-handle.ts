/** A resource that is open at most once, and its release. */

export interface Opened<Resource> {
  resource: Resource;
  /** Releases it. */
  release: () => void;
}

/**
 * Opens one resource at a time, in the order of the calls: in the end the last one is open, and all earlier ones are
 * released.
 */
export class ExclusiveHandle<Resource> {
  #held: Opened<Resource> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** The open resource; null if none is, or while one is being opened. */
  get current(): Resource | null {
    return this.#held?.resource ?? null;
  }

  /** Releases the open resource and opens another. @throws what `open` throws; noresource is open then. */
  open(open: () => Promise<Opened<Resource>>): Promise<Resource> {
    return this.#enqueue(async () => {
      this.#release();
      this.#held = await open();
      return this.#held.resource;
    });
  }

  close(): Promise<void> {
    return this.#enqueue(async () => this.#release());
  }

  #release(): void {
    this.#held?.release();
    this.#held = null;
  }

  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
