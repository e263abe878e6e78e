/** Rollout workers of the browser. */
import { watchLivenessLock } from './heartbeat.ts';
import type { RolloutReply, SpawnWorker } from './protocol.ts';

/** The message of a worker once it holds its liveness lock. */
export const ALIVE = 'alive';

let spawned = 0;

export const spawnWebWorker: SpawnWorker = ({ reply, died }) => {
  const name = `rollouts-${performance.timeOrigin}-${spawned++}`;
  const worker = new Worker(new URL('./worker-browser.ts', import.meta.url), { type: 'module', name });
  let leave = (): void => undefined;
  worker.onmessage = ({ data }: MessageEvent<RolloutReply | typeof ALIVE>) => {
    if (data === ALIVE) leave = watchLivenessLock(name, () => died('the browser ended it'));
    else reply(data);
  };
  worker.onerror = (event) => died(event.message || 'it could not be loaded');
  worker.onmessageerror = () => died('its answer could not be read');
  return {
    send: (job) => worker.postMessage(job),
    end: () => {
      leave();
      worker.terminate();
    },
  };
};
