/** A rollout worker in the browser: the server behind a Web Worker's messages. */
import { holdLifeline } from './heartbeat.ts';
import type { RolloutJob } from './protocol.ts';
import { RolloutServer, transferables } from './server.ts';
import { ALIVE } from './spawn-browser.ts';

const server = new RolloutServer();
const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = async ({ data }: MessageEvent<RolloutJob>) => {
  const reply = await server.serve(data);
  scope.postMessage(reply, transferables(reply));
};
holdLifeline(scope.name, () => scope.postMessage(ALIVE));
