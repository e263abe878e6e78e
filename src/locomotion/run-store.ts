/** The browser's store of runs, with locks and notifications across tabs. */
import { OpfsStore } from '../datasets/library/opfs.ts';
import { RUNS_CHANNEL } from './training-protocol.ts';

export const RUN_STORE = new OpfsStore('runs');

/** The name under which all tabs lock a run. */
export function runLock(key: string): string {
  return `run ${key}`;
}

/** Notifies all tabs that the list of runs has changed. */
export function announceRunsChange(): void {
  const channel = new BroadcastChannel(RUNS_CHANNEL);
  channel.postMessage('changed');
  channel.close();
}
