/** Submitting steps as training does: the next are queued while the GPU is busy with the last. */

interface Queued<Report> {
  /** Milliseconds of the calls until they returned. */
  jsMs: number;
  /** What the last call gave; null if none was made. */
  last: Report | null;
}

/**
 * Takes steps until none are left, and waits for them.
 * @param left how many there still are, once those that were queued are counted
 * @param take queues at most that many
 */
export async function takeQueued<Report>(
  left: () => number,
  take: (most: number) => Promise<Report>,
): Promise<Queued<Report>> {
  let jsMs = 0;
  let behind: Promise<Report> | null = null;
  while (left() > 0) {
    const called = performance.now();
    const taking = take(left());
    jsMs += performance.now() - called;
    await behind;
    behind = taking;
  }
  return { jsMs, last: await behind };
}
