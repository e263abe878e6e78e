/** Colours of the stage, mixed from the palette of the theme. */
import { oklabToRgb, parseHex, rgbToOklab, type Rgb } from '../plots/color.ts';
import type { Limb } from '../../../environments/kinematics.ts';
import type { Palette } from '../plots/palette.ts';

export interface StagePalette {
  readonly dark: boolean;
  /** The sky at the top, and at the horizon. */
  readonly sky: Rgb;
  readonly horizon: Rgb;
  /** The two tones of the ground, and its lines and labels. */
  readonly ground: readonly [Rgb, Rgb];
  readonly line: Rgb;
  readonly label: Rgb;
  readonly trunk: Rgb;
  /** In the order of the limbs. */
  readonly limbs: readonly [Rgb, Rgb];
  /** The arrow of a push. */
  readonly push: Rgb;
  /** Font families. */
  readonly font: string;
}

export function stagePaletteOf(palette: Palette): StagePalette {
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
    label: parseHex(palette.textMuted),
    trunk: mixed(near, dark ? text : [16, 24, 40], dark ? 0.12 : 0.3),
    limbs: [near, parseHex(palette.qLearning)],
    push: parseHex(palette.accent),
    font: palette.font,
  };
}

/** The colour of a part. */
export function partColor(stage: StagePalette, limb: Limb): Rgb {
  return limb === 'trunk' ? stage.trunk : stage.limbs[limb % stage.limbs.length]!;
}

/** Mixes two colours in Oklab. @param share of the second, 0 to 1. */
export function mixed(first: Rgb, second: Rgb, share: number): Rgb {
  const a = rgbToOklab(first);
  const b = rgbToOklab(second);
  const at = (i: 0 | 1 | 2) => a[i] + share * (b[i] - a[i]);
  return oklabToRgb([at(0), at(1), at(2)]);
}
