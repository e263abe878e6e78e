/**
 * Measures rows in rounds: each row runs one block of steps per round, so that other load on the machine affects all
 * rows alike. A row's figure is the median of its blocks.
 */
import type { TimedBlock, RowReady, RowSpec } from './messages.ts';
import { median } from './statistics.ts';

/** How long rows are warmed up and measured. */
export interface MeasurementSchedule {
  /** Blocks of each row. */
  rounds: number;
  /** Milliseconds of warm-up steps, in which the JavaScript engine compiles hot code. */
  warmMs: number;
  /** Target milliseconds of a block; a single step may last longer. */
  blockMs: number;
  /** Milliseconds of blocks after which a row joins no further round. */
  enoughMs: number;
  /** Milliseconds of a row, set-up included, after which it is ended. */
  limitMs: number;
}

export const FULL_SCHEDULE: MeasurementSchedule = {
  rounds: 7,
  warmMs: 3000,
  blockMs: 1000,
  enoughMs: 40_000,
  limitMs: 600_000,
};
export const QUICK_SCHEDULE: MeasurementSchedule = {
  rounds: 3,
  warmMs: 1000,
  blockMs: 250,
  enoughMs: 5000,
  limitMs: 60_000,
};

/** Maximum steps of a block. */
const MAX_BLOCK_STEPS = 5000;
/** Minimum steps of a block of recorded steps, over all agents, which spread the cost of a submission. */
const SUBMITTED_STEPS = 16;
/** Maximum milliseconds of a block that is extended to this minimum. */
const SUBMITTED_MS = 60_000;

export interface BenchRow extends RowSpec {
  /** Milliseconds a step. */
  stepMs: number;
  /** Milliseconds a step until the call returned, on WebGPU; null where the call does the work itself. */
  jsMs: number | null;
  /** tfjs kernels a step, averaged because some work is not done in every step. */
  kernels: number | null;
  /** WebGPU compute dispatches a step, on average. */
  dispatches: number | null;
  /** Milliseconds of the first step, compilation included. */
  firstMs: number;
  /** Blocks and steps that the medians are computed from. */
  rounds: number;
  steps: number;
  device: string;
  /** A remark on this row, or null. */
  note: string | null;
}

/** A row that gave no figure. */
export interface MissingRow extends RowSpec {
  reason: string;
}

/** A row that `measureInTurn` can drive: a `RowHost`, or a fake in tests. */
export interface Measurable {
  readonly spec: RowSpec;
  start(): Promise<RowReady>;
  run(steps: number): Promise<TimedBlock>;
  close(): Promise<void>;
}

interface Measurement {
  rows: BenchRow[];
  missing: MissingRow[];
  /** Reports of the rows that started. */
  ready: RowReady[];
}

class RowMeasurement {
  readonly host: Measurable;
  readonly blocks: TimedBlock[] = [];
  ready: RowReady | null = null;
  note: string | null = null;
  /** Whether the row joins the next round. */
  live = true;
  /** Milliseconds a step, from the last block. */
  #stepMs = 0;
  /** The first single step, which may be all that a slow row runs. */
  #single: TimedBlock | null = null;
  #spentMs = 0;
  readonly #schedule: MeasurementSchedule;

  constructor(host: Measurable, schedule: MeasurementSchedule) {
    this.host = host;
    this.#schedule = schedule;
  }

  /** Sets the row up and warms it up, so that code is compiled before the first block. */
  async warmUp(): Promise<void> {
    await this.#within('set up', async () => {
      this.ready = await this.host.start();
    });
    let warmed = 0;
    for (let steps = 1; this.live && warmed < this.#schedule.warmMs; steps = Math.min(MAX_BLOCK_STEPS, steps * 2)) {
      const block = await this.#run(steps, 'warm up');
      if (!block) return;
      warmed += block.ms;
      this.#single ??= block;
      if (block.steps === 1 && block.ms > this.#schedule.enoughMs) {
        this.note = 'one step alone';
        this.live = false;
      }
    }
  }

  async takeRound(round: number): Promise<void> {
    const { path, agents } = this.host.spec;
    const submitted = path === 'recorded' || path === 'empty';
    const minimum = submitted ? Math.min(SUBMITTED_STEPS / agents, SUBMITTED_MS / this.#stepMs) : 1;
    const wanted = Math.max(1, minimum, this.#schedule.blockMs / this.#stepMs);
    const steps = Math.min(MAX_BLOCK_STEPS, Math.round(wanted));
    const block = await this.#run(steps, `run round ${round + 1} of ${this.#schedule.rounds}`);
    if (block) this.blocks.push(block);
    if (this.blocks.reduce((sum, { ms }) => sum + ms, 0) > this.#schedule.enoughMs) this.live = false;
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

  /** Runs work within the row's remaining time. A row that is late or fails is ended. */
  async #within(what: string, work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    const left = this.#schedule.limitMs - this.#spentMs;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), left)));
    const working = work();
    // An ended row may reject after nothing awaits it any more.
    working.catch(() => undefined);
    try {
      if ((await Promise.race([working, late])) === 'late') {
        await this.#end(`cut short after ${Math.round(this.#schedule.limitMs / 1000)} s, trying to ${what}`);
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

/** Measures rows in rounds, and closes all of them at the end. */
export async function measureInTurn(
  hosts: readonly Measurable[],
  schedule: MeasurementSchedule,
  progress: (text: string) => void,
): Promise<Measurement> {
  const measurements = hosts.map((host) => new RowMeasurement(host, schedule));
  try {
    for (const measurement of measurements) {
      progress(`${labelOf(measurement.host.spec)}: setting up`);
      await measurement.warmUp();
    }
    for (let round = 0; round < schedule.rounds; round++) {
      for (const measurement of measurements) {
        if (!measurement.live) continue;
        progress(`${labelOf(measurement.host.spec)}: round ${round + 1} of ${schedule.rounds}`);
        await measurement.takeRound(round);
      }
    }
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
  }
  const reports = measurements.map((measurement) => measurement.report());
  return {
    rows: reports.filter((report) => 'stepMs' in report),
    missing: reports.filter((report): report is MissingRow => 'reason' in report),
    ready: measurements.flatMap(({ ready }) => (ready ? [ready] : [])),
  };
}

/** A short label of a row. */
export function labelOf({ name, backend, path, agents, threads }: RowSpec): string {
  const many = [...(agents > 1 ? [`${agents} agents`] : []), ...(threads > 1 ? [`${threads} threads`] : [])];
  return [`${name}, ${path} on ${backend}`, ...many].join(', ');
}
