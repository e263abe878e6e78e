/** The worker that trains a locomotion run, behind comlink. Rollouts run in further workers. */
import { expose, transfer } from 'comlink';
import { findFolder } from '../datasets/library/opfs.ts';
import { lockDataset, acquireLock } from '../datasets/library/locks.ts';
import { completeManifest } from '../datasets/library/folder.ts';
import type { Manifest } from '../datasets/shards/manifest.ts';
import type { ShardStore } from '../datasets/shards/reader.ts';
import { startPhysicsEngine } from '../environments/engine.ts';
import type { PhysicsVariant } from '../environments/physics-variant.ts';
import { RolloutPool } from '../environments/rollouts/pool.ts';
import { spawnWebWorker } from '../environments/rollouts/spawn-browser.ts';
import { simdContext } from '../tensor/backend-state.ts';
import { startBackend, type BackendInfo } from '../tensor/backend.ts';
import { allocateCores } from '../experiment/core-allocation.ts';
import { evaluate, type Evaluation } from './evaluation.ts';
import { physicsOf, type RunPhysics } from './run-physics.ts';
import { announceRunsChange, RUN_STORE, runLock } from './run-store.ts';
import type { Acting } from './policy.ts';
import type { LocomotionSettings } from './settings.ts';
import { RunFiles, type StoredRun } from './stored-run.ts';
import { checkManifest, readForRun } from './stored-dataset.ts';
import { reportLostDevice } from './lost-device.ts';
import { LOCOMOTION_TASKS } from './tasks.ts';
import { LocomotionTrainer } from './trainer.ts';
import type { TrainingEvent, TrainingOrder, TrainingWorker } from './training-protocol.ts';
import { TrainingSession, type PlayPoint } from './training-session.ts';

declare const self: DedicatedWorkerGlobalScope;

type Notify = (event: TrainingEvent) => void;

/** Longer slices for a GPU, whose submissions are asynchronous. */
const GPU_SLICE_MS = 150;

/** The physics of a new run. */
const NEW_RUN = { physics: 'not known', points: [] };

interface Opened {
  session: TrainingSession;
  pool: RolloutPool;
  release: () => void;
}

class LocomotionWorker implements TrainingWorker {
  #opened: Opened | null = null;
  #notify: Notify = () => undefined;

