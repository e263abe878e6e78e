/** Props of the plots. Positions are in action units, y upwards. */
import type { MethodId } from '../../../bandit/methods.ts';
import type { Mode, PaintedPoint } from '../../../datasets/bandit.ts';
import type { SnapshotInfo } from '../../../bandit/engine/protocol.ts';
import type { Tone } from '../../shared/plots/palette.ts';

/** Positions along a reverse process, shown at a fractional reverse step. */
export interface PathsView {
  /** [reverseSteps + 1, count, 2], from noise (index 0) to the action (index reverseSteps). */
  positions: Float32Array;
  reverseSteps: number;
  count: number;
  /** 0 (noise) to reverseSteps (action); fractions interpolate. */
  at: number;
}

export interface SampleFieldProps {
  /** [n, 2] points of the data set, drawn as faint dots; at most 1,500 of them. */
  data: Float32Array | null;
  modes: readonly Mode[];
  /** [n, 2], unclipped: points past the edge become ticks on the frame. */
  samples: Float32Array | null;
  tone: Tone;
  /** Drawn in place of `samples` when given. */
  paths?: PathsView | undefined;
  /** The first `trails` paths are drawn as thin lines; 0 by default. */
  trails?: number | undefined;
  /** Accessible name; the number of points past the edge is added to it. */
  label: string;
  /** Half-width of the view; 1.25 by default. */
  extent?: number | undefined;
  /** Writes each mode's reward beside its ring. */
  showRewards?: boolean | undefined;
  /** Writes each mode's letter beside its ring. */
  showNames?: boolean | undefined;
  /** New samples jump instead of drifting (always so under reduced motion). */
  still?: boolean | undefined;
  onHover?: ((x: number, y: number) => void) | undefined;
  className?: string | undefined;
}

export interface QFieldProps {
  /** [resolution, resolution] at cell centres of [-1, 1]², rows from y = +1 down; null draws an empty frame. */
  q: Float32Array | null;
  resolution: number;
  modes: readonly Mode[];
  label: string;
  /** [n, 2] samples drawn over the map. */
  overlay?: Float32Array | null | undefined;
  tone?: Tone | undefined;
  extent?: number | undefined;
  /** Ends of the colour scale, to compare methods; the map's own minimum and maximum by default. */
  range?: readonly [number, number] | undefined;
  className?: string | undefined;
}

export interface QTableProps {
  /** As in `QFieldProps`; null draws nothing. */
  q: Float32Array | null;
  resolution: number;
  /** Whose Q it is. */
  name: string;
  className?: string | undefined;
}

export interface NearestBarProps {
  /** Share of samples nearest to each mode. */
  nearest: readonly number[];
  /** The data's shares, drawn as reference marks. */
  dataShares: readonly number[];
  modes: readonly Mode[];
  label: string;
  className?: string | undefined;
}

/** One line of a chart; x ascending. */
export interface CurveSeries {
  method: MethodId;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** The mean of several runs, and the ends of its interval; x ascending. */
export interface CurveBand {
  /** "Mean of 5 seeds" */
  name: string;
  x: ArrayLike<number>;
  mean: ArrayLike<number>;
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

export interface CurvesProps {
  series: readonly CurveSeries[];
  /** Of the one series there is, which is drawn thin beside it. */
  band?: CurveBand | undefined;
  x: 'steps' | 'seconds';
  /** Names the plotted quantity, in words ("Share in mode"). */
  quantity: string;
  yLabel: string;
  log?: boolean | undefined;
  /** CSS pixels. */
  height: number;
  /** How values are written in the tooltip; three significant digits by default. */
  format?: ((value: number) => string) | undefined;
  /** How ticks of the y axis are written; exactly, all with the same decimals, by default. */
  formatTick?: ((value: number) => string) | undefined;
  /** Position on the x axis that a line marks: the snapshot on show. */
  mark?: number | undefined;
  /** Fixed ends of the y axis. */
  domain?: readonly [number, number] | undefined;
  className?: string | undefined;
}

export interface ReverseScrubberProps {
  /** T of the process, for the words; `reverseSteps` unless the sampler skips steps. */
  reverseSteps: number;
  /** 0 (noise) to reverseSteps (action). */
  at: number;
  onChange: (at: number) => void;
  playing: boolean;
  onPlayingChange: (playing: boolean) => void;
  /** Reverse steps a second while playing; by default the whole process in three seconds. */
  speed?: number | undefined;
  disabled?: boolean | undefined;
  className?: string | undefined;
}

export interface TimeScrubberProps {
  snapshots: readonly SnapshotInfo[];
  /** A snapshot's step; null is live. */
  value: number | null;
  onChange: (step: number | null) => void;
  disabled?: boolean | undefined;
  className?: string | undefined;
}

export type EditorTool = 'move' | 'paint' | 'erase';

export interface DataEditorFieldProps {
  modes: readonly Mode[];
  painted: readonly PaintedPoint[];
  /** Index of the selected mode. */
  selected: number | null;
  tool: EditorTool;
  /** Radius in action units. */
  brush: { reward: number; radius: number };
  onModesChange: (modes: Mode[]) => void;
  onSelect: (index: number | null) => void;
  /** New points of a stroke, to append. */
  onPaint: (points: PaintedPoint[]) => void;
  /** The eraser passed over a disc. */
  onErase: (x: number, y: number, radius: number) => void;
  data: Float32Array | null;
  label?: string | undefined;
  className?: string | undefined;
}

export interface FigurePanel {
  title: string;
  subtitle?: string | undefined;
  tone: Tone;
  samples: Float32Array | null;
  data: Float32Array | null;
  modes: readonly Mode[];
  /** [48, 48], drawn under the samples' panel. */
  q?: Float32Array | null | undefined;
  /** Lines of text under the panel ("in mode", "97.2 %"). */
  metrics?: readonly (readonly [name: string, value: string])[] | undefined;
  extent?: number | undefined;
}

export interface FigureOptions {
  title: string;
  /** A second line: seed, steps, preset. */
  subtitle?: string | undefined;
  /** In reading order, rows of `columns`; the page passes the cloning row and then the other. */
  panels: readonly FigurePanel[];
  columns: number;
  theme: 'light' | 'dark';
  /** CSS pixels; the canvas has `scale` times as many. */
  width: number;
  /** 2 by default. */
  scale?: number | undefined;
}
