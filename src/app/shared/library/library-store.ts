/** State of the dataset library: stored datasets, running jobs, and the open dataset. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { CardPictures } from '../../../datasets/library/card.ts';
import type { DatasetFacts, JobProgress, LibraryList } from '../../../datasets/library/protocol.ts';
import { LIBRARY_CHANNEL } from '../../../datasets/library/protocol.ts';
import { setView, viewStore } from '../view-store.ts';
import { askReader, startJob, type JobOrder } from './library-client.ts';

export interface LibraryJob {
  id: number;
  order: JobOrder;
  progress: JobProgress | null;
  cancel: () => void;
}

/** A failed action and its reason. */
interface LibraryError {
  /** What failed, in a sentence. */
  what: string;
  why: string;
}

interface LibraryState {
  list: LibraryList | null;
  jobs: readonly LibraryJob[];
  error: LibraryError | null;
  /** The last success, for screen readers. */
  announcement: string;
  facts: DatasetFacts | null;
  pictures: CardPictures | null;
}

const libraryStore = createStore<LibraryState>()(() => ({
  list: null,
  jobs: [],
  error: null,
  announcement: '',
  facts: null,
  pictures: null,
}));

export function useLibrary<Selected>(select: (state: LibraryState) => Selected): Selected {
  return useStore(libraryStore, select);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Shows an error until it is dismissed. @param what failed, in a sentence. */
export function reportLibraryError(what: string, error: unknown): void {
  libraryStore.setState({ error: { what, why: messageOf(error) } });
}

export function dismissLibraryError(): void {
  libraryStore.setState({ error: null });
}

export async function refreshLibrary(): Promise<void> {
  try {
    libraryStore.setState({ list: await askReader((reader) => reader.list()) });
  } catch (error) {
    libraryStore.setState({ list: { datasets: [], usage: 0, quota: 0 } });
    reportLibraryError('The datasets of this browser could not be listed.', error);
  }
}

/** Follows changes made by any tab. Returns a function that stops it. */
export function followLibrary(): () => void {
  const channel = new BroadcastChannel(LIBRARY_CHANNEL);
  channel.onmessage = () => void refreshLibrary();
  return () => channel.close();
}

/** The dataset that was requested last. */
let requestedKey: string | null = null;

/** Shows the dataset that the link names, now and whenever the link changes. */
export function followLink(): () => void {
  const follow = () => {
    const { page, dataset } = viewStore.getState();
    if (page === 'datasets' && dataset !== requestedKey) void showDataset(dataset);
  };
  follow();
  return viewStore.subscribe(follow);
}

/** Shows a dataset, or none. */
export async function showDataset(key: string | null): Promise<void> {
  requestedKey = key;
  setView({ dataset: key });
  libraryStore.setState({ facts: null, pictures: null });
  try {
    if (key === null) {
      await askReader((reader) => reader.close());
      return;
    }
    const isCurrent = () => viewStore.getState().dataset === key;
    const facts = await askReader((reader) => reader.open(key));
    if (!isCurrent()) return;
    libraryStore.setState({ facts });
    const pictures = await askReader((reader) => reader.pictures());
    if (isCurrent()) libraryStore.setState({ pictures });
  } catch (error) {
    reportLibraryError('The dataset could not be opened.', error);
  }
}

let jobs = 0;

const FAILURES = {
  fetch: 'The dataset could not be fetched.',
  resume: 'The rest of the dataset could not be fetched.',
  convert: 'The file could not be converted.',
  collect: 'The dataset could not be collected.',
} as const;

/** Runs a job and shows its dataset. */
export async function runJob(order: JobOrder): Promise<void> {
  const id = jobs++;
  const change = (progress: JobProgress) =>
    libraryStore.setState((state) => ({
      jobs: state.jobs.map((job) => (job.id === id ? { ...job, progress } : job)),
    }));
  const { done, cancel } = startJob(order, change);
  libraryStore.setState((state) => ({
    error: null,
    jobs: [...state.jobs, { id, order, progress: null, cancel }],
  }));
  // Requested before much is stored: otherwise a browser short of space may delete the files.
  void navigator.storage?.persist?.().catch(() => false);
  const end = (change: Partial<LibraryState>) =>
    libraryStore.setState((state) => ({ ...change, jobs: state.jobs.filter((job) => job.id !== id) }));
  try {
    const key = await done;
    await refreshLibrary();
    end({ announcement: 'The dataset is stored.' });
    // Does not replace another dataset that was opened meanwhile.
    const { dataset } = viewStore.getState();
    if (dataset === null || dataset === key) await showDataset(key);
  } catch (error) {
    await refreshLibrary();
    if (error instanceof Error && error.name === 'Cancelled') end({ announcement: error.message });
    else end({ error: { what: FAILURES[order.kind], why: messageOf(error) } });
  }
}

/** Removes a dataset from the browser. */
export async function removeDataset(key: string): Promise<void> {
  try {
    if (viewStore.getState().dataset === key) await showDataset(null);
    await askReader((reader) => reader.remove(key));
    libraryStore.setState({ announcement: 'The dataset was removed.' });
  } catch (error) {
    reportLibraryError('The dataset could not be removed.', error);
  }
  await refreshLibrary();
}