  async open(order: TrainingOrder, notify: Notify): Promise<void> {
    this.#notify = reportLostDevice(notify);
    const key = order.kind === 'resume' ? order.key : freshKey();
    const release = await acquireLock(runLock(key), 'exclusive');
    if (!release) throw new Error('This run is open in another tab of this page; close it there first.');
    try {
      this.#opened = { ...(await this.#open(order, key)), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async play(): Promise<void> {
    this.#session().play();
  }

  async pause(): Promise<void> {
    await this.#session().pause();
  }

  configure(settings: Partial<LocomotionSettings>): Promise<void> {
    return this.#session().configure(settings);
  }

  policy(acting: Acting) {
    return this.#session().policy(acting);
  }

  async checkpoint(): Promise<Uint8Array> {
    const bytes = await this.#session().checkpoint();
    return transfer(bytes, [bytes.buffer]);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    if (!opened) return;
    opened.pool.end();
    await opened.session.close();
    opened.release();
    announceRunsChange();
  }

  /** Reports an uncaught error. */
  report(reason: unknown): void {
    this.#notify({ type: 'failed', message: reason instanceof Error ? reason.message : String(reason) });
  }

  #session(): TrainingSession {
    if (!this.#opened) throw new Error('No run is open.');
    return this.#opened.session;
  }

  async #open(order: TrainingOrder, key: string): Promise<Omit<Opened, 'release'>> {
    const begins = order.kind === 'begin';
    const folder = begins ? null : await RUN_STORE.find(key);
    if (!begins && !folder) throw new Error('This browser does not keep that run any more.');
    const files = folder && new RunFiles(folder);
    const known = (await files?.run()) ?? null;
    if (!begins && !known) throw new Error('The run was never written whole.');
    const experiment = begins ? order.experiment : known!.experiment;
    const library = await openLibrary(order.dataset);
    const { published } = library;
    let info: BackendInfo;
    let own: RunPhysics;
    let trainer: LocomotionTrainer;
    try {
      checkManifest(library.manifest, experiment.task);
      info = await startBackend(begins ? order.backend : known!.backend);
      const { version } = await startPhysicsEngine();
      // Checked before rows are read, which takes a while.
      own = physicsOf(known ?? NEW_RUN, version);
      const dataset = await readForRun(library.folder, library.manifest).catch((error: unknown) => {
        throw new Error(
          `The dataset ${library.manifest.id} is not whole any more: ${error instanceof Error ? error.message : String(error)} ` +
            'Fetch or convert it again on Datasets; what was saved of runs stays as it is.',
        );
      });
      trainer = new LocomotionTrainer(experiment, dataset);
    } finally {
      library.release();
    }
    const run: StoredRun = known
      ? { ...known, physics: own.physics }
      : {
          key,
          experiment,
          dataset: trainer.dataset,
          published,
          candidates: begins ? order.candidates : [1],
          backend: info.backend,
          engine: `${info.backend} (${info.device})`,
          physics: own.physics,
          begun: Date.now(),
          step: 0,
          seconds: 0,
          version: 0,
          losses: [],
          points: [],
          live: [],
          best: null,
        };
    const threads = (info.backend === 'wasm' ? simdContext()?.threads : null) ?? 1;
    const { players, takesTurns } = allocateCores(navigator.hardwareConcurrency || 2, threads);
    const pool = new RolloutPool(spawnWebWorker, players);
    try {
      const session = new TrainingSession(trainer, run, {
        files: files ?? new RunFiles(await RUN_STORE.open(key)),
        play: playIn(pool, run, own.variant, this.#notify),
        notify: this.#notify,
        // On a GPU training uses little of a core.
        ...(info.backend === 'webgpu' ? { sliceMs: GPU_SLICE_MS } : { takesTurns: takesTurns }),
      });
      await trainer.compileAhead((done, total) => this.#notify({ type: 'compiling', done, total }));
      await (known ? session.reopen() : session.begin());
      announceRunsChange();
      return { session, pool };
    } catch (error) {
      pool.end();
      trainer.dispose();
      if (!known) await RUN_STORE.remove(key);
      throw error;
    }
  }
}

/** The key of a new run: its start time in microseconds. */
function freshKey(): string {
  return `run-${Math.round(1000 * (performance.timeOrigin + performance.now())).toString(16)}`;
}

interface OpenedLibrary {
  folder: ShardStore;
  manifest: Manifest;
  published: boolean;
  /** Releases the lock that keeps others from writing it. */
  release: () => void;
}

/** Opens a stored dataset. @throws Error if it is missing, not complete, or being written. */
async function openLibrary(key: string): Promise<OpenedLibrary> {
  const folder = await findFolder(key);
  if (!folder) throw new Error('This browser does not keep the dataset of this run any more; add it on Datasets.');
  const release = await lockDataset(key, 'shared');
  if (!release) throw new Error('The dataset is being written; wait until that is done.');
  try {
    const manifest = await completeManifest(folder);
    if (!manifest) throw new Error('The dataset is not whole; fetch or convert the rest of it on Datasets.');
    return { folder, manifest, published: manifest.source.published !== null, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Plays episodes as `lab train` does: the same run has the same returns. */
function playIn(
  pool: RolloutPool,
  { experiment, candidates: numbers }: StoredRun,
  variant: PhysicsVariant,
  notify: Notify,
): PlayPoint {
  const { task, seed, evaluation } = experiment;
  const { environment } = LOCOMOTION_TASKS[task];
  const { every, episodes } = evaluation;
  return async (step, policies) => {
    const first = Math.round(step / every) * episodes;
    const total = episodes * policies.length;
    const all: Evaluation[] = [];
    for (const [i, policy] of policies.entries()) {
      const plan = { environment, variant, seed, first, episodes, candidates: numbers[i]! };
      const onProgress = ({ episodes: done }: { episodes: number }) =>
        notify({ type: 'evaluating', step, episodes: i * episodes + done, total });
      notify({ type: 'evaluating', step, episodes: i * episodes, total });
      all.push(await evaluate(policy, plan, pool, { onProgress }));
    }
    return all;
  };
}

const worker = new LocomotionWorker();
self.addEventListener('error', (event) => worker.report(event.error ?? event.message));
self.addEventListener('unhandledrejection', (event) => worker.report(event.reason));
expose(worker);
