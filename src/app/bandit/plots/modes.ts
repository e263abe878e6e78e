/** Names of the modes, shared by every plot. */
import { placementModes, type Mode } from '../../../datasets/bandit.ts';

/** A, B, C, … in the modes' order. */
export function modeLetter(index: number): string {
  return String.fromCharCode(65 + index);
}

const PLACED: readonly { modes: readonly Mode[]; names: readonly string[] }[] = [
  { modes: placementModes('corners'), names: ['top-left', 'bottom-left', 'top-right', 'bottom-right'] },
  { modes: placementModes('diamond'), names: ['top', 'right', 'bottom', 'left'] },
];

/** 'top-left' … for a published placement (its spreads and rewards may differ), else 'A', 'B', …. */
export function modeName(index: number, modes: readonly Mode[]): string {
  for (const placed of PLACED) {
    const same =
      placed.modes.length === modes.length &&
      placed.modes.every((mode, i) => Math.hypot(mode.x - modes[i]!.x, mode.y - modes[i]!.y) < 1e-3);
    if (same) return placed.names[index] ?? modeLetter(index);
  }
  return modeLetter(index);
}

/** Index of the mode with the highest mean reward (the first of equals); -1 without modes. */
export function bestMode(modes: readonly Mode[]): number {
  let best = -1;
  modes.forEach((mode, index) => {
    if (best < 0 || mode.reward > modes[best]!.reward) best = index;
  });
  return best;
}
