/** Names of an algorithm's persistent variables. */
import type { Variable } from '@tensorflow/tfjs-core';
import type { Trainable } from './optimiser.ts';

/** The variables of several owners, under `owner.name`. */
export function namedVariables(owners: Readonly<Record<string, Trainable>>): Record<string, Variable> {
  const all: Record<string, Variable> = {};
  for (const [owner, { variables }] of Object.entries(owners)) {
    for (const [name, value] of Object.entries(variables)) all[`${owner}.${name}`] = value;
  }
  return all;
}
