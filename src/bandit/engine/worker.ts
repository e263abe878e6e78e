/**
 * The worker of the engine, behind comlink. Under another name the same file trains other seeds. Typed arrays are
 * transferred to the page, not copied.
 */
import { expose, transfer } from 'comlink';
import { BanditEngine } from './engine.ts';
import type { EngineListener } from './frame-queue.ts';
import { fetchPretrained } from '../pretrained.ts';
import type { DenoisingPaths, EngineEvent, SnapshotView } from './protocol.ts';
import { SeedRuns } from '../seed-runs.ts';
import { SEEDS_WORKER_NAME } from '../seeds-protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

/** The folder of the page. A build with a relative base has its worker in a folder below it. */
function pageAddress(): string {
  const base = import.meta.env.BASE_URL;
  return new URL(base === './' ? '../' : base, self.location.href).href;
}

function transferArrays<Value extends object>(
  value: Value,
  arrays: readonly (Float32Array | Uint8Array | null)[],
): Value {
  const buffers = arrays.flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
  return transfer(value, [...new Set(buffers)]);
}

function transferEvent(event: EngineEvent): EngineEvent {
  return event.type === 'frame'
    ? transferArrays(
        event,
        event.frames.flatMap(({ samples, q }) => [samples, q]),
      )
    : event;
}

class WorkerEngine extends BanditEngine {
  #listener: EngineListener | null = null;
  /** Resolves when the page has handled the last state. */
  stateHandled: Promise<void> | void = undefined;

  override async subscribe(listener: EngineListener): Promise<void> {
    this.#listener = listener;
    await super.subscribe((event) => {
      const handled = listener(transferEvent(event));
      if (event.type === 'state') this.stateHandled = handled;
      return handled;
    });
  }

  override async data(): Promise<{ points: Float32Array; rewards: Float32Array }> {
    const data = await super.data();
    return transferArrays(data, [data.points, data.rewards]);
  }

  override async snapshot(...args: Parameters<BanditEngine['snapshot']>): Promise<SnapshotView> {
    const view = await super.snapshot(...args);
    return transferArrays(view, [view.samples, view.q]);
  }

  override async denoise(...args: Parameters<BanditEngine['denoise']>): Promise<DenoisingPaths> {
    const paths = await super.denoise(...args);
    return transferArrays(paths, [paths.positions]);
  }

  override async exportWeights(...args: Parameters<BanditEngine['exportWeights']>): Promise<Uint8Array> {
    const bytes = await super.exportWeights(...args);
    return transferArrays(bytes, [bytes]);
  }

  /** Reports an uncaught error to the page. */
  report(reason: unknown): void {
    void this.#listener?.({ type: 'error', message: reason instanceof Error ? reason.message : String(reason) });
  }
}

/**
 * The engine with commands that resolve only after the page has handled their states: answers and events use separate
 * ports, so one may overtake the other.
 */
function resolveAfterStates(engine: WorkerEngine): WorkerEngine {
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        const answer: unknown = await Reflect.apply(member, target, args);
        await target.stateHandled;
        return answer;
      };
    },
  });
}

function exposeEngine(): void {
  const engine = new WorkerEngine({ loadPretrained: fetchPretrained(pageAddress()) });
  self.addEventListener('error', (event) => engine.report(event.error ?? event.message));
  self.addEventListener('unhandledrejection', (event) => engine.report(event.reason));
  expose(resolveAfterStates(engine));
}

// One file for both, since both load the same code.
if (self.name === SEEDS_WORKER_NAME) expose(new SeedRuns());
else exposeEngine();
