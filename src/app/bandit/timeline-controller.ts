/** Shows earlier snapshots in every panel, while the run continues or is paused. */
import type { MethodId } from '../../bandit/methods.ts';
import type { TrainingEngine, SnapshotInfo } from '../../bandit/engine/protocol.ts';
import { experimentStore } from './stores/experiment-store.ts';
import { frameStore } from './stores/frame-store.ts';
import { hasStarted, runStore } from './stores/run-store.ts';
import { viewStore } from '../shared/view-store.ts';

const TIMELINE_EVERY_MS = 1000;

export class TimelineController {
  readonly #engine: TrainingEngine;
  #wanted: number | null = null;
  #busy = false;
  #timelineAt = 0;

  constructor(engine: TrainingEngine) {
    this.#engine = engine;
  }

  /** Shows the snapshot at or before `step`; null returns to the live run. */
  show(step: number | null): void {
    if (viewStore.getState().snapshotStep !== step) viewStore.setState({ snapshotStep: step });
    const reached = step !== null && hasStarted(runStore.getState().state) && this.#reaches(step);
    this.#wanted = reached ? step : null;
    frameStore.showSnapshots(reached);
    if (reached) void this.#fetch();
  }

  /** A link may name a step that the run has not reached yet. */
  showWhenReached(): void {
    const { snapshotStep } = viewStore.getState();
    if (snapshotStep !== null && this.#wanted === null) this.show(snapshotStep);
  }

  /** The run starts again: there are no snapshots. */
  clear(): void {
    this.#wanted = null;
    viewStore.setState({ snapshotStep: null });
    runStore.setState({ timeline: [] });
  }

  /** The method's own snapshot step for a step of the timeline: at equal steps or equal seconds, depending on the race. */
  async snapshotStep(method: MethodId, step: number): Promise<number> {
    if (experimentStore.getState().race === 'steps') return step;
    const seconds = runStore.getState().timeline.findLast((snapshot) => snapshot.step <= step)?.seconds ?? 0;
    const own = await this.#engine.snapshots(method);
    return own.findLast((snapshot) => snapshot.seconds <= seconds)?.step ?? own[0]?.step ?? 0;
  }

  /** Reads the snapshots of the method with the most steps, at most once a second unless `now` is set. */
  async readTimeline(now: boolean): Promise<void> {
    const time = performance.now();
    if (!hasStarted(runStore.getState().state) || (!now && time - this.#timelineAt < TIMELINE_EVERY_MS)) return;
    this.#timelineAt = time;
    const { methods } = experimentStore.getState();
    const furthest = methods.reduce<MethodId | null>((best, method) => {
      const step = frameStore.latest(method)?.step ?? -1;
      return best === null || step > (frameStore.latest(best)?.step ?? -1) ? method : best;
    }, null);
    const timeline: SnapshotInfo[] = furthest ? await this.#engine.snapshots(furthest).catch(() => []) : [];
    runStore.setState({ timeline });
  }

  #reaches(step: number): boolean {
    return (runStore.getState().timeline.at(-1)?.step ?? -1) >= step || frameStore.clock().step >= step;
  }

  /** Fetches the wanted snapshot of every method; a newer request replaces the one in progress. */
  async #fetch(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      let wanted = this.#wanted;
      while (wanted !== null) {
        for (const method of experimentStore.getState().methods) {
          if (this.#wanted !== wanted) break;
          const step = await this.snapshotStep(method, wanted);
          // A method added late has no such snapshot: its panel does not change.
          const view = await this.#engine.snapshot(method, step).catch(() => null);
          if (view && this.#wanted === wanted) frameStore.putSnapshot(view);
        }
        if (this.#wanted === wanted) return;
        wanted = this.#wanted;
      }
    } finally {
      this.#busy = false;
    }
  }
}
