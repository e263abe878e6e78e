/** The worker that runs a body: `StageServer` behind a Web Worker's messages. Arrays are transferred, not copied. */
import { startPhysicsEngine } from '../engine.ts';
import type { StageCommand, StageReply } from './protocol.ts';
import { StageServer, stageTransferables } from './server.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;

function send(reply: StageReply): void {
  scope.postMessage(reply, stageTransferables(reply));
}

const started = startPhysicsEngine().then(
  (engine) => {
    const resources = performance.getEntriesByType('resource').map(({ name }) => name);
    send({ type: 'ready', version: engine.version, resources });
    return new StageServer(engine);
  },
  (error: unknown) => {
    send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    return null;
  },
);

scope.onmessage = async ({ data }: MessageEvent<StageCommand>) => {
  const reply = (await started)?.serve(data);
  if (reply) send(reply);
};
