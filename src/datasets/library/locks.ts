/** One writer, or any number of readers, of a dataset among all tabs of the page. */

/** The name under which all tabs lock a dataset. */
function lockName(key: string): string {
  return `dataset ${key}`;
}

/**
 * Locks a dataset, exclusively or shared with other readers.
 *
 * @returns the release, or null if another tab holds it.
 */
export function lockDataset(key: string, mode: 'exclusive' | 'shared'): Promise<(() => void) | null> {
  return acquireLock(lockName(key), mode);
}

/** Acquires a lock that all tabs share by name. @returns the release, or null if another tab holds it. */
export function acquireLock(name: string, mode: 'exclusive' | 'shared'): Promise<(() => void) | null> {
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

/** Keys of the datasets that any tab is writing. */
export async function lockedDatasets(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  const prefix = lockName('');
  return new Set(
    held.flatMap(({ name, mode }) =>
      mode === 'exclusive' && name?.startsWith(prefix) === true ? [name.slice(prefix.length)] : [],
    ),
  );
}
