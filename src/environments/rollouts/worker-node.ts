/** A rollout worker in Node: `RolloutServer` behind a worker thread's messages. */
import { parentPort } from 'node:worker_threads';
import type { RolloutJob } from './protocol.ts';
import { RolloutServer, rolloutTransferables } from './server.ts';

const server = new RolloutServer();

parentPort?.on('message', (job: RolloutJob) => {
  void server.serve(job).then((reply) => parentPort?.postMessage(reply, rolloutTransferables(reply)));
});
