/**
 * A run that somebody watches: it trains in slices, listens between them, evaluates snapshots meanwhile, and keeps itself
 * in a folder. Knows no worker and no browser.
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

/** Plays the episodes of a point, one number of candidates after the other. */
export type PlayPoint = (step: number, policies: readonly NetworkPolicy[]) => Promise<Evaluation[]>;

export interface SessionParts {
  files: RunFiles;
  play: PlayPoint;
  tell: (event: TrainingEvent) => void;
  sliceMs?: number;
  /** Training rests while a point is played: for machines where both at once would take the page's core. */
  takesTurns?: boolean;
}

/** Progress is told no oftener. */
const TELL_MS = 200;
/** Over which the rate of steps is taken. */
const RATE_MS = 4000;

export class TrainingSession {
  readonly #trainer: LocomotionTrainer;
  readonly #parts: SessionParts;
  #run: StoredRun;
  #paused = true;
  #savedAtPause = true;
  #ended: Promise<void> | null = null;
  /** The loop is between two slices for long: what is asked may be done at once. */
  #resting = true;
  #wake: () => void = () => undefined;
  readonly #abort = new AbortController();
  readonly #jobs: (() => Promise<void>)[] = [];
  #onPaused: (() => void)[] = [];
  #told = -Infinity;
  #marks: { ms: number; step: number }[] = [];
  /** What was asked while it rested. */
  #atRest: Promise<unknown> = Promise.resolve();
  /** A point is being played. */
  #playing = false;
  /** The point that was being played when the run was left. */
  #left: Promise<void> = Promise.resolve();

  /** @param run what is known of it; its step and history are those of the checkpoint, where there is one. */
  constructor(trainer: LocomotionTrainer, run: StoredRun, parts: SessionParts) {
    this.#trainer = trainer;
    this.#run = run;
    this.#parts = parts;
  }

  get run(): Readonly<StoredRun> {
    return this.#run;
  }

  /** Writes a run that begins, networks as they are drawn. */
  async begin(): Promise<void> {
    await this.#save(true);
    this.#parts.tell({ type: 'opened', run: this.#run });
  }

  /** Puts the trainer to where the run was saved last. @throws Error if its checkpoint is missing, damaged or of other data. */
  async reopen(): Promise<void> {
    const found = await this.#parts.files.checkpoint();
    if (!found) throw new Error('This run has no checkpoint to go on from.');
    const { value: checkpoint } = found;
    resumeFrom(this.#trainer, checkpoint);
    const history = historyUpTo(mostKnown(this.#run, checkpoint), checkpoint.step);
    const { best } = this.#run;
    this.#run = {
      ...this.#run,
      ...history,
      step: checkpoint.step,
      seconds: checkpoint.seconds,
      best: best !== null && best <= checkpoint.step ? best : null,
    };
    for (const { settings } of history.live) this.#trainer.configure(settings);
    this.#parts.tell({ type: 'opened', run: this.#run });
  }

  play(): void {
    if (!this.#paused || this.#trainer.divergence) return;
    this.#paused = this.#savedAtPause = false;
    // Whoever waits for a pause that is overtaken waits no longer.
    this.#tellPaused();
    this.#marks = [];
    this.#parts.tell({ type: 'state', state: 'running' });
    this.#ended ??= this.#loop();
    this.#wake();
  }

  /** Resolves once the run is saved and rests, or goes on before that. */
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

  /** Saves and ends it. A point that is being played is played when the run is opened again. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#ended;
    if (!this.#trainer.divergence) await this.#save(false);
    this.#trainer.dispose();
  }

  async #loop(): Promise<void> {
    const { files, tell, sliceMs } = this.#parts;
    const { candidates } = this.#run;
    const evaluate: PlayPoint = async (step, policies) => {
      // One point at a time.
      await this.#left;
      return this.#play(step, policies);
    };
    this.#resting = false;
    try {
      const pending = await this.#pending();
      this.#left = pending ? this.#playPending(pending) : Promise.resolve();
      this.#left.catch(() => undefined);
      const point = pending?.step ?? this.#run.points.at(-1)?.step ?? 0;
      await runLocomotion(this.#trainer, {
        candidates,
        evaluate,
        resumed: { point, losses: this.#run.losses.filter(({ step }) => step > point) },
        ...(sliceMs === undefined ? {} : { sliceMs }),
        signal: this.#abort.signal,
        breathe: () => this.#breathe(),
        onSnapshot: async (trainer, bcLoss) => {
          const policy = await encodeCheckpoint(trainer, { policyOnly: true, notes: { bcLoss } });
          await files.writePending(policy).catch((error: unknown) => this.#unsaved(error));
        },
        onLosses: (losses) => {
          const line = { ...losses, seconds: this.#trainer.seconds };
          this.#run = { ...this.#run, losses: addLine(this.#run.losses, line) };
          tell({ type: 'line', line });
        },
        onPoint: (point) => this.#keepPoint(point),
        onSave: () => this.#save(false),
      });
      if (!this.#abort.signal.aborted) await this.#left;
      this.#tellProgress(true);
      const { divergence } = this.#trainer;
      if (divergence) tell({ type: 'diverged', ...divergence });
      else if (!this.#abort.signal.aborted) tell({ type: 'state', state: 'finished' });
    } catch (error) {
      if (!this.#abort.signal.aborted) tell({ type: 'failed', message: wordsOf(error) });
    } finally {
      this.#resting = true;
      this.#paused = true;
      await this.#doJobs();
      this.#tellPaused();
    }
  }

  /** Between two slices: hears what was asked, and rests while it is the players' turn, or the run is paused. */
  async #breathe(): Promise<boolean> {
    await nextTask();
    await this.#doJobs();
    this.#tellProgress(false);
    if (this.#parts.takesTurns) await this.#rest(() => this.#playing && !this.#paused);
    if (!this.#paused || this.#abort.signal.aborted) return false;
    if (!this.#savedAtPause) {
      this.#savedAtPause = true;
      return true;
    }
    this.#tellProgress(true);
    this.#parts.tell({ type: 'state', state: 'paused' });
    this.#tellPaused();
    await this.#rest(() => this.#paused);
    return this.#breathe();
  }

  async #rest(isWanted: () => boolean): Promise<void> {
    this.#resting = true;
    while (isWanted() && !this.#abort.signal.aborted) {
      await new Promise<void>((wake) => (this.#wake = wake));
    }
    this.#resting = false;
    await this.#atRest;
  }

  /** Does something while no step is being taken. */
  #between<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#resting) {
      const done = this.#atRest.then(work, work);
      // The next slice waits for it.
      this.#atRest = done.catch(() => undefined);
      return done;
    }
    return new Promise((resolve, reject) => {
      this.#jobs.push(() => work().then(resolve, reject));
    });
  }

  async #doJobs(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job();
  }

  #tellPaused(): void {
    for (const done of this.#onPaused.splice(0)) done();
  }

  /** The point that was being played when the run was left, as it was then; null where all were played. */
  async #pending(): Promise<Checkpoint | null> {
    const pending = await this.#parts.files.pending();
    if (!pending || pending.step > this.#trainer.step) return null;
    return this.#run.points.some(({ step }) => step >= pending.step) ? null : pending;
  }

  async #play(step: number, policies: readonly NetworkPolicy[]): Promise<Evaluation[]> {
    this.#playing = true;
    try {
      return await this.#parts.play(step, policies);
    } finally {
      this.#playing = false;
      this.#wake();
    }
  }

  async #playPending(pending: Checkpoint): Promise<void> {
    const policies = this.#run.candidates.map((candidates) => policyOf(pending, { candidates }));
    const bcLoss = typeof pending.notes['bcLoss'] === 'number' ? pending.notes['bcLoss'] : null;
    await this.#keepPoint({ step: pending.step, bcLoss, evaluations: await this.#play(pending.step, policies) });
  }

