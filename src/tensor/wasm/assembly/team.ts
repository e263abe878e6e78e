// The team: the thread that hands out jobs and its helpers, each with an instance of this module on one memory. A job
// is cut into blocks, which whoever is free takes in turn; what a block computes does not depend on who takes it. So a
// helper that comes late, or never, costs time and nothing else.
import { setConstants } from './activation';
import { runBlock } from './jobs';

// In the control memory, in bytes. The next block (low half) and the number of blocks (high half) are one word, so
// that a helper that takes a block knows which job it is of.
const NEXT: usize = 0;
const FINISHED: usize = 8;
const EPOCH: usize = 12;
const PARKED: usize = 16;
const WAITING: usize = 20;
// Away from the words above, which helpers poll.
const JOB: usize = 64;
const TOLD: usize = 68;
const OWN: usize = 256;
const OWN_BYTES: usize = 256;
// Behind what a member has for its work: how many blocks it has taken.
const TAKEN: usize = 252;

/** Looks for work, or for its end, before going to sleep: some ten microseconds. */
const PATIENCE: i32 = 5000;
/** Sleeps at most so long for the end of a job, in nanoseconds. */
const NAP: i64 = 1_000_000;

let control: usize = 0;
let member: i32 = 0;
let helpers: i32 = 0;
let maySleep: bool = false;

/** Tells this instance the control memory (4 KB, zeroed at first) and which member of the team it is, from 0. */
export function join(memory: usize, index: i32): void {
  control = memory;
  member = index;
  setConstants();
}

/** For member 0: how many helpers serve, and whether this thread may sleep (a page's own thread may not). */
export function lead(count: i32, sleeps: bool): void {
  helpers = count;
  maySleep = sleeps;
}

/** Where a job's blocks are told what to do: 188 bytes, which all members see. */
export function toldMemory(): usize {
  return control + TOLD;
}

/** 63 elements of this member's own. */
export function ownMemory(): usize {
  return control + OWN + <usize>member * OWN_BYTES;
}

/** How many blocks a member has taken of jobs that were shared out. */
export function blocksTaken(index: i32): i32 {
  return load<i32>(control + OWN + <usize>index * OWN_BYTES, TAKEN);
}

export function memberIndex(): i32 {
  return member;
}

// Takes blocks of the open job until there are none; returns whether there was one.
function takeBlocks(): bool {
  let took = false;
  while (true) {
    const seen = atomic.load<i64>(control, NEXT);
    if (<i32>seen >= <i32>(seen >> 32)) return took;
    const taken = atomic.add<i64>(control, 1, NEXT);
    const blocks = <i32>(taken >> 32);
    if (<i32>taken >= blocks) return took;
    runBlock(load<i32>(control, JOB), <i32>taken);
    store<i32>(ownMemory(), load<i32>(ownMemory(), TAKEN) + 1, TAKEN);
    const finished = atomic.add<i32>(control, 1, FINISHED) + 1;
    if (finished == blocks && atomic.load<i32>(control, WAITING)) atomic.notify(control + FINISHED, 1);
    took = true;
  }
}

// An addition of nothing: Binaryen moves an atomic load out of a loop that waits for it.
function finishedBlocks(): i32 {
  return atomic.add<i32>(control, 0, FINISHED);
}

/** Runs a job, whose blocks have been told what to do, and returns when all of them are done. */
export function dispatch(job: i32, blocks: i32): void {
  if (helpers == 0 || blocks == 1) {
    for (let block = 0; block < blocks; block++) runBlock(job, block);
    return;
  }
  store<i32>(control, job, JOB);
  atomic.store<i32>(control, 0, FINISHED);
  atomic.store<i64>(control, (<i64>blocks) << 32, NEXT);
  atomic.add<i32>(control, 1, EPOCH);
  if (atomic.load<i32>(control, PARKED)) atomic.notify(control + EPOCH, helpers);
  takeBlocks();
  for (let looks = 0; looks < PATIENCE; looks++) if (finishedBlocks() == blocks) return;
  atomic.store<i32>(control, 1, WAITING);
  while (true) {
    const finished = finishedBlocks();
    if (finished == blocks) break;
    if (maySleep) atomic.wait<i32>(control + FINISHED, finished, NAP);
  }
  atomic.store<i32>(control, 0, WAITING);
}

/** What a helper does, for ever: takes blocks of whatever job is open; while there is none, waits awake, then asleep. */
export function serve(): void {
  while (true) {
    for (let looks = 0; looks < PATIENCE; looks++) if (takeBlocks()) looks = 0;
    const epoch = atomic.load<i32>(control, EPOCH);
    atomic.add<i32>(control, 1, PARKED);
    // A job that was opened before the epoch was read is not announced again.
    if (!takeBlocks()) atomic.wait<i32>(control + EPOCH, epoch, -1);
    atomic.sub<i32>(control, 1, PARKED);
  }
}
