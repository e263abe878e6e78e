/** The dataset worker: the library's reader and its jobs, behind comlink. Typed arrays are transferred, not copied. */
import { expose, transfer } from 'comlink';
import { listLibrary } from './catalogue.ts';
import { announceLibraryChange } from './exclusive-access.ts';
import { LibraryJob } from './job.ts';
import { HostedStore } from './hosted-store.ts';
import { lockDataset } from './locks.ts';
import type { Neighbours } from './nearest.ts';
import { findFolder, removeFolder } from './opfs.ts';
import type { DatasetFacts, DatasetWorker, LibraryList } from './protocol.ts';
import { ExclusiveHandle, type Opened } from './exclusive-handle.ts';
import { OpenDataset } from './reading.ts';

class LibraryWorker extends LibraryJob implements DatasetWorker {
  readonly #open = new ExclusiveHandle<OpenDataset>();

  list(): Promise<LibraryList> {
    return listLibrary();
  }

  async remove(key: string): Promise<void> {
    if (this.#open.current?.facts.key === key) await this.close();
    const release = await lockDataset(key, 'exclusive');
    if (!release) {
      throw new Error('This dataset is open or on its way in another tab of this page; close that tab first.');
    }
    try {
      await removeFolder(key);
    } finally {
      release();
      announceLibraryChange();
    }
  }

  async open(key: string): Promise<DatasetFacts> {
    return (await this.#open.open(() => this.#openStored(key))).facts;
  }

  async openHosted(address: string, page: string): Promise<DatasetFacts> {
    const store = new HostedStore(new URL(address, page));
    const open = async () => ({ resource: await OpenDataset.open(address, store), release: () => undefined });
    return (await this.#open.open(open)).facts;
  }

  close(): Promise<void> {
    return this.#open.close();
  }

  async #openStored(key: string): Promise<Opened<OpenDataset>> {
    const folder = await findFolder(key);
    if (!folder) {
      throw new Error(
        'This browser does not keep the dataset that the link names; fetch it from its address, or convert its file.',
      );
    }
    const release = await lockDataset(key, 'shared');
    if (!release)
      throw new Error('This dataset is being written by another tab of this page; it opens when that is done.');
    try {
      return { resource: await OpenDataset.open(key, folder), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async pictures() {
    const pictures = await this.#dataset().pictures();
    return transfer(pictures, [pictures.sampledActions.buffer]);
  }

  async episode(index: number) {
    const rows = await this.#dataset().episode(index);
    return transfer(rows, [rows.observations.buffer, rows.actions.buffer, rows.rewards.buffer]);
  }

  async nearest(row: number, k: number) {
    return transferred(await this.#dataset().nearest(row, k));
  }

  async nearestTo(observation: Float32Array, k: number) {
    return transferred(await this.#dataset().nearestTo(observation, k));
  }

  async transitions(rows: Uint32Array) {
    const batch = await this.#dataset().transitions(rows);
    return transfer(
      batch,
      Object.values(batch).map((values: Float32Array) => values.buffer),
    );
  }

  #dataset(): OpenDataset {
    const { current } = this.#open;
    if (!current) throw new Error('No dataset is open.');
    return current;
  }
}

function transferred(found: Neighbours): Neighbours {
  return transfer(found, [found.rows.buffer, found.distances.buffer, found.actions.buffer]);
}

expose(new LibraryWorker());
