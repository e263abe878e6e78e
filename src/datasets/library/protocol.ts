/**
 * What the page and its dataset workers say to each other, through comlink. One worker reads; each fetch or conversion
 * has a worker of its own. Typed arrays are transferred, never copied.
 */
import type { EpisodeEnd } from '../episodes.ts';
import type { KnownBodies } from '../reference-returns.ts';
import type { Manifest } from '../shards/manifest.ts';
import type { TransitionBatch } from '../transitions.ts';
import type { CardPictures } from './card.ts';
import type { Unfinished } from './folder.ts';
import type { Neighbours } from './nearest.ts';

/** Told on this channel, to all tabs: the list of datasets is another. */
export const LIBRARY_CHANNEL = 'dataset-library';

/** One line of the list. */
export interface StoredDataset {
  /** The name of its folder. */
  key: string;
  id: string;
  /** `writing`: a tab is at it; `stopped`: begun and not finished. */
  state: 'whole' | 'writing' | 'stopped';
  /** Bytes that are stored, and those of the whole; the whole is unknown for a conversion. */
  bytes: number;
  totalBytes: number | null;
  /** Of what is to be stored, how much is; from 0 to 1. */
  share: number;
  /** Counts and environment of a whole one. */
  about: (Pick<Manifest, 'environment' | 'counts' | 'licence'> & Pick<Manifest['source'], 'published'>) | null;
  unfinished: Unfinished | null;
}

export interface LibraryList {
  datasets: StoredDataset[];
  /** Bytes that the page uses of those that the browser gives it. */
  usage: number;
  quota: number;
}

export interface JobProgress {
  stage: 'asking' | 'checking' | 'fetching' | 'hashing' | 'converting' | 'collecting' | 'writing';
  /** Of the dataset, once known. */
  key: string | null;
  id: string | null;
  /** How much there is, and of all: in bytes, or in rows where they are collected. */
  unit: 'bytes' | 'rows';
  done: number;
  total: number;
  /** Chunks that are there and all of them; null where they are not counted. */
  chunks: readonly [done: number, total: number] | null;
  /** Of that unit a second, and seconds left; null while not known. */
  rate: number | null;
  secondsLeft: number | null;
  /** What went wrong last and is being tried again. */
  retrying: string | null;
}

/** A fetch or a conversion that goes on until it is done or cancelled. Each answers with the dataset's key. */
export interface DatasetJob {
  /** @param page the page's address, which a relative one is read against. */
  fetch(address: string, page: string, onProgress: (progress: JobProgress) => void): Promise<string>;
  /** Goes on with a fetch that was stopped. */
  resume(key: string, onProgress: (progress: JobProgress) => void): Promise<string>;
  /**
   * @param files an HDF5 file, with Minari's `metadata.json` where it is Minari's.
   * @param bodies those whose reference returns are known.
   */
  convert(files: File[], bodies: KnownBodies, onProgress: (progress: JobProgress) => void): Promise<string>;
  cancel(): void;
}

/** What is known of a dataset without its rows. */
export interface DatasetFacts {
  key: string;
  manifest: Manifest;
  /** Where it was fetched from; null for a converted file. */
  origin: string | null;
  bytes: number;
  /** Rows of each episode. */
  lengths: number[];
}

/** The curves of one episode, a value a step. */
export interface EpisodeRows {
  index: number;
  start: number;
  end: EpisodeEnd;
  /** [T, S], [T, A] and [T]. */
  observations: Float32Array;
  actions: Float32Array;
  rewards: Float32Array;
}

export interface DatasetReader {
  list(): Promise<LibraryList>;
  /** Removes a dataset that no tab has open. */
  remove(key: string): Promise<void>;
  /** Opens a dataset in place of the one before. */
  open(key: string): Promise<DatasetFacts>;
  /** Reads all rows of the open dataset, and makes the pictures of its card. */
  pictures(): Promise<CardPictures>;
  /** Opens a dataset that lies beside the page, without storing it. @param page as of `fetch`. */
  openHosted(address: string, page: string): Promise<DatasetFacts>;
  episode(index: number): Promise<EpisodeRows>;
  /** The k rows whose observations are nearest to that of a row. */
  nearest(row: number, k: number): Promise<Neighbours>;
  /** The k rows whose observations are nearest to one [S]. */
  nearestTo(observation: Float32Array, k: number): Promise<Neighbours>;
  /** Transitions by their numbers, from 0 to `counts.transitions` − 1, for training. */
  transitions(numbers: Uint32Array): Promise<TransitionBatch>;
  close(): Promise<void>;
}

export type DatasetWorker = DatasetReader & DatasetJob;
