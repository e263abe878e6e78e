/** The worker that manages stored runs, behind comlink. It loads no tensor library. */
import { expose, transfer } from 'comlink';
import { acquireLock } from '../datasets/library/locks.ts';
import { decodeImportedRun, storeImportedRun } from './imported-run.ts';
import type { LocomotionExperiment } from './experiment.ts';
import { announceRunsChange, RUN_STORE, runLock } from './run-store.ts';
import { RunFiles, type StoredRun } from './stored-run.ts';
import type { ImportedRun, RunLibrary } from './training-protocol.ts';

class RunsWorker implements RunLibrary {
  /** The newest first. Incomplete runs are skipped. */
  async list(): Promise<StoredRun[]> {
    const runs: StoredRun[] = [];
    for (const key of await RUN_STORE.keys()) {
      const folder = await RUN_STORE.find(key);
      const run = folder && (await new RunFiles(folder).run().catch(() => null));
      if (run) runs.push(run);
    }
    return runs.sort((a, b) => b.begun - a.begun);
  }

  async remove(key: string): Promise<void> {
    const release = await acquireLock(runLock(key), 'exclusive');
    if (!release) throw new Error('This run is open, here or in another tab of this page; close it first.');
    try {
      await RUN_STORE.remove(key);
    } finally {
      release();
      announceRunsChange();
    }
  }

  async checkpoint(key: string): Promise<Uint8Array> {
    const folder = await RUN_STORE.find(key);
    const found = folder && (await new RunFiles(folder).checkpoint());
    if (!found) throw new Error('This run has no checkpoint.');
    return transfer(found.bytes, [found.bytes.buffer]);
  }

  async best(key: string): Promise<Uint8Array> {
    const folder = await RUN_STORE.find(key);
    const bytes = folder && (await new RunFiles(folder).best());
    if (!bytes) throw new Error('No policy of a best evaluation is kept of this run.');
    return transfer(bytes, [bytes.buffer]);
  }

  async take(bytes: Uint8Array, here: LocomotionExperiment): Promise<ImportedRun> {
    const imported = await decodeImportedRun(bytes, here);
    const { key } = imported.run;
    const release = await acquireLock(runLock(key), 'exclusive');
    if (!release) throw new Error('This very checkpoint is open as a run already.');
    try {
      return await storeImportedRun(RUN_STORE, bytes, imported);
    } finally {
      release();
      announceRunsChange();
    }
  }
}

expose(new RunsWorker());
