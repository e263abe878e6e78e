/** Checks that memory stays level during long training. */
import type { BackendId } from '../tensor/backend.ts';
import { RowHost, type Channel } from './hosts.ts';
import type { PathName, RowMemory } from './messages.ts';
import { TASKS, tiny } from './tasks.ts';

/** Steps after which all one-time allocations are done. */
const SETTLED_STEPS = 20;
const BLOCK_STEPS = 20;

/** A short chain does the same kinds of work as a long one in fewer dispatches. */
const DIFFUSION_STEPS = 2;

export interface MemoryRow {
  backend: BackendId;
  path: PathName;
  /** Steps between the two measurements. */
  steps: number;
  before: RowMemory | null;
  after: RowMemory | null;
  /** Whether tensors, their bytes and the bytes of GPU buffers are as before. */
  level: boolean;
  note: string | null;
}

/**
 * Trains Diffusion-QL with all optional parts of a step, on tiny networks: a leak of tensors or buffers does not depend
 * on their size.
 * @param limitMs Milliseconds after which the check ends early.
 */
export async function checkMemory(
  path: PathName,
  backend: BackendId,
  steps: number,
  limitMs: number,
  open: () => Promise<Channel>,
): Promise<MemoryRow> {
  const spec = { name: 'd4rl-step-max-q' as const, backend, path, agents: 1, threads: 1 };
  const small = tiny(TASKS[spec.name]);
  const task = { ...small, config: { ...small.config, diffusionSteps: DIFFUSION_STEPS } };
  const host = new RowHost(spec, task, open);
  const row: MemoryRow = { backend, path, steps: 0, before: null, after: null, level: false, note: null };
  try {
    await host.start();
    await host.run(SETTLED_STEPS);
    row.before = await host.memory();
    const began = performance.now();
    while (row.steps < steps && performance.now() - began < limitMs) {
      await host.run(BLOCK_STEPS);
      row.steps += BLOCK_STEPS;
    }
    row.after = await host.memory();
    row.level = isLevel(row.before, row.after);
    if (row.steps < steps) row.note = `cut short after ${Math.round(limitMs / 1000)} s: ${row.steps} of ${steps} steps`;
  } catch (error) {
    row.note = error instanceof Error ? error.message : String(error);
  } finally {
    await host.close();
  }
  return row;
}

export function isLevel(before: RowMemory, after: RowMemory): boolean {
  return before.tensors === after.tensors && before.bytes === after.bytes && before.gpuBytes === after.gpuBytes;
}
