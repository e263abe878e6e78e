/**
 * Keeps the engine in step with the experiment and writes the engine's events to the stores. It does not depend on
 * React or on the worker, so that it can be tested with any `TrainingEngine`.
 */
import { METHOD_IDS, readsSetting, type MethodId } from '../../bandit/methods.ts';
import { methodSettings, type BanditData, type Experiment } from '../../bandit/experiment.ts';
import type { BackendChoice, TrainingEngine, EngineEvent, MethodFrame, Speed } from '../../bandit/engine/protocol.ts';
import { PRESET_BUDGET, type PresetId } from '../../bandit/presets.ts';
import { fieldByKey, type SettingKey, type Settings } from '../../bandit/settings.ts';
import { TimelineController } from './timeline-controller.ts';
import type { SeriesStore } from './plots/series/series.ts';
import type { SeedComparison } from './seeds/seed-comparison.ts';
import { experimentStore } from './stores/experiment-store.ts';
import { frameStore } from './stores/frame-store.ts';
import { hasStarted, runStore, type Run } from './stores/run-store.ts';
import { viewStore } from '../shared/view-store.ts';

/** Changes within this time restart the run only once. */
const RESTART_DELAY_MS = 350;

export class Session {
  readonly engine: TrainingEngine;
  readonly series: SeriesStore;
  /** Shows earlier snapshots of the run. */
  readonly timeline: TimelineController;
  /** The same run with other seeds. */
  readonly seeds: SeedComparison;
  /** Yields between two panels' work, so that no task is long. */
  readonly #yieldTask: () => Promise<void>;
  #queue: Promise<unknown> = Promise.resolve();
  #restartTimer: ReturnType<typeof setTimeout> | null = null;
  #restartQueued = false;
  /** Whether frames still show the shipped weights or step 0: the user has not started the run. */
  #scratch = true;
  /** Whether the user wants the run to continue; set before the engine reports it. */
  #wanted = false;
  #resumeWhenVisible = false;
  #resumeAfterRestart = false;

  constructor(engine: TrainingEngine, series: SeriesStore, seeds: SeedComparison, yieldTask: () => Promise<void>) {
    this.engine = engine;
    this.series = series;
    this.seeds = seeds;
    this.timeline = new TimelineController(engine);
    this.#yieldTask = yieldTask;
  }

