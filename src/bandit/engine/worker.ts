/**
 * The engine in a worker, behind comlink; in one of another name, what trains other seeds. Typed arrays are handed over
 * to the page, not copied.
 */
import { expose, transfer } from 'comlink';
import { BanditEngine } from './engine.ts';
import type { EngineListener } from './frame-queue.ts';
import { fetchPretrained } from '../pretrained.ts';
import type { DenoisingPaths, EngineEvent, SnapshotView } from './protocol.ts';
import { SeedRuns } from '../seed-runs.ts';
import { SEEDS_WORKER } from '../seeds-protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

/** The folder of the page. A build with a relative base has its worker in a folder below it. */
function pageAddress(): string {
  const base = import.meta.env.BASE_URL;
  return new URL(base === './' ? '../' : base, self.location.href).href;
}

function handOver<Value extends object>(value: Value, arrays: readonly (Float32Array | Uint8Array | null)[]): Value {
  const buffers = arrays.flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
  return transfer(value, [...new Set(buffers)]);
}

function handOverEvent(event: EngineEvent): EngineEvent {
  return event.type === 'frame'
    ? handOver(
        event,
        event.frames.flatMap(({ samples, q }) => [samples, q]),
      )
    : event;
}

class WorkerEngine extends BanditEngine {
  #tell: EngineListener | null = null;
  /** The page has taken the last state. */
  stateTaken: Promise<void> | void = undefined;

  override async subscribe(listener: EngineListener): Promise<void> {
    this.#tell = listener;
    await super.subscribe((event) => {
      const taken = listener(handOverEvent(event));
      if (event.type === 'state') this.stateTaken = taken;
      return taken;
    });
  }

  override async data(): Promise<{ points: Float32Array; rewards: Float32Array }> {
    const data = await super.data();
    return handOver(data, [data.points, data.rewards]);
  }

  override async snapshot(...args: Parameters<BanditEngine['snapshot']>): Promise<SnapshotView> {
    const view = await super.snapshot(...args);
    return handOver(view, [view.samples, view.q]);
  }

  override async denoise(...args: Parameters<BanditEngine['denoise']>): Promise<DenoisingPaths> {
    const paths = await super.denoise(...args);
    return handOver(paths, [paths.positions]);
  }

  override async exportWeights(...args: Parameters<BanditEngine['exportWeights']>): Promise<Uint8Array> {
    const bytes = await super.exportWeights(...args);
    return handOver(bytes, [bytes]);
  }

  /** What nobody caught reaches the page as an event. */
  report(reason: unknown): void {
    void this.#tell?.({ type: 'error', message: reason instanceof Error ? reason.message : String(reason) });
  }
}

/**
 * The engine with commands that are answered once their states were taken: answers and events go by ports of their own,
 * and one may overtake the other.
 */
function inOrder(engine: WorkerEngine): WorkerEngine {
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        const answer: unknown = await Reflect.apply(member, target, args);
        await target.stateTaken;
        return answer;
      };
    },
  });
}

function exposeEngine(): void {
  const engine = new WorkerEngine({ loadPretrained: fetchPretrained(pageAddress()) });
  self.addEventListener('error', (event) => engine.report(event.error ?? event.message));
  self.addEventListener('unhandledrejection', (event) => engine.report(event.reason));
  expose(inOrder(engine));
}

// One file for both, since what they load is the same.
if (self.name === SEEDS_WORKER) expose(new SeedRuns());
else exposeEngine();
