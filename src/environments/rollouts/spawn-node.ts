/** Rollout workers of Node: threads that run the TypeScript sources. */
import { Worker } from 'node:worker_threads';
import type { RolloutReply, SpawnWorker } from './protocol.ts';

export const spawnThread: SpawnWorker = ({ reply, died }) => {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url), { execArgv: [] });
  let over = false;
  const end = (reason: string) => {
    if (over) return;
    over = true;
    died(reason);
  };
  worker.on('message', (message: RolloutReply) => {
    if (!over) reply(message);
  });
  worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => end(`it ended with code ${code}`));
  return {
    send: (job) => worker.postMessage(job),
    end: () => {
      over = true;
      void worker.terminate();
    },
  };
};
