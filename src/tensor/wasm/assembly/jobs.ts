// The jobs by number, since threads share numbers and no function references.
import { chainBackwardBlock, chainBlock } from './chain';
import { backwardBlock, forwardBlock, gradientBlock } from './mlp';

export const FORWARD: i32 = 1;
export const BACKWARD: i32 = 2;
export const GRADIENT: i32 = 3;
export const CHAIN: i32 = 4;
export const CHAIN_BACKWARD: i32 = 5;

export function runBlock(job: i32, block: i32): void {
  if (job == FORWARD) forwardBlock(block);
  else if (job == BACKWARD) backwardBlock(block);
  else if (job == GRADIENT) gradientBlock(block);
  else if (job == CHAIN) chainBlock(block);
  else chainBackwardBlock(block);
}
