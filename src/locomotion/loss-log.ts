/** The losses of a run, line by line, under a bound: when they are too many, neighbours are put together. */
import type { LossMeans } from './trainer.ts';

/** Means of a stretch of steps. */
export interface LossLine extends LossMeans {
  /** Seconds of training at its end. */
  seconds: number;
}

/** Lines that are kept; some 300 bytes each in a file. */
const LINES_KEPT = 1000;

/** Adds a line, and puts neighbours together where there are too many then. Their means stay exact. */
export function addLine(lines: readonly LossLine[], line: LossLine, most = LINES_KEPT): LossLine[] {
  const all = [...lines, line];
  if (all.length <= most) return all;
  const merged: LossLine[] = [];
  for (let i = 0; i < all.length; i += 2) {
    const [first, second] = [all[i]!, all[i + 1]];
    merged.push(second ? together(first, second) : first);
  }
  return merged;
}

function together(first: LossLine, second: LossLine): LossLine {
  const steps = first.steps + second.steps;
  const names = new Set([...Object.keys(first.means), ...Object.keys(second.means)]);
  const means: Record<string, number> = {};
  for (const name of names) {
    const [a, b] = [first.means[name], second.means[name]];
    means[name] = a === undefined ? b! : b === undefined ? a : (first.steps * a + second.steps * b) / steps;
  }
  return { step: second.step, steps, seconds: second.seconds, means };
}
