/** Share of the data nearest to each mode: what a perfect clone would show. */
import type { Mode } from '../../../datasets/bandit.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { useRun } from '../stores/run-store.ts';

let last: { points: Float32Array | null; modes: readonly Mode[]; shares: number[] } | null = null;

/** Counted once for all panels. */
function countShares(points: Float32Array | null, modes: readonly Mode[]): number[] {
  if (last && last.points === points && last.modes === modes) return last.shares;
  const shares = modes.map(() => (points ? 0 : 1 / modes.length));
  if (points) {
    const count = points.length / 2;
    for (let i = 0; i < count; i++) {
      let nearest = 0;
      let distance = Infinity;
      modes.forEach((mode, index) => {
        const squared = (points[2 * i]! - mode.x) ** 2 + (points[2 * i + 1]! - mode.y) ** 2;
        if (squared < distance) {
          distance = squared;
          nearest = index;
        }
      });
      shares[nearest]! += 1 / count;
    }
  }
  last = { points, modes, shares };
  return shares;
}

export function useDataShares(): number[] {
  const modes = useExperiment((experiment) => experiment.data.modes);
  const data = useRun('data');
  return countShares(data?.points ?? null, modes);
}
