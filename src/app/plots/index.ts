/** The plots, as the page uses them. */
import './plots.css';

export { SampleField } from './sample-field.tsx';
export { QField } from './q-field.tsx';
export { NearestBar } from './nearest-bar.tsx';
export { Curves } from './curves.tsx';
export { PlotTable } from './plot-table.tsx';
export { ReverseScrubber } from './reverse-scrubber.tsx';
export { TimeScrubber } from './time-scrubber.tsx';
export { DataEditorField } from './data-editor-field.tsx';
export { composeFigure } from './figure-export.ts';
export { pageFonts } from './palette.ts';
export { SeriesStore } from './series.ts';
export { methodStyle, type MethodStyle } from './method-style.ts';
export { bestMode, modeLetter, modeName } from './modes.ts';
export type * from './types.ts';
