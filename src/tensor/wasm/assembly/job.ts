// A job over the rows of a batch that go through one network. What its blocks are told stands in the control memory,
// where every member of the team finds it.
import { at } from './memory';
import { memberIndex, toldMemory } from './team';

/** What every job is told; what a job is told besides is a class that extends this one. */
@unmanaged
export class Job {
  /** The network in integers, as network.ts reads it. */
  network: usize;
  /** Rows of the batch. */
  batch: i32;
  /** Most rows in a block. */
  blockRows: i32;
  /** Scratch memory: `shared` elements for all members, then `own` for each. */
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

  /** Scratch memory of this member's own. */
  ownScratch(): usize {
    return at(this.scratch, this.shared + memberIndex() * this.own);
  }
}

/** What the blocks are told, as one kind of job. */
export function told<T>(): T {
  return changetype<T>(toldMemory());
}

/** Begins a job: sets what all of them are told. A function that runs one sets the rest. */
export function begin(network: usize, batch: i32, blockRows: i32, scratch: usize, shared: i32, own: i32): void {
  const job = told<Job>();
  job.network = network;
  job.batch = batch;
  job.blockRows = blockRows;
  job.scratch = scratch;
  job.shared = shared;
  job.own = own;
}
