/** What one tab does to a dataset while no other may, and how the others hear of it. */
import { takeDataset } from './locks.ts';
import { LIBRARY_CHANNEL } from './protocol.ts';

/** Does something to a dataset that no other tab may touch meanwhile, and tells all tabs when it is over. */
export async function alone(key: string, id: string, work: () => Promise<void>): Promise<string> {
  const release = await takeDataset(key, 'exclusive');
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
    announce();
  }
}

/** Tells all tabs that the list is another. */
export function announce(): void {
  const channel = new BroadcastChannel(LIBRARY_CHANNEL);
  channel.postMessage('changed');
  channel.close();
}
