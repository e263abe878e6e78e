/** What a gradient step that has no room says. */
import { megabytes, OutOfMemoryError } from '../tensor/memory.ts';

/**
 * What a step failed of, in words that help: of memory with the size asked for and a batch that would fit, of anything
 * else as it is.
 * @param name the method's
 */
export function explainOutOfMemory(error: unknown, name: string, batchSize: number): unknown {
  if (!(error instanceof OutOfMemoryError)) return error;
  const { asked, room } = error;
  const share = room === null ? 0.5 : room / asked;
  const fit = 2 ** Math.floor(Math.log2(Math.max(1, batchSize * share)));
  const most = room === null ? 'more than there is room for' : `where a tensor may have ${megabytes(room)}`;
  return new Error(
    `${name}: a gradient step with a batch of ${batchSize} asks for ${megabytes(asked)} at once, ` +
      `${most}. A batch of ${fit} ${room === null ? 'may' : 'would'} fit.`,
    { cause: error },
  );
}

/** The same of a step of several agents at once, each with a batch of its own. */
export function explainBatchedOutOfMemory(error: unknown, agents: number): unknown {
  if (!(error instanceof OutOfMemoryError) || error.room === null) return error;
  const fit = Math.floor((error.room * agents) / error.asked);
  const words = fit > 1 ? `${fit} would fit` : 'train them one by one';
  return new Error(
    `A step of ${agents} agents at once asks for ${megabytes(error.asked)} in one buffer, where one may have ${megabytes(error.room)}: ${words}.`,
    { cause: error },
  );
}
