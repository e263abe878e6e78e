/** The worker that collects into the browser's library, behind comlink. Its rollouts have workers of their own. */
import { expose } from 'comlink';
import { alone, announce } from '../datasets/library/exclusive-access.ts';
import { wholeManifest } from '../datasets/library/folder.ts';
import { findFolder, openFolder, removeFolder } from '../datasets/library/opfs.ts';
import { Cancelled, Teller, type Listener } from '../datasets/library/progress-reporter.ts';
import { startEngine } from '../environments/engine.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnWebWorker } from '../environments/rollouts/spawn-browser.ts';
import { collectInto, planCollection, type CollectionOrder } from './collection-job.ts';

/** More rollouts at a time than this only take memory. */
const MOST_WORKERS = 8;

export class CollectionWorker {
  readonly #abort = new AbortController();

  cancel(): void {
    this.#abort.abort(new Cancelled('Stopped. Nothing was stored.'));
  }

  /** Collects, and answers with the dataset's key. What was collected before in the same way is given as it is. */
  async collect(order: CollectionOrder, onProgress: Listener): Promise<string> {
    const { signal } = this.#abort;
    const { version } = await startEngine();
    const planned = await planCollection(order, version);
    const { key, about } = planned;
    return alone(key, about.id, async () => {
      const known = await findFolder(key);
      if (known && (await wholeManifest(known))) return;
      await removeFolder(key);
      const pool = new RolloutPool(spawnWebWorker, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 2));
      try {
        await collectInto(() => openFolder(key), planned, pool, new Teller(onProgress), signal, announce);
      } catch (error) {
        await removeFolder(key);
        throw error;
      } finally {
        pool.end();
      }
    });
  }
}

expose(new CollectionWorker());
