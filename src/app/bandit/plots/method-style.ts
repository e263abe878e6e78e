/**
 * How a method's line looks. Three signs say the same thing, so that none is needed alone:
 * - hue is the row of the figure: cool colours clone, warm ones climb Q (the samples' own blue and red for the two
 *   diffusion policies);
 * - the dash is the policy class, the same in both rows: solid for diffusion, dots for a Gaussian, dashes for a VAE
 *   (BC-CVAE, BCQ), dash-dot for MMD (BC-MMD, BEAR);
 * - lightness differs within a row, which colour-blind eyes keep.
 * The colours are variables of plots.css, at least 3 : 1 against the surface in both themes.
 */
import type { MethodId } from '../../../bandit/methods.ts';

export interface MethodStyle {
  /** A CSS colour that follows the theme: `var(--series-…)`. */
  color: string;
  /** SVG stroke-dasharray; '' is solid. */
  dash: string;
  width: number;
}

const DASH: Readonly<Record<MethodId, string>> = {
  'bc-mle': '1.5 3.5',
  'bc-cvae': '8 3.5',
  'bc-mmd': '9 3 2 3',
  'bc-diffusion': '',
  'td3-bc-gaussian': '1.5 3.5',
  'td3-bc': '3.5 2.5',
  'td3-bc-mdn': '9 3 2 3 2 3',
  bcq: '8 3.5',
  'bear-mmd': '9 3 2 3',
  'diffusion-ql': '',
};

export function methodStyle(method: MethodId): MethodStyle {
  const dash = DASH[method];
  return { color: `var(--series-${method})`, dash, width: dash === '' ? 2.5 : 1.75 };
}
