/** Submits steps as training does: the next group is queued while the GPU works on the last. */

interface Queued<Report> {
  /** Milliseconds until the calls returned. */
  jsMs: number;
  /** Result of the last call; null if there was none. */
  last: Report | null;
}

/**
 * Queues steps until none are left, and waits for them.
 * @param left Steps that are not queued yet.
 * @param take Queues at most `limit` steps.
 */
export async function takeQueued<Report>(
  left: () => number,
  take: (limit: number) => Promise<Report>,
): Promise<Queued<Report>> {
  let jsMs = 0;
  let queued: Promise<Report> | null = null;
  while (left() > 0) {
    const called = performance.now();
    const taking = take(left());
    jsMs += performance.now() - called;
    await queued;
    queued = taking;
  }
  return { jsMs, last: await queued };
}
