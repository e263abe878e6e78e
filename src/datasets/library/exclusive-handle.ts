/** The one thing that somebody has open, and what gives it back. */

export interface Opened<Thing> {
  thing: Thing;
  /** Gives it back. */
  release: () => void;
}

/**
 * Openings follow one another, in the order that they were asked for, however long each takes: in the end the last is open, and
 * what was open before it was given back.
 */
export class OpenSlot<Thing> {
  #held: Opened<Thing> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** What is open; null while nothing is, or another is being opened. */
  get current(): Thing | null {
    return this.#held?.thing ?? null;
  }

  /** Gives back what is open, and opens another. @throws what `open` throws; nothing is open then. */
  open(open: () => Promise<Opened<Thing>>): Promise<Thing> {
    return this.#inTurn(async () => {
      this.#letGo();
      this.#held = await open();
      return this.#held.thing;
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => this.#letGo());
  }

  #letGo(): void {
    this.#held?.release();
    this.#held = null;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
