/** An open dataset: its rows in memory, and queries on them. */
import { episodeLengths } from '../episodes.ts';
import { columnsOf, type Manifest } from '../shards/manifest.ts';
import { readTrajectories, type ShardStore } from '../shards/reader.ts';
import { gatherTransitions, transitionRows, type Trajectories, type TransitionBatch } from '../transitions.ts';
import { cardPictures, type CardPictures } from './card.ts';
import { readOrigin, completeManifest } from './folder.ts';
import { nearestRows, nearestTo, type Neighbours } from './nearest.ts';
import { storedBytes } from './plan.ts';
import type { DatasetFacts, EpisodeData } from './protocol.ts';

/** Rows of more bytes are not loaded; a browser tab has a few times as much memory. */
const MAX_BYTES = 1.5e9;

/** Pause before rows that could not be read are read again, because a host may be down only briefly. */
const RETRY_MS = 5000;

interface Loaded {
  data: Trajectories;
  /** Rows that make a transition. */
  transitions: Uint32Array;
  readyMs: number;
}

export class OpenDataset {
  readonly facts: DatasetFacts;
  readonly #folder: ShardStore;
  #loaded: Promise<Loaded> | null = null;
  /** When rows that could not be read are read again. */
  #retryAt = Infinity;

  private constructor(folder: ShardStore, facts: DatasetFacts) {
    this.#folder = folder;
    this.facts = facts;
  }

  /** @throws Error if the dataset is not complete. */
  static async open(key: string, folder: ShardStore): Promise<OpenDataset> {
    const manifest = await completeManifest(folder);
    if (!manifest) throw new Error('This dataset is not whole; fetch or convert the rest of it first.');
    return new OpenDataset(folder, {
      key,
      manifest,
      origin: await readOrigin(folder),
      bytes: storedBytes(manifest),
      lengths: episodeLengths(manifest.episodes.starts, manifest.counts.rows),
    });
  }

  /** @throws Error that names a missing or damaged chunk, or says that the dataset is too large. */
  load(): Promise<Loaded> {
    if (performance.now() >= this.#retryAt) {
      this.#retryAt = Infinity;
      this.#loaded = null;
    }
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#retryAt = performance.now() + RETRY_MS;
      throw error;
    });
    return this.#loaded;
  }

  async pictures(): Promise<CardPictures> {
    const { data, readyMs } = await this.load();
    return { ...cardPictures(data, this.facts.manifest), readyMs };
  }

  async episode(index: number): Promise<EpisodeData> {
    const { data } = await this.load();
    const { arrays, episodes } = this.facts.manifest;
    const start = episodes.starts[index];
    if (start === undefined) {
      throw new Error(`There is no episode ${index}; the dataset has 0 to ${episodes.starts.length - 1}.`);
    }
    const stop = start + this.facts.lengths[index]!;
    const part = (values: Float32Array, width: number) => values.slice(start * width, stop * width);
    return {
      index,
      start,
      end: episodes.ends[index]!,
      observations: part(data.observations, columnsOf(arrays.observations)),
      actions: part(data.actions, columnsOf(arrays.actions)),
      rewards: part(data.rewards, 1),
    };
  }

  async nearest(row: number, k: number): Promise<Neighbours> {
    const { data } = await this.load();
    return this.#withActions(data, nearestRows(data.observations, this.facts.manifest.arrays.observations.std, row, k));
  }

  /** @param observation [S] */
  async nearestTo(observation: Float32Array, k: number): Promise<Neighbours> {
    const { data } = await this.load();
    const { std } = this.facts.manifest.arrays.observations;
    return this.#withActions(data, nearestTo(data.observations, std, observation, k));
  }

  #withActions(data: Trajectories, found: Omit<Neighbours, 'actions'>): Neighbours {
    const width = columnsOf(this.facts.manifest.arrays.actions);
    const actions = new Float32Array(found.rows.length * width);
    found.rows.forEach((row, i) => actions.set(data.actions.subarray(row * width, (row + 1) * width), i * width));
    return { ...found, actions };
  }

  /** @param numbers of transitions, from 0 to `counts.transitions` − 1. */
  async transitions(numbers: Uint32Array): Promise<TransitionBatch> {
    const { data, transitions } = await this.load();
    const rows = numbers.map((number) => {
      const row = transitions[number];
      if (row === undefined) {
        throw new Error(`There is no transition ${number}; the dataset has 0 to ${transitions.length - 1}.`);
      }
      return row;
    });
    return gatherTransitions(data, rows);
  }

  async #load(): Promise<Loaded> {
    const start = performance.now();
    const { manifest } = this.facts;
    const bytes = memoryOf(manifest);
    if (bytes > MAX_BYTES) {
      const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
      throw new Error(
        `The rows take ${gigabytes(bytes)} of memory, and the page takes ${gigabytes(MAX_BYTES)} at most: only what the manifest says is shown.`,
      );
    }
    const data = await readTrajectories(this.#folder, manifest);
    return { data, transitions: transitionRows(data.timeouts), readyMs: performance.now() - start };
  }
}

function memoryOf({ counts, arrays }: Manifest): number {
  return counts.rows * (4 * (columnsOf(arrays.observations) + columnsOf(arrays.actions) + 1) + 6);
}
