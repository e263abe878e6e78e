/**
 * The style of a method's line. Three redundant signs identify it:
 * - hue is the row of the figure: cool colours clone, warm ones climb Q (the samples' own blue and red for the two
 *   diffusion policies);
 * - the dash is the policy class, the same in both rows: solid for diffusion, dots for a Gaussian, dashes for a VAE
 *   (BC-CVAE, BCQ), dash-dot for MMD (BC-MMD, BEAR);
 * - lightness differs within a row, which colour-blind eyes keep.
 */
import { METHODS, type MethodId } from '../../../bandit/methods.ts';

interface MethodStyle {
  /** A CSS colour that follows the theme. */
  color: string;
  /** SVG stroke-dasharray; '' is solid. */
  dash: string;
  width: number;
}

export function methodStyle(method: MethodId): MethodStyle {
  const { color, dash } = METHODS[method].style;
  return { color, dash, width: dash === '' ? 2.5 : 1.75 };
}
