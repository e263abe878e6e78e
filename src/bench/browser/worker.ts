/** A row in a worker, where the page trains as well. */
import type { RowRequest } from '../messages.ts';
import { rowServer } from '../row.ts';

const answer = rowServer();

self.addEventListener('message', ({ data }: MessageEvent<RowRequest>) => {
  void answer(data).then((reply) => self.postMessage(reply));
});
