/** Formats returns and scores for the lab: always the return, and the score or why there is none. */
import type { MeanInterval } from '../math/statistics.ts';
import type { Evaluation, EvaluationPoint } from '../locomotion/evaluation.ts';
import type { ScoreFormat } from '../locomotion/score-format.ts';

const NO_SCORE = 'no reference returns';

/** "1338 (41.7)", "1338"; "–" for none. */
export function returnCell(value: number | null, { normalised, of }: ScoreFormat): string {
  if (value === null) return '–';
  return `${value.toFixed(0)}${normalised ? ` (${of(value).toFixed(1)})` : ''}`;
}

/** "41.7 (38.8 – 44.2), 1338", "1338 (1244 – 1417)"; "–" for none. */
export function meanCell(mean: MeanInterval | null, { normalised, digits, of }: ScoreFormat): string {
  if (!mean) return '–';
  const part = (value: number) => of(value).toFixed(digits);
  const interval = `${part(mean.value)} (${part(mean.low)} – ${part(mean.high)})`;
  return normalised ? `${interval}, ${mean.value.toFixed(0)}` : interval;
}

/** "41.7 (38.8 – 44.2)", or why there is none. */
export function scoreCell(score: Evaluation['score']): string {
  return score ? `${score.value.toFixed(1)} (${score.low.toFixed(1)} – ${score.high.toFixed(1)})` : NO_SCORE;
}

/** An evaluation in one line. */
export function pointLine({ step, bcLoss, evaluations }: EvaluationPoint): string {
  const scores = evaluations.map(({ candidates, return: mean, score, deviation }) => {
    const normalised = score ? `normalised ${score.value.toFixed(1)}` : `no score (${NO_SCORE})`;
    return `with ${candidates} candidate${candidates === 1 ? '' : 's'} ${mean.value.toFixed(0)} ± ${deviation.toFixed(0)}, ${normalised}`;
  });
  return `step ${step}: return ${scores.join('; ')}; cloning loss ${bcLoss?.toFixed(4) ?? 'none'}`;
}
