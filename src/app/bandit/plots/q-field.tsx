import { useCallback, useMemo, useRef, useState, type PointerEvent } from 'react';
import { bilinear } from './drawing/contours.ts';
import { drawQMap, drawQMarks, qRange } from './drawing/draw-q.ts';
import { DEFAULT_EXTENT, fieldGeometry, toAction } from './drawing/geometry.ts';
import { Layer, usePlotCanvas, type Surface } from '../../shared/plots/plot-canvas.ts';
import { formatFixed, formatOnScale } from '../../shared/plots/scales.ts';
import type { QFieldProps } from './types.ts';

/**
 * A critic's Q over the square, with the axes of `SampleField`, so that a mode has the same place in both. The scale
 * under it runs from the lowest to the highest value and shows the value under the pointer.
 */
export function QField({
  q,
  resolution,
  modes,
  label,
  overlay = null,
  tone = 'q-learning',
  extent = DEFAULT_EXTENT,
  range,
  className = '',
}: QFieldProps) {
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const map = useRef<Layer | null>(null);
  const [pointer, setPointer] = useState<readonly [number, number] | null>(null);
  const low = range?.[0];
  const high = range?.[1];
  const fixed = useMemo(
    () => (low !== undefined && high !== undefined ? ([low, high] as const) : undefined),
    [low, high],
  );

  const paint = useCallback(
    (surface: Surface) => {
      const { ctx, side, ratio, palette } = surface;
      const geometry = fieldGeometry(side, extent, ratio);
      const content = { q, resolution, modes, overlay, tone, range: fixed };
      map.current ??= new Layer();
      map.current.draw(surface, [q, resolution, extent, fixed], (layer) =>
        drawQMap(layer.ctx, geometry, palette, content),
      );
      drawQMarks(ctx, geometry, palette, content);
    },
    [q, resolution, modes, overlay, tone, extent, fixed],
  );
  usePlotCanvas(canvasRef, paint);

  const ends = useMemo(() => qRange({ q, range: fixed }), [q, fixed]);
  const write = (number: number) => (ends ? formatOnScale(number, ends[1] - ends[0]) : '');
  const value = q && pointer ? bilinear(q, resolution, pointer[0], pointer[1]) : null;
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPointer(toAction(fieldGeometry(box.width, extent), event.clientX - box.left, event.clientY - box.top));
  };

  return (
    <div className={`plot-q ${className}`.trim()}>
      <div role="img" aria-label={ends ? `${label}, from ${write(ends[0])} to ${write(ends[1])}` : label}>
        <canvas
          ref={canvasRef}
          className="plot-field plot-q-field"
          aria-hidden="true"
          onPointerMove={move}
          onPointerLeave={() => setPointer(null)}
        />
      </div>
      <div className="plot-q-scale" aria-hidden="true">
        <span className="plot-q-low">{ends ? write(ends[0]) : '–'}</span>
        <span className="plot-q-ramp">
          {ends && value !== null && ends[1] > ends[0] && (
            <span
              className="plot-q-needle"
              style={{ left: `${100 * Math.min(Math.max((value - ends[0]) / (ends[1] - ends[0]), 0), 1)}%` }}
            />
          )}
        </span>
        <span className="plot-q-high">{ends ? write(ends[1]) : '–'}</span>
        {value !== null && pointer && (
          <span className="plot-q-value">
            Q {write(value)} at ({formatFixed(pointer[0], 2)}, {formatFixed(pointer[1], 2)})
          </span>
        )}
      </div>
    </div>
  );
}
