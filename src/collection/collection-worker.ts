/** The worker that collects into the browser's library, behind comlink. Rollouts run in further workers. */
import { expose } from 'comlink';
import { withExclusiveAccess, announceLibraryChange } from '../datasets/library/exclusive-access.ts';
import { completeManifest } from '../datasets/library/folder.ts';
import { findFolder, openDatasetFolder, removeFolder } from '../datasets/library/opfs.ts';
import { Cancelled, ProgressReporter, type ProgressListener } from '../datasets/library/progress-reporter.ts';
import { startPhysicsEngine } from '../environments/engine.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnWebWorker } from '../environments/rollouts/spawn-browser.ts';
import { collectInto, planCollection, type CollectionOrder } from './collection-job.ts';

/** More workers only take memory. */
const MAX_WORKERS = 8;

export class CollectionWorker {
  readonly #abort = new AbortController();

  cancel(): void {
    this.#abort.abort(new Cancelled('Stopped. Nothing was stored.'));
  }

  /** Collects, and resolves to the dataset's key. If the same dataset is already stored, nothing is collected. */
  async collect(order: CollectionOrder, onProgress: ProgressListener): Promise<string> {
    const { signal } = this.#abort;
    const { version } = await startPhysicsEngine();
    const planned = await planCollection(order, version);
    const { key, about } = planned;
    return withExclusiveAccess(key, about.id, async () => {
      const known = await findFolder(key);
      if (known && (await completeManifest(known))) return;
      await removeFolder(key);
      const pool = new RolloutPool(spawnWebWorker, Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 2));
      try {
        await collectInto(
          () => openDatasetFolder(key),
          planned,
          pool,
          new ProgressReporter(onProgress),
          signal,
          announceLibraryChange,
        );
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
