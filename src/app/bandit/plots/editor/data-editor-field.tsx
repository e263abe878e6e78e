import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { MAX_PAINTED } from '../../../../datasets/bandit.ts';
import { drawFrame, drawGround, drawRings } from '../drawing/draw-field.ts';
import { drawPainted } from '../drawing/draw-painted.ts';
import { addModeAt, arrowStep, BIG_NUDGE, canAdd, canRemove, moveMode, NUDGE, removeModeAt } from './editor-modes.ts';
import { DEFAULT_EXTENT, fieldGeometry, toAction } from '../drawing/geometry.ts';
import { ModeHandle, percentPlace } from './mode-handle.tsx';
import { Layer, usePlotCanvas, type Surface } from '../../../shared/plots/plot-canvas.ts';
import { formatFixed } from '../../../shared/plots/scales.ts';
import { POINTS_A_CLICK, pointsFor, spray } from './spray.ts';
import type { DataEditorFieldProps } from '../types.ts';

type Place = [x: number, y: number];

const MOVE_HINT =
  'Double-click adds a mode. On a mode: arrows move it, plus and minus change its spread, Delete removes it.';

/** An editor of the data set: modes to drag, a brush and an eraser for points. */
export function DataEditorField({
  modes,
  painted,
  selected,
  tool,
  brush,
  onModesChange,
  onSelect,
  onPaint,
  onErase,
  data,
  label = 'The data',
  className = '',
}: DataEditorFieldProps) {
  const boxRef = useRef<HTMLDivElement>(null);
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const ground = useRef<Layer | null>(null);
  const stroke = useRef<Place | null>(null);
  /** Points painted so far, with those of a stroke that the page has not handed back yet. */
  const sprayed = useRef(painted.length);
  const [cursor, setCursor] = useState<Place | null>(null);
  const brushing = tool !== 'move';

  useEffect(() => {
    sprayed.current = painted.length;
  }, [painted]);

  const paint = useCallback(
    (surface: Surface) => {
      const { ctx, side, ratio, palette } = surface;
      const geometry = fieldGeometry(side, DEFAULT_EXTENT, ratio);
      ground.current ??= new Layer();
      ground.current.draw(surface, [data], (layer) => drawGround(layer.ctx, geometry, palette, data));
      drawPainted(ctx, geometry, palette, painted, modes);
      // Letters beside the rings: on the handles they would hide the data.
      drawRings(ctx, geometry, palette, modes, { showNames: true });
      drawFrame(ctx, geometry, palette);
    },
    [data, modes, painted],
  );
  usePlotCanvas(canvasRef, paint);

  const place = (event: { clientX: number; clientY: number }): Place => {
    const box = boxRef.current!.getBoundingClientRect();
    return toAction(fieldGeometry(box.width), event.clientX - box.left, event.clientY - box.top);
  };

  /** One piece of a stroke; the first touch has no way behind it. */
  const brushTo = (to: Place, from: Place | null) => {
    if (tool === 'erase') {
      const pieces = from ? Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / brush.radius)) : 1;
      const [x, y] = from ?? to;
      for (let i = 1; i <= pieces; i++) {
        const t = i / pieces;
        onErase(x + (to[0] - x) * t, y + (to[1] - y) * t, brush.radius);
      }
      return true;
    }
    const way = from ? Math.hypot(to[0] - from[0], to[1] - from[1]) : 0;
    const wanted = from ? pointsFor(way, brush.radius) : POINTS_A_CLICK;
    const count = Math.min(wanted, MAX_PAINTED - sprayed.current);
    if (count > 0) {
      onPaint(spray(from ?? to, to, brush, sprayed.current, count));
      sprayed.current += count;
    }
    // A way too short for a point counts towards the next piece.
    return wanted > 0;
  };

  const startStroke = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    stroke.current = place(event);
    brushTo(stroke.current, null);
  };
  const move = (event: PointerEvent<HTMLButtonElement>) => {
    const to = place(event);
    setCursor(to);
    if (stroke.current && brushTo(to, stroke.current)) stroke.current = to;
  };
  const lift = () => {
    stroke.current = null;
  };
  const brushKey = (event: KeyboardEvent<HTMLButtonElement>) => {
    const at: Place = cursor ?? [0, 0];
    const way = arrowStep(event.key, event.shiftKey ? BIG_NUDGE : NUDGE);
    if (way) {
      const limit = (value: number) => Math.min(Math.max(value, -1), 1);
      setCursor([limit(at[0] + way[0]), limit(at[1] + way[1])]);
    } else if (event.key === ' ' || event.key === 'Enter') {
      setCursor(at);
      brushTo(at, null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const remove = (index: number) => {
    if (!canRemove(modes)) return;
    onModesChange(removeModeAt(modes, index));
    // Handles are keyed by index: the last one unmounts, and the next mode uses this one.
    const next = Math.min(index, modes.length - 2);
    onSelect(next);
    boxRef.current?.querySelectorAll<HTMLElement>('.plot-handle')[next]?.focus();
  };

  const [brushX, brushY] = cursor ?? [0, 0];
  const brushName = tool === 'erase' ? 'Eraser' : 'Brush';
  return (
    <div
      ref={boxRef}
      className={`plot-editor plot-editor-${tool} ${className}`.trim()}
      role="group"
      aria-label={brushing ? label : `${label}. ${MOVE_HINT}`}
    >
      <canvas
        ref={canvasRef}
        className="plot-field"
        aria-hidden="true"
        onPointerDown={() => onSelect(null)}
        onDoubleClick={(event) => {
          if (!canAdd(modes)) return;
          onModesChange(addModeAt(modes, ...place(event)));
          onSelect(modes.length);
        }}
      />
      {modes.map((mode, index) => (
        <ModeHandle
          key={index}
          mode={mode}
          index={index}
          modes={modes}
          selected={index === selected}
          inert={brushing}
          place={place}
          onMove={(x, y) => onModesChange(moveMode(modes, index, x, y))}
          onModesChange={onModesChange}
          onSelect={onSelect}
          onRemove={() => remove(index)}
        />
      ))}
      {brushing && (
        <button
          type="button"
          className="plot-brush-layer"
          aria-label={`${brushName} at (${formatFixed(brushX, 2)}, ${formatFixed(brushY, 2)}). Arrows move it, Space ${tool}s`}
          onPointerDown={startStroke}
          onPointerMove={move}
          onPointerUp={lift}
          onPointerCancel={lift}
          onPointerLeave={() => setCursor(null)}
          onKeyDown={brushKey}
        >
          {cursor && (
            <span
              className="plot-brush"
              style={{ ...percentPlace(brushX, brushY), width: `${(100 * brush.radius) / DEFAULT_EXTENT}%` }}
            />
          )}
        </button>
      )}
    </div>
  );
}
