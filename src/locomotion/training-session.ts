/**
 * An interactive run: it trains in slices, handles requests between them, evaluates snapshots meanwhile, and stores itself
 * in a folder. Independent of workers and browsers.
 */
import type { NetworkPolicy } from '../environments/rollouts/network-policy.ts';
import { nextTask } from '../experiment/event-loop.ts';
import { isRecord } from '../experiment/unknown-values.ts';
import { encodeCheckpoint, resumeFrom } from './checkpoint.ts';
import { encodePolicy, type Checkpoint } from './checkpoint-file.ts';
import { meritOf, type Evaluation, type EvaluationPoint } from './evaluation.ts';
import { addLine } from './loss-log.ts';
import { policyOf, type Acting } from './policy.ts';
import { runLocomotion } from './run.ts';
import type { LocomotionSettings } from './settings.ts';
import { historyOf, historyUpTo, type RunFiles, type StoredRun } from './stored-run.ts';
import type { LocomotionTrainer } from './trainer.ts';
import type { TrainingEvent } from './training-protocol.ts';

/** Plays the episodes of a point, for each number of candidates in turn. */
export type PlayPoint = (step: number, policies: readonly NetworkPolicy[]) => Promise<Evaluation[]>;

interface SessionOptions {
  files: RunFiles;
  play: PlayPoint;
  notify: (event: TrainingEvent) => void;
  sliceMs?: number;
  /** Training pauses during evaluations, for machines with too few cores for both. */
  takesTurns?: boolean;
}

/** Shortest time between two progress events. */
const PROGRESS_INTERVAL_MS = 200;
/** Window of the rate of steps. */
const RATE_MS = 4000;

export class TrainingSession {
  readonly #trainer: LocomotionTrainer;
  readonly #options: SessionOptions;
  #run: StoredRun;
  #paused = true;
  #savedAtPause = true;
  #ended: Promise<void> | null = null;
  /** The loop is idle, so that requests can run at once. */
  #idle = true;
  #wake: () => void = () => undefined;
  readonly #abort = new AbortController();
  readonly #jobs: (() => Promise<void>)[] = [];
  #onPaused: (() => void)[] = [];
  #lastProgress = -Infinity;
  #marks: { ms: number; step: number }[] = [];
  /** The requests that run while the loop is idle. */
  #idleWork: Promise<unknown> = Promise.resolve();
  /** A point is being evaluated. */
  #playing = false;
  /** The evaluation that was unfinished when the run was closed. */
  #pendingPoint: Promise<void> = Promise.resolve();

  /** @param run its description; `reopen` replaces step and history by the checkpoint's. */
  constructor(trainer: LocomotionTrainer, run: StoredRun, parts: SessionOptions) {
    this.#trainer = trainer;
    this.#run = run;
    this.#options = parts;
  }

  get run(): Readonly<StoredRun> {
    return this.#run;
  }

  /** Stores a new run with its initial networks. */
  async begin(): Promise<void> {
    await this.#save(true);
    this.#options.notify({ type: 'opened', run: this.#run });
  }

