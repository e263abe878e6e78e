/** The whole figure on one canvas, for export. */
import { METHODS, type MethodId, type MethodRow } from '../../../bandit/methods.ts';
import { formatCount, formatFixed, formatShare } from '../../shared/format.ts';
import { composeFigure } from '../plots/drawing/figure-export.ts';
import type { FigurePanel } from '../plots/types.ts';
import { experimentStore } from '../stores/experiment-store.ts';
import { frameStore } from '../stores/frame-store.ts';
import { runStore } from '../stores/run-store.ts';

const COLUMNS = 7;
const WIDTH = 1600;

export function figurePicture(theme: 'light' | 'dark'): HTMLCanvasElement {
  const { methods, preset, seed, data } = experimentStore.getState();
  const points = runStore.getState().data?.points ?? null;
  const truth = (tone: MethodRow): FigurePanel => ({
    title: 'Data',
    subtitle: `${data.modes.length} modes`,
    tone,
    samples: points,
    data: null,
    modes: data.modes,
  });
  const panel = (method: MethodId): FigurePanel => {
    const shown = frameStore.get(method);
    return {
      title: METHODS[method].name,
      subtitle: shown ? `step ${formatCount(shown.step)}` : 'no samples yet',
      tone: METHODS[method].row,
      samples: shown?.samples ?? null,
      data: points,
      modes: data.modes,
      q: shown?.q ?? null,
      metrics: shown
        ? [
            ['in mode', formatShare(shown.metrics.inMode)],
            ['reward', formatFixed(shown.metrics.meanReward)],
          ]
        : [],
    };
  };
  const row = (name: MethodRow): FigurePanel[] => [
    truth(name),
    ...methods.filter((method) => METHODS[method].row === name).map(panel),
  ];
  const cloning = row('cloning');
  const climbing = row('q-learning');
  const columns = Math.max(2, Math.min(COLUMNS, Math.max(cloning.length, climbing.length)));
  // Empty panels fill a short row, so that the next row begins on the left.
  const gap = (columns - (cloning.length % columns)) % columns;
  const empty: FigurePanel = { title: '', tone: 'cloning', samples: null, data: null, modes: [] };
  return composeFigure({
    title: 'Behaviour cloning (above) and policy improvement with Q (below)',
    subtitle: `${preset === 'paper' ? 'settings of the paper' : 'fast settings'}, seed ${seed}`,
    panels: [...cloning, ...Array.from({ length: gap }, () => empty), ...climbing],
    columns,
    theme,
    width: WIDTH,
  });
}
