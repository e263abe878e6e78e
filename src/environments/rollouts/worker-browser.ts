/** A rollout worker in the browser: `RolloutServer` behind a Web Worker's messages. */
import { holdLivenessLock } from './heartbeat.ts';
import type { RolloutJob } from './protocol.ts';
import { RolloutServer, rolloutTransferables } from './server.ts';
import { ALIVE } from './spawn-browser.ts';

const server = new RolloutServer();
const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = async ({ data }: MessageEvent<RolloutJob>) => {
  const reply = await server.serve(data);
  scope.postMessage(reply, rolloutTransferables(reply));
};
holdLivenessLock(scope.name, () => scope.postMessage(ALIVE));