  /** Restores the last checkpoint. @throws Error if it is missing, damaged, or of other data. */
  async reopen(): Promise<void> {
    const found = await this.#options.files.checkpoint();
    if (!found) throw new Error('This run has no checkpoint to resume from.');
    const { value: checkpoint } = found;
    resumeFrom(this.#trainer, checkpoint);
    const history = historyUpTo(longerHistory(this.#run, checkpoint), checkpoint.step);
    const { best } = this.#run;
    this.#run = {
      ...this.#run,
      ...history,
      step: checkpoint.step,
      seconds: checkpoint.seconds,
      best: best !== null && best <= checkpoint.step ? best : null,
    };
    for (const { settings } of history.live) this.#trainer.configure(settings);
    this.#options.notify({ type: 'opened', run: this.#run });
  }

  play(): void {
    if (!this.#paused || this.#trainer.divergence) return;
    this.#paused = this.#savedAtPause = false;
    // Resolves a pause that is overtaken.
    this.#resolvePaused();
    this.#marks = [];
    this.#options.notify({ type: 'state', state: 'running' });
    this.#ended ??= this.#loop();
    this.#wake();
  }

  /** Resolves once the run is saved and paused, or was resumed before that. */
  async pause(): Promise<void> {
    if (!this.#paused) {
      this.#paused = true;
      this.#wake();
      await new Promise<void>((done) => this.#onPaused.push(done));
    }
  }

  configure(settings: Partial<LocomotionSettings>): Promise<void> {
    return this.#between(async () => {
      this.#trainer.configure(settings);
      this.#run = { ...this.#run, live: [...this.#run.live, { step: this.#trainer.step, settings }] };
    });
  }

  policy(acting: Acting): Promise<{ step: number; policy: NetworkPolicy }> {
    return this.#between(async () => {
      const { step } = this.#trainer;
      return { step, policy: await this.#trainer.policy(acting) };
    });
  }

  checkpoint(): Promise<Uint8Array> {
    return this.#between(() => this.#encoded());
  }

  /** Saves and ends the run. An unfinished evaluation is repeated when the run is opened again. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#ended;
    if (!this.#trainer.divergence) await this.#save(false);
    this.#trainer.dispose();
  }

  async #loop(): Promise<void> {
    const { files, notify, sliceMs } = this.#options;
    const { candidates } = this.#run;
    const evaluate: PlayPoint = async (step, policies) => {
      // One point at a time.
      await this.#pendingPoint;
      return this.#play(step, policies);
    };
    this.#idle = false;
    try {
      const pending = await this.#pending();
      this.#pendingPoint = pending ? this.#playPending(pending) : Promise.resolve();
      this.#pendingPoint.catch(() => undefined);
      const point = pending?.step ?? this.#run.points.at(-1)?.step ?? 0;
      await runLocomotion(this.#trainer, {
        candidates,
        evaluate,
        resumed: { point, losses: this.#run.losses.filter(({ step }) => step > point) },
        ...(sliceMs === undefined ? {} : { sliceMs }),
        signal: this.#abort.signal,
        yieldControl: () => this.#yieldControl(),
        onSnapshot: async (trainer, bcLoss) => {
          const policy = await encodeCheckpoint(trainer, { policyOnly: true, notes: { bcLoss } });
          await files.writePending(policy).catch((error: unknown) => this.#unsaved(error));
        },
        onLosses: (losses) => {
          const line = { ...losses, seconds: this.#trainer.seconds };
          this.#run = { ...this.#run, losses: addLine(this.#run.losses, line) };
          notify({ type: 'line', line });
        },
        onPoint: (point) => this.#storePoint(point),
        onSave: () => this.#save(false),
      });
      if (!this.#abort.signal.aborted) await this.#pendingPoint;
      this.#notifyProgress(true);
      const { divergence } = this.#trainer;
      if (divergence) notify({ type: 'diverged', ...divergence });
      else if (!this.#abort.signal.aborted) notify({ type: 'state', state: 'finished' });
    } catch (error) {
      if (!this.#abort.signal.aborted) notify({ type: 'failed', message: messageOf(error) });
    } finally {
      this.#idle = true;
      this.#paused = true;
      await this.#doJobs();
      this.#resolvePaused();
    }
  }

  /** Between two slices: handles requests, and idles during an evaluation (`takesTurns`) or a pause. */
  async #yieldControl(): Promise<boolean> {
    await nextTask();
    await this.#doJobs();
    this.#notifyProgress(false);
    if (this.#options.takesTurns) await this.#idleWhile(() => this.#playing && !this.#paused);
    if (!this.#paused || this.#abort.signal.aborted) return false;
    if (!this.#savedAtPause) {
      this.#savedAtPause = true;
      return true;
    }
    this.#notifyProgress(true);
    this.#options.notify({ type: 'state', state: 'paused' });
    this.#resolvePaused();
    await this.#idleWhile(() => this.#paused);
    return this.#yieldControl();
  }

  async #idleWhile(isWanted: () => boolean): Promise<void> {
    this.#idle = true;
    while (isWanted() && !this.#abort.signal.aborted) {
      await new Promise<void>((wake) => (this.#wake = wake));
    }
    this.#idle = false;
    await this.#idleWork;
  }

  /** Runs work between two slices. */
  #between<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#idle) {
      const done = this.#idleWork.then(work, work);
      // The next slice awaits it.
      this.#idleWork = done.catch(() => undefined);
      return done;
    }
    return new Promise((resolve, reject) => {
      this.#jobs.push(() => work().then(resolve, reject));
    });
  }

  async #doJobs(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job();
  }

