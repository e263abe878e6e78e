// A job over the rows of a batch that go through one network. Its arguments are in the control block, where every thread
// of the pool can read them.
import { at } from './memory';
import { threadIndex, jobMemory } from './thread-pool';

/** Arguments of every job. A job with more arguments extends this class. */
@unmanaged
export class Job {
  /** The network as integers; see network.ts. */
  network: usize;
  /** Rows of the batch. */
  batch: i32;
  /** Most rows in a block. */
  blockRows: i32;
  /** Scratch memory: `shared` elements for all threads, then `own` for each. */
  scratch: usize;
  shared: i32;
  own: i32;

  /** Blocks that rows are cut into. */
  blocksOf(rows: i32): i32 {
    return (rows + this.blockRows - 1) / this.blockRows;
  }

  /** First row of a block. */
  firstRow(block: i32): i32 {
    return block * this.blockRows;
  }

  /** Rows of a block that starts at row `first` of `rows`. */
  rowsFrom(first: i32, rows: i32): i32 {
    return min(this.blockRows, rows - first);
  }

  /** This thread's part of the scratch memory. */
  threadScratch(): usize {
    return at(this.scratch, this.shared + threadIndex() * this.own);
  }
}

/** The arguments of the current job, as a job of class T. */
export function jobAs<T>(): T {
  return changetype<T>(jobMemory());
}

/** Sets the arguments that all jobs have. The function that dispatches a job sets the others. */
export function beginJob(network: usize, batch: i32, blockRows: i32, scratch: usize, shared: i32, own: i32): void {
  const job = jobAs<Job>();
  job.network = network;
  job.batch = batch;
  job.blockRows = blockRows;
  job.scratch = scratch;
  job.shared = shared;
  job.own = own;
}
