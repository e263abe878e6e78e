/** Exclusive access of one tab to a dataset, and the notification of the others. */
import { lockDataset } from './locks.ts';
import { LIBRARY_CHANNEL } from './protocol.ts';

/** Runs `work` while no other tab may touch the dataset, and notifies all tabs afterwards. */
export async function withExclusiveAccess(key: string, id: string, work: () => Promise<void>): Promise<string> {
  const release = await lockDataset(key, 'exclusive');
  if (!release) {
    throw new Error(
      `${id} is open or on its way in another tab of this page; it goes on there, or close that tab first.`,
    );
  }
  try {
    await work();
    return key;
  } finally {
    release();
    announceLibraryChange();
  }
}

/** Notifies all tabs that the list of datasets has changed. */
export function announceLibraryChange(): void {
  const channel = new BroadcastChannel(LIBRARY_CHANNEL);
  channel.postMessage('changed');
  channel.close();
}
