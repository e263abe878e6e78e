import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, type PointerEvent } from 'react';
import { Drift } from './drift.ts';
import { drawFrame, drawGround, drawRings } from './draw-field.ts';
import { drawSampleMarks } from './draw-samples.ts';
import { countOutside, DEFAULT_EXTENT, fieldGeometry, pathsAt, toAction } from './geometry.ts';
import { Layer, usePlotCanvas, type Surface } from './plot-canvas.ts';
import { useReducedMotion } from './reduced-motion.ts';
import type { SampleFieldProps } from './types.ts';

/** Between two paints of a drift: with ten panels at work, 30 pictures a second leave the thread to the page. */
const PAINT_MS = 30;

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
  const jump = useReducedMotion() || still || paths !== undefined;

  const paint = useCallback(
    (surface: Surface) => {
      const { ctx, width, ratio, palette } = surface;
      const geometry = fieldGeometry(width, extent, ratio);
      ground.current ??= new Layer();
      ground.current.draw(surface, [data, extent], (layer) => drawGround(layer.ctx, geometry, palette, data));
      const shown = drift.current?.at(performance.now()) ?? null;
      drawSampleMarks(ctx, geometry, palette, { samples: shown, tone, paths, trails });
      drawRings(ctx, geometry, palette, modes, { showNames, showRewards });
      drawFrame(ctx, geometry, palette);
    },
    [data, modes, tone, paths, trails, extent, showRewards, showNames],
  );
  const repaint = usePlotCanvas(canvasRef, paint);

  useLayoutEffect(() => {
    drift.current ??= new Drift();
    const moving = drift.current;
    moving.aim(samples, performance.now(), jump || !inView.current);
    repaint();
    if (!moving.moving(performance.now())) return;
    let painted = performance.now();
    const step = () => {
      const now = performance.now();
      const goes = moving.moving(now);
      if (!goes || now - painted >= PAINT_MS) {
        painted = now;
        repaint();
      }
      frame = goes ? requestAnimationFrame(step) : 0;
    };
    let frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
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
    <canvas
      ref={canvasRef}
      className={`plot-field ${className}`.trim()}
      role="img"
      aria-label={outside > 0 ? `${label}; ${outside} past the edge of the view` : label}
      onPointerMove={hover}
    />
  );
}
