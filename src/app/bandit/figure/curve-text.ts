/** The quantities that charts draw: their names, and how their values are written. */
import { formatFixed, formatShare, formatSignificant } from '../../shared/format.ts';
import type { CurveQuantity } from '../../shared/view.ts';

export interface CurveText {
  title: string;
  yLabel: string;
  format: (value: number) => string;
  /** How the axis writes its ticks, if not as plain numbers. */
  formatTick?: (value: number) => string;
  domain?: readonly [number, number];
  log?: boolean;
}

/** The text props of a chart of a quantity. */
export function chartText({ title, yLabel, format, formatTick, log, domain }: CurveText) {
  return { quantity: title, yLabel, format, formatTick, log, domain };
}

const SHARE = {
  format: (value: number) => formatShare(value, 0),
  formatTick: (value: number) => formatShare(value, 0),
  domain: [0, 1],
} as const;

export const CURVE_TEXT: Readonly<Record<CurveQuantity, CurveText>> = {
  inMode: { title: 'Share in mode', yLabel: 'in mode', ...SHARE },
  inBest: { title: 'Share in the best mode', yLabel: 'in best', ...SHARE },
  mmd2: { title: 'MMD² from the data', yLabel: 'MMD²', format: (value) => formatSignificant(value, 2), log: true },
  meanReward: { title: 'Mean reward', yLabel: 'reward', format: (value) => formatFixed(value) },
  regret: { title: 'Regret', yLabel: 'regret', format: (value) => formatFixed(value) },
  effectiveModes: { title: 'Modes in use', yLabel: 'modes', format: (value) => formatFixed(value) },
  totalVariation: {
    title: 'Total variation',
    yLabel: 'TV',
    format: (value) => formatFixed(value),
    domain: [0, 1],
  },
  loss: { title: 'Loss of the policy', yLabel: 'loss', format: (value) => formatSignificant(value, 2) },
  q: { title: 'Mean Q', yLabel: 'mean Q', format: (value) => formatFixed(value) },
};

/** Candidates for a method's loss: the first that it reports. */
const LOSS_TERMS = ['policyLoss', 'actorLoss', 'bcLoss', 'loss', 'vaeLoss'];
const Q_TERMS = ['meanQ', 'qMean'];

/** The key in the series for a quantity of the view, given what a method reports. */
export function seriesKey(quantity: CurveQuantity, reported: Readonly<Record<string, number>> | null): string | null {
  if (quantity !== 'loss' && quantity !== 'q') return quantity;
  const terms = quantity === 'loss' ? LOSS_TERMS : Q_TERMS;
  return terms.find((term) => reported !== null && term in reported) ?? null;
}
