/** The last actions as a heat map: a row per motor, a column per step, the newest at the right. */
import { useCallback, useEffect, useRef } from 'react';
import { BODIES } from '../../../environments/bodies/index.ts';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';
import { formatFixed } from '../format.ts';
import { cssRgb, parseHex, type Rgb } from '../plots/color.ts';
import { usePlotCanvas, type Surface } from '../plots/plot-canvas.ts';
import { mixed } from '../stage/stage-palette.ts';
import { useView } from '../view-store.ts';
import { HISTORY_STEPS, type ActionHistory } from './action-history.ts';

interface ActionStripProps {
  environment: EnvironmentId;
  history: ActionHistory | null;
  /** Changes a few times a second: when the numbers are updated. */
  step: number;
}

export function motorNames(environment: EnvironmentId): string[] {
  const { model, motorLabels } = BODIES[environment];
  return model.motors.map(({ name }) => motorLabels?.[name] ?? name.replace('_', ' '));
}

export function ActionStrip({ environment, history, step }: ActionStripProps) {
  const tables = useView('tables');
  const names = motorNames(environment);
  const last = (i: number) => (history && step > 0 && history.steps > 0 ? formatFixed(history.at(0, i), 2) : '–');
  if (tables) {
    return (
      <table className="action-table">
        <caption>The last action, from −1 to 1</caption>
        <tbody>
          {names.map((name, i) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{last(i)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  }
  return (
    <div className="action-strip" style={{ height: `${Math.max(3.6, 1.05 * names.length)}rem` }}>
      <div className="strip-names" aria-hidden="true">
        {names.map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <StripCanvas
        history={history}
        label={`Actions of the last ${HISTORY_STEPS} steps; now ${names.map((name, i) => `${name} ${last(i)}`).join(', ')}`}
      />
    </div>
  );
}

function StripCanvas({ history, label }: { history: ActionHistory | null; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const paint = useCallback((surface: Surface) => drawStrip(surface, history), [history]);
  const repaint = usePlotCanvas(canvas, paint);
  useEffect(() => {
    let drawn = -1;
    let frame = requestAnimationFrame(function follow() {
      frame = requestAnimationFrame(follow);
      if (!history || history.revision === drawn) return;
      drawn = history.revision;
      repaint();
    });
    return () => cancelAnimationFrame(frame);
  }, [history, repaint]);
  return <canvas ref={canvas} role="img" aria-label={label} data-testid="action-strip" />;
}

/** Shades for each sign. */
const SHADES = 16;

function drawStrip({ ctx, width, height, palette }: Surface, history: ActionHistory | null): void {
  const surface = parseHex(palette.surface);
  const shades = (color: string): string[] => {
    const full: Rgb = parseHex(color);
    return Array.from({ length: SHADES + 1 }, (_, i) => cssRgb(mixed(surface, full, i / SHADES)));
  };
  const [above, below] = [shades(palette.cloning), shades(palette.qLearning)];
  ctx.fillStyle = cssRgb(surface);
  ctx.fillRect(0, 0, width, height);
  if (!history) return;
  const row = height / history.width;
  const column = width / HISTORY_STEPS;
  for (let back = 0; back < history.steps; back++) {
    const left = width - (back + 1) * column;
    for (let i = 0; i < history.width; i++) {
      const value = history.at(back, i);
      const shade = Math.round(Math.min(1, Math.abs(value)) * SHADES);
      ctx.fillStyle = (value >= 0 ? above : below)[shade]!;
      ctx.fillRect(left, i * row, column + 0.5, row - 1);
    }
  }
}
