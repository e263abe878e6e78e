// The jobs by number.
import { backwardBlock, forwardBlock, gradientBlock } from './mlp';

export const FORWARD: i32 = 1;
export const BACKWARD: i32 = 2;
export const GRADIENT: i32 = 3;

export function runBlock(job: i32, block: i32): void {
  if (job == FORWARD) forwardBlock(block);
  else if (job == BACKWARD) backwardBlock(block);
  else gradientBlock(block);
}
