/**
 * Measuring rows against each other: every row runs a block of steps, then every row the next, so that whatever else
 * the machine does weighs on all of them alike. A row's figure is the median of its blocks.
 */
import type { TimedBlock, RowReady, RowSpec } from './messages.ts';
import { median } from './statistics.ts';

export interface Pace {
  /** Blocks of each row. */
  rounds: number;
  /** Milliseconds of steps before the first block, in which a JavaScript engine finds what to compile. */
  warmMs: number;
  /** Milliseconds that a block is meant to last; one step may last longer. */
  blockMs: number;
  /** Milliseconds of blocks after which a row takes part in no further round, the one step of its warm-up included. */
  enoughMs: number;
  /** Milliseconds of its own, set-up included, after which a row is ended. */
  limitMs: number;
}

export const FULL_PACE: Pace = { rounds: 7, warmMs: 3000, blockMs: 1000, enoughMs: 40_000, limitMs: 600_000 };
export const QUICK_PACE: Pace = { rounds: 3, warmMs: 1000, blockMs: 250, enoughMs: 5000, limitMs: 60_000 };

/** A block never has more steps than this. */
const MOST_STEPS = 5000;
/** Steps that a block of recorded steps has at least, of all agents, so that they share what a submission costs. */
const SUBMITTED_STEPS = 16;
/** Milliseconds that a block may last for that. */
const SUBMITTED_MS = 60_000;

export interface BenchRow extends RowSpec {
  /** Milliseconds a step. */
  stepMs: number;
  /** JavaScript time a step on WebGPU: until the call returned; null where the call does the work itself. */
  jsMs: number | null;
  /** tfjs kernels a step, on average: some work is not done in every step. */
  kernels: number | null;
  /** WebGPU compute dispatches a step, on average. */
  dispatches: number | null;
  /** Milliseconds of the first step, with everything that is compiled for it. */
  firstMs: number;
  /** Blocks and steps behind the medians. */
  rounds: number;
  steps: number;
  device: string;
  /** What a reader must know of this row, or null. */
  note: string | null;
}

/** A row that gave no figure. */
export interface MissingRow extends RowSpec {
  reason: string;
}

/** What `measureInTurn` drives: a `RowHost`, or a test's. */
export interface Measurable {
  readonly spec: RowSpec;
  start(): Promise<RowReady>;
  run(steps: number): Promise<TimedBlock>;
  close(): Promise<void>;
}

interface Measurement {
  rows: BenchRow[];
  missing: MissingRow[];
  /** What rows that started said of themselves. */
  ready: RowReady[];
}

class Contender {
  readonly host: Measurable;
  readonly blocks: TimedBlock[] = [];
  ready: RowReady | null = null;
  note: string | null = null;
  /** Takes part in the next round. */
  live = true;
  /** Milliseconds a step, by the last look. */
  #stepMs = 0;
  /** A step on its own, which is all that a slow row may have. */
  #single: TimedBlock | null = null;
  #spentMs = 0;
  readonly #pace: Pace;

  constructor(host: Measurable, pace: Pace) {
    this.host = host;
    this.#pace = pace;
  }

