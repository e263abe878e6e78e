/**
 * How a diffusion policy acts in one state: per joint the path of every candidate from noise to action, the choice among
 * them by Q, and the actions of the data in similar states. It draws a trace that a worker made (`DenoisingTracer`).
 */
import { memo, useCallback, useMemo, useRef } from 'react';
import type { DenoisingTrace } from '../../../environments/rollouts/denoising-trace.ts';
import { formatFixed, formatShare, formatSignificant } from '../format.ts';
import { useThrottledValue } from '../hooks/use-throttled-value.ts';
import { usePlotCanvas, type Surface } from '../plots/plot-canvas.ts';
import { PlotTable } from '../plots/plot-table.tsx';
import { actionAt, columnOf, finalActions, ranked, spreadOf } from './denoising-scales.ts';
import { drawChoice, drawDimension } from './draw-denoising.ts';
import './policy-inspector.css';

/** Update interval of the hidden tables, which only screen readers use. */
const HIDDEN_TABLES_MS = 1000;

interface DenoisingViewProps {
  /** Null shows empty plots. */
  trace: DenoisingTrace | null;
  /** Names of the action dimensions. */
  joints: readonly string[];
  /** [k, A] actions of the data in the nearest states; null or absent draws none. */
  near?: Float32Array | null;
  /** Shows tables in place of the plots. */
  tables?: boolean;
}

export function DenoisingView({ trace: latest, joints, near = null, tables = false }: DenoisingViewProps) {
  // A trace of the previous body is not shown.
  const trace = latest?.width === joints.length ? latest : null;
  const numbers = useMemo(() => ({ trace, joints, near }), [trace, joints, near]);
  const throttled = useThrottledValue(numbers, tables ? 0 : HIDDEN_TABLES_MS);
  return (
    <div className="denoising" data-testid="denoising">
      {!tables && (
        <div className="denoising-joints" data-count={joints.length}>
          {joints.map((name, i) => (
            <JointPlot key={name} name={name} dimension={i} trace={trace} near={near} />
          ))}
        </div>
      )}
      {trace?.values && <Choice trace={trace} values={trace.values} tables={tables} />}
      <Tables numbers={throttled} visible={tables} />
    </div>
  );
}

interface JointPlotProps {
  name: string;
  dimension: number;
  trace: DenoisingTrace | null;
  near: Float32Array | null;
}

function JointPlot({ name, dimension, trace, near }: JointPlotProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const paint = useCallback(
    (surface: Surface) => {
      if (trace) drawDimension(surface, trace, dimension, near);
    },
    [trace, dimension, near],
  );
  usePlotCanvas(canvas, paint);
  const taken = trace && actionAt(trace, trace.times.length - 1, trace.chosen, dimension);
  return (
    <figure className="denoising-joint">
      <figcaption>
        <span>{name}</span>
        <span className="denoising-value">{taken === null ? '–' : formatFixed(taken, 2)}</span>
      </figcaption>
      <div className="denoising-plot">
        <canvas
          ref={canvas}
          role="img"
          aria-label={trace ? jointText(name, trace, dimension) : `Denoising of ${name}`}
          data-testid={`denoising-${dimension}`}
        />
      </div>
    </figure>
  );
}

function jointText(name: string, trace: DenoisingTrace, dimension: number): string {
  const [low, , high] = spreadOf(finalActions(trace, dimension));
  const taken = actionAt(trace, trace.times.length - 1, trace.chosen, dimension);
  return `${name}: ${trace.candidates} draws from noise at t = ${trace.times[0] ?? 0} to actions, most of them from ${formatFixed(low, 2)} to ${formatFixed(high, 2)}; taken ${formatFixed(taken, 2)}`;
}

interface ChoiceProps {
  trace: DenoisingTrace;
  values: Float32Array;
  tables: boolean;
}

function Choice({ trace, values, tables }: ChoiceProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const paint = useCallback((surface: Surface) => drawChoice(surface, trace), [trace]);
  usePlotCanvas(canvas, paint);
  const { chosen, probabilities, candidates } = trace;
  const best = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const rank = values.filter((value) => value > values[chosen]!).length + 1;
  const share = probabilities ? `, probability ${formatShare(probabilities[chosen]!)}` : '';
  const text = `${probabilities ? 'Taken' : 'Taken, whatever its Q'}: number ${rank} of ${candidates}${share}.`;
  return (
    <figure className="denoising-choice">
      <figcaption>
        <span>Q, from the best candidate’s {formatSignificant(best, 4)} down</span>
        <span className="denoising-value" data-testid="denoising-taken">
          {text}
        </span>
      </figcaption>
      {!tables && (
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${probabilities ? 'Q and probability' : 'Q'} of ${candidates} candidates. ${text}`}
          data-testid="denoising-choice"
        />
      )}
    </figure>
  );
}

interface TablesProps {
  numbers: { trace: DenoisingTrace | null; joints: readonly string[]; near: Float32Array | null };
  visible: boolean;
}

/** The same numbers as tables: always for screen readers, on demand for everyone. */
const Tables = memo(function Tables({ numbers: { trace, joints, near }, visible }: TablesProps) {
  if (!trace) return null;
  const { values, probabilities, chosen, width, times } = trace;
  const last = times.length - 1;
  const rows = ranked(trace).map((candidate, i) => [
    `${i + 1}${candidate === chosen ? ', taken' : ''}`,
    ...(values ? [formatSignificant(values[candidate]!, 5)] : []),
    ...(probabilities ? [formatShare(probabilities[candidate]!)] : []),
    ...joints.map((_, i) => formatFixed(actionAt(trace, last, candidate, i), 2)),
  ]);
  const columns = ['candidate', ...(values ? ['Q'] : []), ...(probabilities ? ['probability'] : []), ...joints];
  const caption = values ? 'Candidates from the highest Q to the lowest, and their actions' : 'Draws of the policy';
  return (
    <>
      <PlotTable visible={visible} caption={caption} columns={columns} rows={rows} />
      {near && (
        <PlotTable
          visible={visible}
          caption="Actions of the data in similar states, and of the policy: the 10th, 50th and 90th percentile"
          columns={['joint', 'data 10', 'data 50', 'data 90', 'policy 10', 'policy 50', 'policy 90']}
          rows={joints.map((name, i) => [
            name,
            ...spreadOf(columnOf(near, width, i)).map((value) => formatFixed(value, 2)),
            ...spreadOf(finalActions(trace, i)).map((value) => formatFixed(value, 2)),
          ])}
        />
      )}
    </>
  );
});