  async #keepPoint(point: EvaluationPoint): Promise<void> {
    const before = this.#run.points;
    const isBest = before.every((other) => meritOf(point) > meritOf(other));
    this.#run = { ...this.#run, points: [...before, point].sort((a, b) => a.step - b.step) };
    this.#parts.tell({ type: 'point', point });
    try {
      if (isBest) await this.#keepBest(point);
      await this.#writeRun();
      await this.#parts.files.writePending(null);
    } catch (error) {
      this.#unsaved(error);
    }
  }

  /** The policy as it was at that point, with what it is worth, as `lab train` keeps it. */
  async #keepBest({ step, bcLoss, evaluations }: EvaluationPoint): Promise<void> {
    const { files, tell } = this.#parts;
    const pending = await files.pending();
    if (pending?.step !== step) return;
    await files.writeBest(encodePolicy(pending, { physics: this.#run.physics, bcLoss, evaluations }));
    this.#run = { ...this.#run, best: step };
    tell({ type: 'best', step });
  }

  /** @param first a run that cannot even be begun is an error. */
  async #save(first: boolean): Promise<void> {
    const { step, seconds } = this.#trainer;
    this.#run = { ...this.#run, step, seconds };
    try {
      await this.#parts.files.writeCheckpoint(await this.#encoded());
      await this.#writeRun();
      this.#parts.tell({ type: 'saved', step });
    } catch (error) {
      if (first) throw error;
      this.#unsaved(error);
    }
  }

  async #writeRun(): Promise<void> {
    this.#run = { ...this.#run, version: this.#run.version + 1 };
    await this.#parts.files.writeRun(this.#run);
  }

  /** The file carries what the page would otherwise know alone, so that it can be taken elsewhere. */
  #encoded(): Promise<Uint8Array> {
    const { losses, points, live, candidates, physics, engine, backend, published } = this.#run;
    const notes = { losses, points, live, candidates, physics, engine, backend, published };
    return encodeCheckpoint(this.#trainer, { notes });
  }

  #unsaved(error: unknown): void {
    this.#parts.tell({ type: 'unsaved', message: wordsOf(error) });
  }

  #tellProgress(now: boolean): void {
    const ms = performance.now();
    if (!now && ms - this.#told < TELL_MS) return;
    this.#told = ms;
    const { step, seconds, losses } = this.#trainer;
    this.#marks.push({ ms, step });
    this.#marks = this.#marks.filter((mark) => ms - mark.ms <= RATE_MS);
    const [first] = this.#marks as [{ ms: number; step: number }];
    const stepsPerSecond = ms - first.ms > TELL_MS ? (1000 * (step - first.step)) / (ms - first.ms) : null;
    this.#parts.tell({ type: 'progress', step, seconds, stepsPerSecond, losses, alarm: this.#trainer.alarm() });
  }
}

/** The page's file may know a point that was played after the checkpoint was written. */
function mostKnown(run: StoredRun, checkpoint: Checkpoint): StoredRun {
  if (run.points.length > 0 || run.losses.length > 0 || !isRecord(checkpoint.notes)) return run;
  return { ...run, ...historyOf(checkpoint.notes) };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
