// The thread pool: the main thread, which dispatches jobs, and its workers, each with an instance of this module on one
// shared memory. A job is cut into blocks, and any free thread runs the next one. A block's result does not depend on
// the thread that runs it, so a worker that starts late, or never, costs time and nothing else.
import { setConstants } from './activation';
import { runBlock } from './jobs';

// Offsets in the control block, in bytes. The next block (low half) and the number of blocks (high half) are one word,
// so that a worker that takes a block knows which job it belongs to.
const NEXT: usize = 0;
const FINISHED: usize = 8;
const EPOCH: usize = 12;
const PARKED: usize = 16;
const WAITING: usize = 20;
// On another cache line than the words above, which workers poll.
const JOB: usize = 64;
const JOB_ARGUMENTS: usize = 68;
const THREADS: usize = 256;
const THREAD_BYTES: usize = 256;
// After a thread's own 63 elements: how many blocks it has run.
const PROCESSED: usize = 252;

/** Polls before a thread sleeps: some ten microseconds. */
const SPIN_LIMIT: i32 = 5000;
/** Longest sleep of the main thread until it checks again whether the job has ended. */
const SLEEP_NANOSECONDS: i64 = 1_000_000;

let controlBlock: usize = 0;
let thread: i32 = 0;
let workers: i32 = 0;
let maySleep: bool = false;

/** Sets this instance's control block (4 KB, initially zero) and its thread number; 0 is the main thread. */
export function initThread(control: usize, index: i32): void {
  controlBlock = control;
  thread = index;
  setConstants();
}

/** For thread 0: the number of workers, and whether this thread may sleep (a page's main thread may not). */
export function configurePool(count: i32, sleeps: bool): void {
  workers = count;
  maySleep = sleeps;
}

/** The arguments of the current job, shared by all threads: 188 bytes. */
export function jobMemory(): usize {
  return controlBlock + JOB_ARGUMENTS;
}

/** 63 elements that belong to this thread. */
export function threadMemory(): usize {
  return controlBlock + THREADS + <usize>thread * THREAD_BYTES;
}

/** How many blocks of dispatched jobs a thread has run. */
export function blocksProcessed(index: i32): i32 {
  return load<i32>(controlBlock + THREADS + <usize>index * THREAD_BYTES, PROCESSED);
}

export function threadIndex(): i32 {
  return thread;
}

// Runs blocks of the open job until none is left; returns whether there was one.
function takeBlocks(): bool {
  let took = false;
  while (true) {
    const seen = atomic.load<i64>(controlBlock, NEXT);
    if (<i32>seen >= <i32>(seen >> 32)) return took;
    const taken = atomic.add<i64>(controlBlock, 1, NEXT);
    const blocks = <i32>(taken >> 32);
    if (<i32>taken >= blocks) return took;
    runBlock(load<i32>(controlBlock, JOB), <i32>taken);
    store<i32>(threadMemory(), load<i32>(threadMemory(), PROCESSED) + 1, PROCESSED);
    const finished = atomic.add<i32>(controlBlock, 1, FINISHED) + 1;
    if (finished == blocks && atomic.load<i32>(controlBlock, WAITING)) atomic.notify(controlBlock + FINISHED, 1);
    took = true;
  }
}

// Adds 0 instead of loading: Binaryen hoists an atomic load out of a spin loop.
function finishedBlocks(): i32 {
  return atomic.add<i32>(controlBlock, 0, FINISHED);
}

/** Runs a job, whose arguments are set, and returns when all of its blocks are done. */
export function dispatch(job: i32, blocks: i32): void {
  if (workers == 0 || blocks == 1) {
    for (let block = 0; block < blocks; block++) runBlock(job, block);
    return;
  }
  store<i32>(controlBlock, job, JOB);
  atomic.store<i32>(controlBlock, 0, FINISHED);
  atomic.store<i64>(controlBlock, (<i64>blocks) << 32, NEXT);
  atomic.add<i32>(controlBlock, 1, EPOCH);
  if (atomic.load<i32>(controlBlock, PARKED)) atomic.notify(controlBlock + EPOCH, workers);
  takeBlocks();
  for (let spins = 0; spins < SPIN_LIMIT; spins++) if (finishedBlocks() == blocks) return;
  atomic.store<i32>(controlBlock, 1, WAITING);
  while (true) {
    const finished = finishedBlocks();
    if (finished == blocks) break;
    if (maySleep) atomic.wait<i32>(controlBlock + FINISHED, finished, SLEEP_NANOSECONDS);
  }
  atomic.store<i32>(controlBlock, 0, WAITING);
}

/** A worker's endless loop: it runs blocks of the open job. Without one it first spins, then sleeps. */
export function runWorker(): void {
  while (true) {
    for (let spins = 0; spins < SPIN_LIMIT; spins++) if (takeBlocks()) spins = 0;
    const epoch = atomic.load<i32>(controlBlock, EPOCH);
    atomic.add<i32>(controlBlock, 1, PARKED);
    // A job that was opened before the epoch was read is not announced again.
    if (!takeBlocks()) atomic.wait<i32>(controlBlock + EPOCH, epoch, -1);
    atomic.sub<i32>(controlBlock, 1, PARKED);
  }
}
