/** The theme's colours for a canvas. They are the CSS variables of theme.css and plot-colors.css; there are no others. */
import { useSyncExternalStore } from 'react';
import type { MethodRow } from '../../../bandit/methods.ts';
import { parseHex, rgbToOklab, type Oklab } from './color.ts';

/** The colour of samples: blue clones, red climbs Q. */
export type Tone = MethodRow;

export interface Palette {
  /** Behind the square that actions are clipped to. */
  ground: string;
  surface: string;
  text: string;
  textMuted: string;
  line: string;
  lineStrong: string;
  accent: string;
  data: string;
  cloning: string;
  qLearning: string;
  modeRing: string;
  bestMode: string;
  /** Font families. */
  font: string;
  /** Colour stops of Q, lowest first. */
  ramp: readonly Oklab[];
  dark: boolean;
}

const RAMP_STOPS = 5;

/** Reads the variables that apply at an element (the page's root has them all). */
function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  const surface = read('--surface', '#ffffff');
  return {
    ground: read('--ground', '#f7f7f5'),
    surface,
    text: read('--text', '#000000'),
    textMuted: read('--text-muted', '#555555'),
    line: read('--line', '#dddddd'),
    lineStrong: read('--line-strong', '#aaaaaa'),
    accent: read('--accent', '#1457d9'),
    data: read('--data', '#999999'),
    cloning: read('--cloning', '#1769b5'),
    qLearning: read('--q-learning', '#c93a2b'),
    modeRing: read('--mode-ring', '#333333'),
    bestMode: read('--best-mode', '#0f7b4f'),
    font: read('--font', 'sans-serif'),
    ramp: Array.from({ length: RAMP_STOPS }, (_, i) => rgbToOklab(parseHex(read(`--q-ramp-${i}`, '#888888')))),
    dark: rgbToOklab(parseHex(surface))[0] < 0.5,
  };
}

/** The palette of a theme that need not be the page's: for pictures that leave the page. Nothing is repainted. */
export function readPaletteOf(theme: 'light' | 'dark'): Palette {
  const root = document.documentElement;
  const before = root.getAttribute('data-theme');
  if ((before ?? 'light') === theme) return readPalette(root);
  root.setAttribute('data-theme', theme);
  try {
    return readPalette(root);
  } finally {
    if (before === null) root.removeAttribute('data-theme');
    else root.setAttribute('data-theme', before);
  }
}

export function toneColor(palette: Palette, tone: Tone): string {
  return tone === 'cloning' ? palette.cloning : palette.qLearning;
}

/** Grows when the page's colours or fonts change; canvases are drawn anew then. */
let version = 0;
let known: { version: number; palette: Palette } | null = null;
const listeners = new Set<() => void>();
let watching = false;

function changed(): void {
  version++;
  for (const listener of listeners) listener();
}

/** What plots write, beyond plain letters and digits: each may stand in a file of its own (σ is with the Greek). */
const GLYPHS = 'A0−≤σ²→·%';

/** Settles when the page's font can be drawn on a canvas; await it before a picture that is drawn once. */
async function pageFonts(): Promise<void> {
  if (!('fonts' in document)) return;
  const { font } = readPalette(document.documentElement);
  const faces = [400, 500, 600, 650].map((weight) => document.fonts.load(`${weight} 16px ${font}`, GLYPHS));
  await Promise.allSettled(faces);
  await document.fonts.ready;
}

function watch(): void {
  if (watching) return;
  watching = true;
  let theme = document.documentElement.getAttribute('data-theme');
  new MutationObserver(() => {
    const now = document.documentElement.getAttribute('data-theme');
    if (now !== theme) changed();
    theme = now;
  }).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  // jsdom has no fonts. A face that loads late (the first text in bold, say) counts as well.
  if ('fonts' in document) {
    void pageFonts().then(changed);
    document.fonts.addEventListener('loadingdone', changed);
  }
}

function subscribe(listener: () => void): () => void {
  watch();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePaletteVersion(): number {
  return useSyncExternalStore(subscribe, () => version);
}

/** The page's palette now; read once for each change of theme. */
export function currentPalette(): Palette {
  if (known?.version !== version) known = { version, palette: readPalette(document.documentElement) };
  return known.palette;
}
