/** The loss lines of a run. Their number is bounded: neighbours are merged when there are too many. */
import type { LossMeans } from './trainer.ts';

/** Means over some steps. */
export interface LossLine extends LossMeans {
  /** Training seconds at its end. */
  seconds: number;
}

/** Most lines; each takes some 300 bytes in a file. */
const MAX_LINES = 1000;

/** Adds a line, and merges neighbours if there are too many. Means stay exact. */
export function addLine(lines: readonly LossLine[], line: LossLine, most = MAX_LINES): LossLine[] {
  const all = [...lines, line];
  if (all.length <= most) return all;
  const merged: LossLine[] = [];
  for (let i = 0; i < all.length; i += 2) {
    const [first, second] = [all[i]!, all[i + 1]];
    merged.push(second ? mergeLines(first, second) : first);
  }
  return merged;
}

function mergeLines(first: LossLine, second: LossLine): LossLine {
  const steps = first.steps + second.steps;
  const names = new Set([...Object.keys(first.means), ...Object.keys(second.means)]);
  const means: Record<string, number> = {};
  for (const name of names) {
    const [a, b] = [first.means[name], second.means[name]];
    means[name] = a === undefined ? b! : b === undefined ? a : (first.steps * a + second.steps * b) / steps;
  }
  return { step: second.step, steps, seconds: second.seconds, means };
}
