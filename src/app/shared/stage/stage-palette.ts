/** Colours of the stage, mixed from those of the theme. */
import { oklabToRgb, parseHex, rgbToOklab, type Rgb } from '../plots/color.ts';
import type { Limb } from '../../../environments/kinematics.ts';
import type { Palette } from '../plots/palette.ts';

export interface StageLook {
  readonly dark: boolean;
  /** High up, and where it meets the ground. */
  readonly sky: Rgb;
  readonly horizon: Rgb;
  /** The two tones of the ground, and what is drawn and written on it. */
  readonly ground: readonly [Rgb, Rgb];
  readonly line: Rgb;
  readonly words: Rgb;
  readonly trunk: Rgb;
  /** Of the limbs, in their order. */
  readonly limbs: readonly [Rgb, Rgb];
  /** The arrow of a push. */
  readonly push: Rgb;
  /** Font families. */
  readonly font: string;
}

export function lookOf(palette: Palette): StageLook {
  const { dark } = palette;
  const ground = parseHex(palette.ground);
  const surface = parseHex(palette.surface);
  const text = parseHex(palette.text);
  const near = parseHex(palette.cloning);
  return {
    dark,
    sky: dark ? mixed(ground, surface, 0.9) : surface,
    horizon: dark ? ground : mixed(ground, text, 0.035),
    ground: dark
      ? [mixed(ground, text, 0.085), mixed(ground, text, 0.125)]
      : [mixed(ground, text, 0.055), mixed(ground, text, 0.02)],
    line: mixed(ground, text, dark ? 0.24 : 0.2),
    words: parseHex(palette.textMuted),
    trunk: mixed(near, dark ? text : [16, 24, 40], dark ? 0.12 : 0.3),
    limbs: [near, parseHex(palette.qLearning)],
    push: parseHex(palette.accent),
    font: palette.font,
  };
}

/** The colour of a part. */
export function partColor(look: StageLook, limb: Limb): Rgb {
  return limb === 'trunk' ? look.trunk : look.limbs[limb % look.limbs.length]!;
}

/** Between two colours, as the eye sees it. @param share of the second, 0 to 1. */
export function mixed(first: Rgb, second: Rgb, share: number): Rgb {
  const a = rgbToOklab(first);
  const b = rgbToOklab(second);
  const at = (i: 0 | 1 | 2) => a[i] + share * (b[i] - a[i]);
  return oklabToRgb([at(0), at(1), at(2)]);
}
