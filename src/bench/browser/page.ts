/** The page that Chromium opens for a row: hands requests to the worker that is the row, and its replies back. */
import type { RowReply, RowRequest } from '../messages.ts';

declare global {
  /** What scripts/bench-chromium.mjs calls. */
  var askRow: (request: RowRequest) => Promise<RowReply>;
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

globalThis.askRow = (request) =>
  new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<RowReply>) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message || 'The worker failed.' });
    worker.postMessage(request);
  });
