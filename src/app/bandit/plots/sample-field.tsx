import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, type PointerEvent } from 'react';
import { Drift } from '../../shared/plots/drift.ts';
import { drawFrame, drawGround, drawRings } from './drawing/draw-field.ts';
import { drawSampleMarks } from './drawing/draw-samples.ts';
import { countOutside, DEFAULT_EXTENT, fieldGeometry, pathsAt, toAction } from './drawing/geometry.ts';
import { Layer, usePlotCanvas, type Surface } from '../../shared/plots/plot-canvas.ts';
import { useReducedMotion } from '../../shared/plots/reduced-motion.ts';
import type { SampleFieldProps } from './types.ts';

/** Between two pictures of a drift: ten panels drift at once, and the thread is the page's too. */
const PICTURE_MS = 30;

/** A method's samples over the data. */
export function SampleField({
  data,
  modes,
  samples,
  tone,
  paths,
  trails = 0,
  label,
  extent = DEFAULT_EXTENT,
  showRewards = false,
  showNames = false,
  still = false,
  onHover,
  className = '',
}: SampleFieldProps) {
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const drift = useRef<Drift | null>(null);
  const ground = useRef<Layer | null>(null);
  const inView = useRef(true);
  /** Asks for the next picture of a drift. */
  const again = useRef<(afterMs?: number) => void>(() => {});
  const jump = useReducedMotion() || still || paths !== undefined;

  const paint = useCallback(
    (surface: Surface) => {
      const { ctx, side, ratio, palette } = surface;
      const geometry = fieldGeometry(side, extent, ratio);
      ground.current ??= new Layer();
      ground.current.draw(surface, [data, extent], (layer) => drawGround(layer.ctx, geometry, palette, data));
      const now = performance.now();
      const shown = drift.current?.at(now) ?? null;
      drawSampleMarks(ctx, geometry, palette, { samples: shown, tone, paths, trails });
      drawRings(ctx, geometry, palette, modes, { showNames, showRewards });
      drawFrame(ctx, geometry, palette);
      if (drift.current?.moving(now)) again.current(PICTURE_MS);
    },
    [data, modes, tone, paths, trails, extent, showRewards, showNames],
  );
  const repaint = usePlotCanvas(canvasRef, paint);
  useLayoutEffect(() => {
    again.current = repaint;
  }, [repaint]);

  useLayoutEffect(() => {
    drift.current ??= new Drift();
    const moving = drift.current;
    moving.aim(samples, performance.now(), jump || !inView.current);
    repaint();
  }, [samples, jump, repaint]);

  useEffect(() => {
    const canvas = canvasRef.current;
    if (!canvas || typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver((entries) => {
      inView.current = entries.at(-1)?.isIntersecting ?? true;
    });
    observer.observe(canvas);
    return () => observer.disconnect();
  }, []);

  const outside = useMemo(() => {
    const points = paths ? pathsAt(paths.positions, paths.count, paths.reverseSteps, paths.at) : samples;
    return points ? countOutside(points, extent) : 0;
  }, [samples, paths, extent]);

  const hover = onHover
    ? (event: PointerEvent<HTMLCanvasElement>) => {
        const box = event.currentTarget.getBoundingClientRect();
        onHover(...toAction(fieldGeometry(box.width, extent), event.clientX - box.left, event.clientY - box.top));
      }
    : undefined;

  return (
    <div
      className={className}
      role="img"
      aria-label={outside > 0 ? `${label}; ${outside} past the edge of the view` : label}
    >
      <canvas ref={canvasRef} className="plot-field" aria-hidden="true" onPointerMove={hover} />
    </div>
  );
}