  #resolvePaused(): void {
    for (const done of this.#onPaused.splice(0)) done();
  }

  /** The snapshot of an evaluation that was unfinished when the run was closed, or null. */
  async #pending(): Promise<Checkpoint | null> {
    const pending = await this.#options.files.pending();
    if (!pending || pending.step > this.#trainer.step) return null;
    return this.#run.points.some(({ step }) => step >= pending.step) ? null : pending;
  }

  async #play(step: number, policies: readonly NetworkPolicy[]): Promise<Evaluation[]> {
    this.#playing = true;
    try {
      return await this.#options.play(step, policies);
    } finally {
      this.#playing = false;
      this.#wake();
    }
  }

  async #playPending(pending: Checkpoint): Promise<void> {
    const policies = this.#run.candidates.map((candidates) => policyOf(pending, { candidates }));
    const bcLoss = typeof pending.notes['bcLoss'] === 'number' ? pending.notes['bcLoss'] : null;
    await this.#storePoint({ step: pending.step, bcLoss, evaluations: await this.#play(pending.step, policies) });
  }

  async #storePoint(point: EvaluationPoint): Promise<void> {
    const before = this.#run.points;
    const isBest = before.every((other) => meritOf(point) > meritOf(other));
    this.#run = { ...this.#run, points: [...before, point].sort((a, b) => a.step - b.step) };
    this.#options.notify({ type: 'point', point });
    try {
      if (isBest) await this.#storeBest(point);
      await this.#writeRun();
      await this.#options.files.writePending(null);
    } catch (error) {
      this.#unsaved(error);
    }
  }

  /** Stores the policy of that point with its scores, as `lab train` does. */
  async #storeBest({ step, bcLoss, evaluations }: EvaluationPoint): Promise<void> {
    const { files, notify } = this.#options;
    const pending = await files.pending();
    if (pending?.step !== step) return;
    await files.writeBest(encodePolicy(pending, { physics: this.#run.physics, bcLoss, evaluations }));
    this.#run = { ...this.#run, best: step };
    notify({ type: 'best', step });
  }

  /** @param first rethrow an error, because the run cannot begin. */
  async #save(first: boolean): Promise<void> {
    const { step, seconds } = this.#trainer;
    this.#run = { ...this.#run, step, seconds };
    try {
      await this.#options.files.writeCheckpoint(await this.#encoded());
      await this.#writeRun();
      this.#options.notify({ type: 'saved', step });
    } catch (error) {
      if (first) throw error;
      this.#unsaved(error);
    }
  }

  async #writeRun(): Promise<void> {
    this.#run = { ...this.#run, version: this.#run.version + 1 };
    await this.#options.files.writeRun(this.#run);
  }

  /** The checkpoint file includes the run's history, so that it can be imported elsewhere. */
  #encoded(): Promise<Uint8Array> {
    const { losses, points, live, candidates, physics, engine, backend, published } = this.#run;
    const notes = { losses, points, live, candidates, physics, engine, backend, published };
    return encodeCheckpoint(this.#trainer, { notes });
  }

  #unsaved(error: unknown): void {
    this.#options.notify({ type: 'unsaved', message: messageOf(error) });
  }

  #notifyProgress(now: boolean): void {
    const ms = performance.now();
    if (!now && ms - this.#lastProgress < PROGRESS_INTERVAL_MS) return;
    this.#lastProgress = ms;
    const { step, seconds, losses } = this.#trainer;
    this.#marks.push({ ms, step });
    this.#marks = this.#marks.filter((mark) => ms - mark.ms <= RATE_MS);
    const [first] = this.#marks as [{ ms: number; step: number }];
    const stepsPerSecond = ms - first.ms > PROGRESS_INTERVAL_MS ? (1000 * (step - first.step)) / (ms - first.ms) : null;
    this.#options.notify({ type: 'progress', step, seconds, stepsPerSecond, losses, alarm: this.#trainer.alarm() });
  }
}

/** The run's file may have points that were evaluated after the checkpoint was written. */
function longerHistory(run: StoredRun, checkpoint: Checkpoint): StoredRun {
  if (run.points.length > 0 || run.losses.length > 0 || !isRecord(checkpoint.notes)) return run;
  return { ...run, ...historyOf(checkpoint.notes) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
