/** Describes how a policy was trained and what it returns. */
import { normalizedScore } from '../../datasets/reference-returns.ts';
import { referenceReturnsOf } from '../../environments/bodies/index.ts';
import type { Checkpoint } from '../../locomotion/checkpoint-file.ts';
import type { Evaluation } from '../../locomotion/evaluation.ts';
import { LOCOMOTION_METHODS } from '../../locomotion/methods.ts';
import { formatCount, formatFixed, formatList } from '../shared/format.ts';

/** Two sentences. */
export function policyOriginText({ experiment, dataset, step, notes }: Checkpoint): string {
  const { name } = LOCOMOTION_METHODS[experiment.method];
  const trained = `${name}, trained for ${formatCount(step)} steps on ${formatCount(dataset.rows)} rows that were collected here (${experiment.task}).`;
  const evaluations = (notes['evaluations'] as Evaluation[] | undefined) ?? [];
  if (evaluations.length === 0) return trained;
  const returns = evaluations.map(({ candidates, return: { value } }) => {
    const { environment } = dataset;
    const reference = environment === null ? null : referenceReturnsOf(environment);
    const score = reference ? ` (score ${formatFixed(normalizedScore(value, reference), 0)})` : '';
    return `${formatCount(value)}${score} with ${candidates} ${candidates === 1 ? 'candidate' : 'candidates'}`;
  });
  const physics = typeof notes['physics'] === 'string' ? `, in ${notes['physics']}` : '';
  return `${trained} Its episodes return ${formatList(returns)}${physics}.`;
}
