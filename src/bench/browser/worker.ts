/** A row in a worker, as training runs on the page. */
import type { RowRequest } from '../messages.ts';
import { rowServer } from '../row.ts';

const answer = rowServer();

self.addEventListener('message', ({ data }: MessageEvent<RowRequest>) => {
  void answer(data).then((reply) => self.postMessage(reply));
});
