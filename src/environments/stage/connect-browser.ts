/** The page's side of the stage's worker. */
import type { StageCommand, StageReply } from './protocol.ts';

export interface StageWorker {
  send(command: StageCommand): void;
  /** Terminates the worker and its engine. No reply follows. */
  end(): void;
}

/** Starts the worker. @param onReply gets its replies, and `failed` if it cannot be loaded. */
export function startStageWorker(onReply: (reply: StageReply) => void): StageWorker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<StageReply>) => onReply(data);
  worker.onerror = (event) => {
    onReply({ type: 'failed', message: event.message || 'The worker of the physics could not be loaded.' });
  };
  return { send: (command) => worker.postMessage(command), end: () => worker.terminate() };
}
