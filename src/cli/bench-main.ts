/** The program behind `npm run bench`: the command itself, and each process that it starts for one row. */
import { createInterface } from 'node:readline';
import { ROW_VARIABLE } from '../bench/hosts.ts';
import type { RowRequest } from '../bench/messages.ts';

if (process.env[ROW_VARIABLE] === undefined) {
  const { lab } = await import('./lab.ts');
  process.exitCode = await lab(['bench', ...process.argv.slice(2)], {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  });
} else {
  const { rowServer } = await import('../bench/row.ts');
  const answer = rowServer();
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as RowRequest))}\n`);
  }
  // There are no more requests. A GPU device would keep the process alive.
  process.exit();
}