  /** Opens the stored experiment and shows the finished figure if weights are shipped for it. */
  async start(listener: (event: EngineEvent) => Promise<void>): Promise<void> {
    await this.#enqueue(async () => {
      await this.engine.subscribe(listener);
      await this.#open();
      // Without shipped weights for this data the page starts at step 0.
      await this.engine.showPretrained().catch(() => this.#showStart());
    });
    set({ progress: null });
  }

  /** Handles an event. The engine sends its next frame once this resolves. */
  listen = async (event: EngineEvent): Promise<void> => {
    switch (event.type) {
      case 'state':
        set({ state: event.state, ...(event.state === 'loading' ? {} : { progress: null }) });
        if (event.state !== 'loading') void this.timeline.readTimeline(true);
        return;
      case 'progress':
        set({
          progress: event.done < event.total ? { label: event.label, done: event.done, total: event.total } : null,
        });
        return;
      case 'frame':
        return this.#takeFrames(event.frames, event.elapsedSeconds);
      case 'diverged': {
        const { method, quantity, step, goodStep } = event;
        set({ problem: { kind: 'diverged', method, quantity, step, goodStep } });
        return;
      }
      case 'device-lost': {
        const { reason, info, resumedFrom } = event;
        set({ info, problem: { kind: 'device-lost', reason, info, resumedFrom } });
        return;
      }
      case 'error':
        set({ problem: { kind: 'error', message: event.message } });
    }
  };

  play(): void {
    // A snapshot named by the link is shown once the run reaches it; one on show is left.
    if (this.#scratch) this.#leaveScratch();
    else this.timeline.show(null);
    this.#wanted = true;
    void this.#enqueue(() => this.engine.play());
  }

  pause(): void {
    this.#cancelResume();
    void this.#enqueue(() => this.engine.pause());
  }

  toggle(): void {
    const { state } = runStore.getState();
    if (state === 'running') this.pause();
    else if (state !== 'loading' && state !== 'diverged') this.play();
  }

  step(count = 1): void {
    if (this.#scratch) this.#leaveScratch();
    else this.timeline.show(null);
    this.#cancelResume();
    void this.#enqueue(() => this.engine.step(count));
  }

  reset(): void {
    this.#cancelResume();
    this.#rewind();
    set({ problem: null, message: null });
    void this.#enqueue(() => this.engine.reset());
  }

  rollback(): void {
    set({ problem: null });
    void this.#enqueue(() => this.engine.rollback());
  }

  setSpeed(speed: Speed): void {
    viewStore.setState({ speed });
    void this.#enqueue(() => this.engine.setSpeed(speed));
  }

  /** A live setting applies at once; any other restarts the run. */
  setSetting<Key extends SettingKey>(key: Key, value: Settings[Key]): void {
    this.#change({ settings: { ...experimentStore.getState().settings, [key]: value } });
    const field = fieldByKey(key);
    if (field.live) this.#setLive(key, value);
    else this.#restartSoon(`${field.label} changed`);
  }

  /** Back to the preset's value. If methods differ in it, the run restarts. */
  unsetSetting(key: SettingKey): void {
    const settings = { ...experimentStore.getState().settings };
    delete settings[key];
    this.#change({ settings });
    const field = fieldByKey(key);
    const experiment = experimentStore.getState();
    const values = METHOD_IDS.filter((method) => readsSetting(method, field.key)).map(
      (method) => methodSettings(experiment, method)[key],
    );
    if (field.live && new Set(values).size === 1) this.#setLive(key, values[0]);
    else this.#restartSoon(`${field.label} is the preset’s again`);
  }

  setMethods(methods: readonly MethodId[]): void {
    const ordered = METHOD_IDS.filter((method) => methods.includes(method));
    const left = experimentStore.getState().methods.filter((method) => !ordered.includes(method));
    for (const method of left) frameStore.drop(method);
    this.seeds.leaveOut(left);
    this.#change({ methods: ordered });
    void this.#enqueue(() => this.engine.setMethods(ordered));
  }

  toggleMethod(method: MethodId): void {
    const { methods } = experimentStore.getState();
    this.setMethods(methods.includes(method) ? methods.filter((id) => id !== method) : [...methods, method]);
  }

  setBudget(budget: number): void {
    this.#change({ budget });
    void this.#enqueue(() => this.engine.setBudget(budget));
  }

  setSeed(seed: number): void {
    this.#change({ seed });
    this.#restartSoon('New seed');
  }

  setRace(race: Experiment['race']): void {
    this.#change({ race });
    viewStore.setState({ axis: race });
    this.#restartSoon('New kind of race');
  }

  /** A preset brings its budget; settings changed by hand stay. */
  setPreset(preset: PresetId): void {
    this.#change({ preset, budget: PRESET_BUDGET[preset] });
    this.#restartSoon(preset === 'paper' ? 'The paper’s settings' : 'The fast settings');
  }

  setData(data: BanditData): void {
    this.#change({ data });
    this.#restartSoon('New data');
  }

  setEngine(engine: BackendChoice): void {
    viewStore.setState({ engine });
    this.#restartSoon('New engine');
  }

  async importWeights(method: MethodId, bytes: Uint8Array): Promise<void> {
    await this.#serial(() => this.engine.importWeights(method, bytes));
    this.#scratch = false;
    this.seeds.markIncomparable([method], 'This run continues from imported weights');
  }

  /** Pauses in a hidden tab and resumes when it is visible again. */
  visibility(hidden: boolean): void {
    this.seeds.visibility(hidden);
    if (hidden && this.#wanted && runStore.getState().state === 'running') {
      this.#resumeWhenVisible = true;
      void this.#enqueue(() => this.engine.pause());
    } else if (!hidden && this.#resumeWhenVisible) {
      this.#resumeWhenVisible = false;
      void this.#enqueue(() => this.engine.play());
    }
  }

  async #takeFrames(frames: readonly MethodFrame[], elapsedSeconds: number): Promise<void> {
    for (const frame of frames) {
      // A shipped frame that arrives after Play does not belong to this run.
      if (frame.shipped && !this.#scratch) continue;
      const last = frameStore.latest(frame.method);
      if (last && frame.step < last.step) this.series.clear(frame.method);
      frameStore.put(frame);
      if (!this.#scratch) this.series.append(frame);
      await this.#yieldTask();
    }
    frameStore.tick(elapsedSeconds);
    void this.timeline.readTimeline(false);
    if (!this.#scratch) this.timeline.showWhenReached();
  }

  #setLive<Key extends SettingKey>(key: Key, value: Settings[Key] | undefined): void {
    const field = fieldByKey(key);
    if (!this.#scratch) {
      const changed = experimentStore.getState().methods.filter((method) => readsSetting(method, field.key));
      this.seeds.markIncomparable(changed, `${field.label} was changed during this run`);
    }
    void this.#enqueue(() => this.engine.setLive({ [key]: value }));
  }

  #change(change: Partial<Experiment>): void {
    experimentStore.setState(change);
  }

  #cancelResume(): void {
    this.#wanted = false;
    this.#resumeWhenVisible = false;
    this.#resumeAfterRestart = false;
  }

  /** The run begins: frames that are not its own are dropped. */
  #leaveScratch(): void {
    this.#scratch = false;
    this.series.clear();
    frameStore.dropShipped();
    set({ message: null });
  }

  #rewind(): void {
    this.#scratch = true;
    this.series.clear();
    frameStore.clear();
    this.timeline.clear();
    this.seeds.clear();
    set({ generation: runStore.getState().generation + 1 });
  }

  /** Restarts after a delay without further changes; a run in progress resumes from step 0. */
  #restartSoon(reason: string): void {
    const running = (this.#wanted && runStore.getState().state === 'running') || this.#resumeAfterRestart;
    this.#resumeAfterRestart = running;
    const started = hasStarted(runStore.getState().state);
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = null;
      if (this.#restartQueued) return;
      this.#restartQueued = true;
      void this.#enqueue(async () => {
        this.#restartQueued = false;
        const resume = this.#resumeAfterRestart;
        this.#resumeAfterRestart = false;
        if (runStore.getState().state === 'running') await this.engine.pause();
        this.#rewind();
        set({ problem: null, message: started ? `${reason}: the run starts again from step 0.` : null });
        await this.#open();
        await this.#showStart();
        if (resume) {
          this.#scratch = false;
          await this.engine.play();
        }
      });
    }, RESTART_DELAY_MS);
  }

  async #open(): Promise<void> {
    const { engine, speed } = viewStore.getState();
    set({ state: 'loading', info: null });
    const info = await this.engine.open(experimentStore.getState(), engine);
    set({ info, progress: null, data: await this.engine.data() });
    if (speed !== null) await this.engine.setSpeed(speed);
  }

  /** An opened engine sends no frames by itself; setting live settings, even none, makes it send them. */
  #showStart(): Promise<void> {
    return this.engine.setLive({});
  }

  #serial<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Runs after all earlier commands. A failure becomes a notice. */
  async #enqueue(work: () => Promise<unknown>): Promise<void> {
    try {
      await this.#serial(work);
    } catch (error) {
      set({ problem: { kind: 'error', message: error instanceof Error ? error.message : String(error) } });
    }
  }
}

function set(change: Partial<Run>): void {
  runStore.setState(change);
}
