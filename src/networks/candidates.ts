/** Choice of one of several candidate actions by their Q. */
import {
  add,
  argMax,
  gather,
  log,
  mul,
  neg,
  range,
  reshape,
  tile,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { CandidateChoice } from '../math/candidate-choice.ts';
import type { Draws } from '../tensor/draws.ts';

/** Each row [N, W] `times` times, copies adjacent: [N·times, W]. */
export function repeatRows(rows: Tensor2D, times: number): Tensor2D {
  const [n, width] = rows.shape;
  return reshape(tile(reshape(rows, [n, 1, width]), [1, times, 1]), [n * times, width]);
}

/**
 * One action [N, A] out of each state's adjacent candidates [N·count, A]: the one with the highest Q [N·count, 1], or
 * one drawn with probability softmax(Q) (by the Gumbel-max trick, which needs no multinomial kernel).
 */
export function chooseByQ(
  candidates: Tensor2D,
  q: Tensor2D,
  count: number,
  choice: CandidateChoice,
  draws: Draws,
): Tensor2D {
  const rows = q.shape[0] / count;
  let scores = reshape(q, [rows, count]);
  if (choice === 'softmax') {
    // A uniform draw may be 0, and log 0 is NaN on some backends.
    const uniform = mul(add(draws.uniform('candidate-choice', [rows, count]), 1e-7), 1 - 2e-7);
    scores = add(scores, neg(log(neg(log(uniform))))) as Tensor2D;
  }
  const best = add(argMax(scores, 1), range(0, rows * count, count, 'int32')) as Tensor1D;
  return gather(candidates, best);
}
