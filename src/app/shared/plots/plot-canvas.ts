/** A canvas at device resolution that is painted when its inputs, its size, the theme or the fonts change. */
import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from 'react';
import { cancelPaint, schedulePaint } from './paint-queue.ts';
import { currentPalette, usePaletteVersion, type Palette } from './palette.ts';

export interface Surface {
  ctx: CanvasRenderingContext2D;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Side of the largest square that fits: a box of broken pixels may come out a pixel lower than it is wide. */
  side: number;
  /** Device pixels to a CSS pixel. */
  ratio: number;
  palette: Palette;
}

/**
 * Paints `canvas` (sized by CSS) with `paint`: at once when its size changes, and in turn with the page's other plots
 * when `paint` is another function, so wrap it in `useCallback`. Returns a function that asks for another paint.
 */
export function usePlotCanvas(
  canvasRef: RefObject<HTMLCanvasElement | null>,
  paint: (surface: Surface) => void,
): (afterMs?: number) => void {
  const version = usePaletteVersion();
  const latest = useRef(paint);
  const sized = useRef(false);

  const repaint = useCallback(() => {
    const canvas = canvasRef.current;
    if (!canvas || !sized.current) return;
    const ctx = canvas.getContext('2d');
    const width = canvas.clientWidth;
    if (!ctx || width === 0) return;
    const ratio = canvas.width / width;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, canvas.height / ratio);
    const height = canvas.height / ratio;
    latest.current({ ctx, width, height, side: Math.min(width, height), ratio, palette: currentPalette() });
  }, [canvasRef]);

  const schedule = useCallback((afterMs?: number) => schedulePaint(repaint, afterMs), [repaint]);

  useLayoutEffect(() => {
    latest.current = paint;
    schedule();
  }, [paint, version, schedule]);
  useEffect(() => () => cancelPaint(repaint), [repaint]);

  useEffect(() => {
    const canvas = canvasRef.current;
    if (!canvas || typeof ResizeObserver === 'undefined') return;
    const fit = (width: number, height: number) => {
      sized.current = width > 0 && height > 0;
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      repaint();
    };
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.devicePixelContentBoxSize?.[0];
      const { width, height } = canvas.getBoundingClientRect();
      fit(
        box?.inlineSize ?? Math.round(width * devicePixelRatio),
        box?.blockSize ?? Math.round(height * devicePixelRatio),
      );
    });
    try {
      observer.observe(canvas, { box: 'device-pixel-content-box' });
    } catch {
      // Safari has no device-pixel box: the rounded product is at most half a pixel off.
      observer.observe(canvas);
    }
    return () => observer.disconnect();
  }, [canvasRef, repaint]);

  return schedule;
}

/** A picture cached until its inputs change: the background of moving samples. */
export class Layer {
  #canvas: HTMLCanvasElement | null = null;
  #key: readonly unknown[] = [];

  draw(surface: Surface, key: readonly unknown[], paint: (surface: Surface) => void): void {
    const { ctx, width, height, ratio, palette } = surface;
    const full = [width, height, ratio, palette, ...key];
    if (!this.#canvas || full.length !== this.#key.length || full.some((part, i) => part !== this.#key[i])) {
      this.#canvas ??= document.createElement('canvas');
      this.#canvas.width = Math.round(width * ratio);
      this.#canvas.height = Math.round(height * ratio);
      const layerCtx = this.#canvas.getContext('2d');
      if (!layerCtx) return;
      layerCtx.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint({ ...surface, ctx: layerCtx });
      this.#key = full;
    }
    ctx.drawImage(this.#canvas, 0, 0, width, height);
  }
}
