/** The worker that runs a body: the server behind a Web Worker's messages. Arrays are handed over, not copied. */
import { startEngine } from '../engine.ts';
import type { StageCommand, StageReply } from './protocol.ts';
import { StageServer, transferables } from './server.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;

function tell(reply: StageReply): void {
  scope.postMessage(reply, transferables(reply));
}

const started = startEngine().then(
  (engine) => {
    const resources = performance.getEntriesByType('resource').map(({ name }) => name);
    tell({ type: 'ready', version: engine.version, resources });
    return new StageServer(engine);
  },
  (error: unknown) => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    return null;
  },
);

scope.onmessage = async ({ data }: MessageEvent<StageCommand>) => {
  const reply = (await started)?.serve(data);
  if (reply) tell(reply);
};
