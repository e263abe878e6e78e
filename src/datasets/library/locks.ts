/** One writer, or any number of readers, of a dataset among all tabs of the page. */

/** The name under which all tabs lock a dataset. */
function lockName(key: string): string {
  return `dataset ${key}`;
}

/**
 * Takes a dataset: alone, or with other readers.
 *
 * @returns what gives it back, or null if another tab has it.
 */
export function takeDataset(key: string, mode: 'exclusive' | 'shared'): Promise<(() => void) | null> {
  return takeLock(lockName(key), mode);
}

/** Takes a lock that all tabs know by its name: what gives it back, or null if another has it. */
export function takeLock(name: string, mode: 'exclusive' | 'shared'): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { mode, ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => resolve(() => release()));
      })
      .catch(reject);
  });
}

/** Which datasets are being written, by whichever tab. */
export async function datasetsBeingWritten(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  const prefix = lockName('');
  return new Set(
    held.flatMap(({ name, mode }) =>
      mode === 'exclusive' && name?.startsWith(prefix) === true ? [name.slice(prefix.length)] : [],
    ),
  );
}
