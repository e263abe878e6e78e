/** The first quantity of a run that became NaN or infinite, and the gradient step (from 1) after which it was found. */
export interface Divergence {
  quantity: string;
  step: number;
}

export function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