  /** Sets the row up and runs it until it is warm: what is compiled on the way is compiled before the first block. */
  async warmUp(): Promise<void> {
    await this.#within('set up', async () => {
      this.ready = await this.host.start();
    });
    let warmed = 0;
    for (let steps = 1; this.live && warmed < this.#pace.warmMs; steps = Math.min(MOST_STEPS, steps * 2)) {
      const block = await this.#run(steps, 'warm up');
      if (!block) return;
      warmed += block.ms;
      this.#single ??= block;
      if (block.steps === 1 && block.ms > this.#pace.enoughMs) {
        this.note = 'one step alone';
        this.live = false;
      }
    }
  }

  async takeRound(round: number): Promise<void> {
    const { path, agents } = this.host.spec;
    const submitted = path === 'recorded' || path === 'empty';
    const least = submitted ? Math.min(SUBMITTED_STEPS / agents, SUBMITTED_MS / this.#stepMs) : 1;
    const wanted = Math.max(1, least, this.#pace.blockMs / this.#stepMs);
    const steps = Math.min(MOST_STEPS, Math.round(wanted));
    const block = await this.#run(steps, `run round ${round + 1} of ${this.#pace.rounds}`);
    if (block) this.blocks.push(block);
    if (this.blocks.reduce((sum, { ms }) => sum + ms, 0) > this.#pace.enoughMs) this.live = false;
  }

  report(): BenchRow | MissingRow {
    const { spec } = this.host;
    const blocks = this.blocks.length > 0 ? this.blocks : this.#single ? [this.#single] : [];
    if (!this.ready || blocks.length === 0) {
      const first = this.ready ? `; its first step took ${(this.ready.firstMs / 1000).toFixed(1)} s` : '';
      return { ...spec, reason: `${this.note ?? 'it took no step'}${first}` };
    }
    const steps = blocks.reduce((sum, block) => sum + block.steps, 0);
    const perStep = (of: (block: TimedBlock) => number | null) =>
      blocks.some((block) => of(block) === null) ? null : median(blocks.map((b) => (of(b) as number) / b.steps));
    const average = (of: (block: TimedBlock) => number | null) => {
      const values = blocks.map(of).filter((value) => value !== null);
      return values.length === 0 ? null : Math.round((10 * values.reduce((a, b) => a + b, 0)) / steps) / 10;
    };
    const diverged = blocks.some(({ loss }) => !Number.isFinite(loss));
    return {
      ...spec,
      threads: this.ready.threads,
      stepMs: perStep(({ ms }) => ms) as number,
      jsMs: perStep(({ jsMs }) => jsMs),
      kernels: average(({ kernels }) => kernels),
      dispatches: average(({ dispatches }) => dispatches),
      firstMs: this.ready.firstMs,
      rounds: this.blocks.length,
      steps,
      device: this.ready.device,
      note: diverged ? 'its loss is not finite' : this.note,
    };
  }

  async #run(steps: number, what: string): Promise<TimedBlock | null> {
    let block: TimedBlock | null = null;
    await this.#within(what, async () => {
      block = await this.host.run(steps);
      this.#stepMs = block.ms / steps;
    });
    return block;
  }

  /** Does a piece of work within what is left of the row's time; a row that is late or fails is ended. */
  async #within(what: string, work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    const left = this.#pace.limitMs - this.#spentMs;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), left)));
    const working = work();
    // A row that is ended may reject after nobody waits for it any more.
    working.catch(() => undefined);
    try {
      if ((await Promise.race([working, late])) === 'late') {
        await this.#end(`cut short after ${Math.round(this.#pace.limitMs / 1000)} s, trying to ${what}`);
      }
    } catch (error) {
      await this.#end(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
      this.#spentMs += performance.now() - began;
    }
  }

  async #end(reason: string): Promise<void> {
    this.note = reason;
    this.live = false;
    await this.host.close();
  }
}

/** Measures rows in turn. All of them are closed at the end. */
export async function measureInTurn(
  hosts: readonly Measurable[],
  pace: Pace,
  progress: (text: string) => void,
): Promise<Measurement> {
  const contenders = hosts.map((host) => new Contender(host, pace));
  try {
    for (const contender of contenders) {
      progress(`${labelOf(contender.host.spec)}: setting up`);
      await contender.warmUp();
    }
    for (let round = 0; round < pace.rounds; round++) {
      for (const contender of contenders) {
        if (!contender.live) continue;
        progress(`${labelOf(contender.host.spec)}: round ${round + 1} of ${pace.rounds}`);
        await contender.takeRound(round);
      }
    }
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
  }
  const reports = contenders.map((contender) => contender.report());
  return {
    rows: reports.filter((report) => 'stepMs' in report),
    missing: reports.filter((report): report is MissingRow => 'reason' in report),
    ready: contenders.flatMap(({ ready }) => (ready ? [ready] : [])),
  };
}

/** A row in a few words. */
export function labelOf({ name, backend, path, agents, threads }: RowSpec): string {
  const many = [...(agents > 1 ? [`${agents} agents`] : []), ...(threads > 1 ? [`${threads} threads`] : [])];
  return [`${name}, ${path} on ${backend}`, ...many].join(', ');
}
