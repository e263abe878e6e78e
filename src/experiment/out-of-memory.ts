/** Error messages for a gradient step that runs out of memory. */
import { megabytes, OutOfMemoryError } from '../tensor/memory.ts';

/**
 * For an `OutOfMemoryError`, an error that names the size asked for and a batch that would fit; any other error
 * unchanged.
 * @param name of the method
 */
export function explainOutOfMemory(error: unknown, name: string, batchSize: number): unknown {
  if (!(error instanceof OutOfMemoryError)) return error;
  const { requested, room } = error;
  const ratio = room === null ? 0.5 : room / requested;
  const fit = 2 ** Math.floor(Math.log2(Math.max(1, batchSize * ratio)));
  const most = room === null ? 'more than there is room for' : `where a tensor may have ${megabytes(room)}`;
  return new Error(
    `${name}: a gradient step with a batch of ${batchSize} asks for ${megabytes(requested)} at once, ` +
      `${most}. A batch of ${fit} ${room === null ? 'may' : 'would'} fit.`,
    { cause: error },
  );
}

/** The same for a step of several agents at once, each with its own batch. */
export function explainBatchedOutOfMemory(error: unknown, agents: number): unknown {
  if (!(error instanceof OutOfMemoryError) || error.room === null) return error;
  const fit = Math.floor((error.room * agents) / error.requested);
  const advice = fit > 1 ? `${fit} would fit` : 'train them one by one';
  return new Error(
    `A step of ${agents} agents at once asks for ${megabytes(error.requested)} in one buffer, where one may have ${megabytes(error.room)}: ${advice}.`,
    { cause: error },
  );
}
