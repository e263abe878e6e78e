/** Choice of one candidate action by Q: drawn with probability softmax(Q), as published, or the best. */

export type CandidateChoice = 'softmax' | 'argmax';

/**
 * Index of the highest value, or of one drawn with probability softmax(values), by the Gumbel-max trick.
 *
 * @param values [N]
 * @param uniform [N] draws from [0, 1).
 */
export function chooseCandidate(values: Float32Array, choice: CandidateChoice, uniform: Float32Array): number {
  let best = 0;
  let highest = -Infinity;
  values.forEach((value, row) => {
    const u = (uniform[row]! + 1e-7) * (1 - 2e-7);
    const score = choice === 'softmax' ? value - Math.log(-Math.log(u)) : value;
    if (score > highest) {
      highest = score;
      best = row;
    }
  });
  return best;
}

/** Probability that each candidate is chosen, [N]: softmax(values), or 1 for the first of the highest value. */
export function choiceProbabilities(values: Float32Array, choice: CandidateChoice): Float32Array {
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (choice === 'argmax') {
    const best = values.indexOf(highest);
    return values.map((_, row) => (row === best ? 1 : 0));
  }
  const weights = Float64Array.from(values, (value) => Math.exp(value - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}
