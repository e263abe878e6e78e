import type { MethodId } from '../../algorithms/catalogue.ts';

export interface MethodStyle {
  /** A CSS colour that follows the theme: `var(--series-…)`. */
  color: string;
  /** SVG stroke-dasharray; '' is solid. */
  dash: string;
  width: number;
}

export function methodStyle(_method: MethodId): MethodStyle {
  return { color: 'var(--text)', dash: '', width: 1.5 };
}
