/** Where the browser keeps runs, and how tabs know of each other's. */
import { Shelf } from '../datasets/library/opfs.ts';
import { RUNS_CHANNEL } from './training-protocol.ts';

export const RUNS_SHELF = new Shelf('runs');

/** The name under which all tabs lock a run. */
export function runLock(key: string): string {
  return `run ${key}`;
}

/** Tells all tabs that the list is another. */
export function announceRuns(): void {
  const channel = new BroadcastChannel(RUNS_CHANNEL);
  channel.postMessage('changed');
  channel.close();
}
