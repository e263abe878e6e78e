import type { FigureOptions } from './types.ts';

export function composeFigure(_options: FigureOptions): HTMLCanvasElement {
  return document.createElement('canvas');
}
