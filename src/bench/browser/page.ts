/** The page that Chromium opens for a row: passes requests to the row's worker, and replies back. */
import type { RowReply, RowRequest } from '../messages.ts';

declare global {
  /** Called by scripts/bench-chromium.mjs. */
  var askRow: (request: RowRequest) => Promise<RowReply>;
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

globalThis.askRow = (request) =>
  new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<RowReply>) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message || 'The worker failed.' });
    worker.postMessage(request);
  });
