/** Looking back: every panel shows what its method was at an earlier moment, while the run goes on or rests. */
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

  /** Looks at the kept moment at or before `step`; null goes back to now. */
  show(step: number | null): void {
    if (viewStore.getState().snapshotStep !== step) viewStore.setState({ snapshotStep: step });
    const reached = step !== null && hasStarted(runStore.getState().state) && this.#reaches(step);
    this.#wanted = reached ? step : null;
    frameStore.showSnapshots(reached);
    if (reached) void this.#fetch();
  }

  /** A link may name a moment that the run has yet to come to. */
  showWhenReached(): void {
    const { snapshotStep: moment } = viewStore.getState();
    if (moment !== null && this.#wanted === null) this.show(moment);
  }

  /** The run starts again: there is nothing to look back at. */
  clear(): void {
    this.#wanted = null;
    viewStore.setState({ snapshotStep: null });
    runStore.setState({ timeline: [] });
  }

  /** The method's own kept moment for a step of the timeline: equal steps, or equal seconds, as the race goes. */
  async snapshotStep(method: MethodId, step: number): Promise<number> {
    if (experimentStore.getState().race === 'steps') return step;
    const seconds = runStore.getState().timeline.findLast((moment) => moment.step <= step)?.seconds ?? 0;
    const own = await this.#engine.snapshots(method);
    return own.findLast((moment) => moment.seconds <= seconds)?.step ?? own[0]?.step ?? 0;
  }

  /** Reads the kept moments of the method that is furthest on, once a second at most unless told otherwise. */
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

  /** The wanted moment for every method; a newer wish overtakes the one that is being answered. */
  async #fetch(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      let wanted = this.#wanted;
      while (wanted !== null) {
        for (const method of experimentStore.getState().methods) {
          if (this.#wanted !== wanted) break;
          const step = await this.snapshotStep(method, wanted);
          // A method added late has no such moment: its panel stays as it is.
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
