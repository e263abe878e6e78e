/** Rollout workers of the browser. */
import type { RolloutReply, SpawnWorker } from './protocol.ts';

export const spawnWebWorker: SpawnWorker = ({ reply, died }) => {
  const worker = new Worker(new URL('./worker-browser.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<RolloutReply>) => reply(data);
  worker.onerror = (event) => died(event.message || 'it could not be loaded');
  worker.onmessageerror = () => died('its answer could not be read');
  return {
    send: (job) => worker.postMessage(job),
    end: () => worker.terminate(),
  };
};
