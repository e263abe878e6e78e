/**
 * The interface between the page and its dataset workers, through comlink. One worker reads; each fetch or conversion has
 * its own worker. Typed arrays are transferred, never copied.
 */
import type { EpisodeEnd } from '../episodes.ts';
import type { KnownBodies } from '../reference-returns.ts';
import type { Manifest } from '../shards/manifest.ts';
import type { TransitionBatch } from '../transitions.ts';
import type { CardPictures } from './card.ts';
import type { Unfinished } from './folder.ts';
import type { Neighbours } from './nearest.ts';

/** The BroadcastChannel on which tabs announce that the list of datasets has changed. */
export const LIBRARY_CHANNEL = 'dataset-library';

/** One line of the list. */
export interface StoredDataset {
  /** The name of its folder. */
  key: string;
  id: string;
  /** `whole`: complete; `writing`: a tab is writing it; `stopped`: unfinished. */
  state: 'whole' | 'writing' | 'stopped';
  /** Stored bytes, and bytes in all; null for a conversion, whose size is unknown. */
  bytes: number;
  totalBytes: number | null;
  /** The stored share, 0 to 1. */
  share: number;
  /** From the manifest of a complete one. */
  about: (Pick<Manifest, 'environment' | 'counts' | 'licence'> & Pick<Manifest['source'], 'published'>) | null;
  unfinished: Unfinished | null;
}

export interface LibraryList {
  datasets: StoredDataset[];
  /** Bytes that the page uses, and the browser's limit. */
  usage: number;
  quota: number;
}

export interface JobProgress {
  stage: 'asking' | 'checking' | 'fetching' | 'hashing' | 'converting' | 'collecting' | 'writing';
  /** The dataset's key, once known. */
  key: string | null;
  id: string | null;
  /** Progress in bytes, or in rows when collecting. */
  unit: 'bytes' | 'rows';
  done: number;
  total: number;
  /** Stored chunks and all chunks; null if they are not counted. */
  chunks: readonly [done: number, total: number] | null;
  /** Units per second, and seconds left; null while unknown. */
  rate: number | null;
  secondsLeft: number | null;
  /** The last problem, which is being retried. */
  retrying: string | null;
}

/** A fetch or a conversion. Each resolves to the dataset's key. */
export interface DatasetJob {
  /** @param page the page's address, which a relative one is resolved against. */
  fetch(address: string, page: string, onProgress: (progress: JobProgress) => void): Promise<string>;
  /** Continues a stopped fetch. */
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
  /** The address it was fetched from; null for a converted file. */
  origin: string | null;
  bytes: number;
  /** Rows of each episode. */
  lengths: number[];
}

/** The rows of one episode. */
export interface EpisodeData {
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
  /** Opens a dataset and closes the previous one. */
  open(key: string): Promise<DatasetFacts>;
  /** Reads all rows of the open dataset and computes the plots of its card. */
  pictures(): Promise<CardPictures>;
  /** Opens a dataset on the page's host without storing it. @param page as for `fetch`. */
  openHosted(address: string, page: string): Promise<DatasetFacts>;
  episode(index: number): Promise<EpisodeData>;
  /** The k rows with the nearest observations to a row's. */
  nearest(row: number, k: number): Promise<Neighbours>;
  /** The k rows with the nearest observations to one, [S]. */
  nearestTo(observation: Float32Array, k: number): Promise<Neighbours>;
  /** Transitions by number, from 0 to `counts.transitions` − 1. */
  transitions(numbers: Uint32Array): Promise<TransitionBatch>;
  close(): Promise<void>;
}

export type DatasetWorker = DatasetReader & DatasetJob;
