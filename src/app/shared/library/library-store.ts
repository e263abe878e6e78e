/** What the page of datasets knows: what is stored, what is on its way, and the dataset that is open. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { CardPictures } from '../../../datasets/library/card.ts';
import type { DatasetFacts, JobProgress, LibraryList } from '../../../datasets/library/protocol.ts';
import { LIBRARY_CHANNEL } from '../../../datasets/library/protocol.ts';
import { setView, viewStore } from '../view-store.ts';
import { ask, startJob, type JobOrder } from './library-client.ts';

export interface Job {
  id: number;
  order: JobOrder;
  progress: JobProgress | null;
  cancel: () => void;
}

/** What did not work, in words. */
interface Trouble {
  /** What was tried. */
  what: string;
  why: string;
}

interface LibraryState {
  list: LibraryList | null;
  jobs: readonly Job[];
  trouble: Trouble | null;
  /** What went well, for those who do not see it. */
  said: string;
  facts: DatasetFacts | null;
  pictures: CardPictures | null;
}

const libraryStore = createStore<LibraryState>()(() => ({
  list: null,
  jobs: [],
  trouble: null,
  said: '',
  facts: null,
  pictures: null,
}));

export function useLibrary<Selected>(select: (state: LibraryState) => Selected): Selected {
  return useStore(libraryStore, select);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Keeps a message about something that did not work in sight. */
export function tellTrouble(what: string, error: unknown): void {
  libraryStore.setState({ trouble: { what, why: wordsOf(error) } });
}

export function dismissTrouble(): void {
  libraryStore.setState({ trouble: null });
}

export async function refresh(): Promise<void> {
  try {
    libraryStore.setState({ list: await ask((reader) => reader.list()) });
  } catch (error) {
    libraryStore.setState({ list: { datasets: [], usage: 0, quota: 0 } });
    tellTrouble('The datasets of this browser could not be listed.', error);
  }
}

/** Follows the changes that any tab makes. Gives back what stops it. */
export function followLibrary(): () => void {
  const channel = new BroadcastChannel(LIBRARY_CHANNEL);
  channel.onmessage = () => void refresh();
  return () => channel.close();
}

/** The dataset that was last asked to be shown. */
let shown: string | null = null;

/** Shows the dataset that the link names, now and whenever the visitor goes back or pastes another. */
export function followLink(): () => void {
  const follow = () => {
    const { page, dataset } = viewStore.getState();
    if (page === 'datasets' && dataset !== shown) void show(dataset);
  };
  follow();
  return viewStore.subscribe(follow);
}

/** Shows a dataset, or none. */
export async function show(key: string | null): Promise<void> {
  shown = key;
  setView({ dataset: key });
  libraryStore.setState({ facts: null, pictures: null });
  try {
    if (key === null) {
      await ask((reader) => reader.close());
      return;
    }
    const isCurrent = () => viewStore.getState().dataset === key;
    const facts = await ask((reader) => reader.open(key));
    if (!isCurrent()) return;
    libraryStore.setState({ facts });
    const pictures = await ask((reader) => reader.pictures());
    if (isCurrent()) libraryStore.setState({ pictures });
  } catch (error) {
    tellTrouble('The dataset could not be opened.', error);
  }
}

let jobs = 0;

const TRIED = {
  fetch: 'The dataset could not be fetched.',
  resume: 'The rest of the dataset could not be fetched.',
  convert: 'The file could not be converted.',
  collect: 'The dataset could not be collected.',
} as const;

/** Fetches, resumes, converts or collects, and shows what came of it. */
export async function run(order: JobOrder): Promise<void> {
  const id = jobs++;
  const change = (progress: JobProgress) =>
    libraryStore.setState((state) => ({
      jobs: state.jobs.map((job) => (job.id === id ? { ...job, progress } : job)),
    }));
  const { done, cancel } = startJob(order, change);
  libraryStore.setState((state) => ({
    trouble: null,
    jobs: [...state.jobs, { id, order, progress: null, cancel }],
  }));
  // Asked before much is stored: without it a browser short of space may clear the page's files.
  void navigator.storage?.persist?.().catch(() => false);
  const end = (change: Partial<LibraryState>) =>
    libraryStore.setState((state) => ({ ...change, jobs: state.jobs.filter((job) => job.id !== id) }));
  try {
    const key = await done;
    await refresh();
    end({ said: 'The dataset is stored.' });
    // Whoever reads another card meanwhile is left to it.
    const { dataset } = viewStore.getState();
    if (dataset === null || dataset === key) await show(key);
  } catch (error) {
    await refresh();
    if (error instanceof Error && error.name === 'Cancelled') end({ said: error.message });
    else end({ trouble: { what: TRIED[order.kind], why: wordsOf(error) } });
  }
}

/** Removes a dataset from the browser. */
export async function remove(key: string): Promise<void> {
  try {
    if (viewStore.getState().dataset === key) await show(null);
    await ask((reader) => reader.remove(key));
    libraryStore.setState({ said: 'The dataset was removed.' });
  } catch (error) {
    tellTrouble('The dataset could not be removed.', error);
  }
  await refresh();
}
