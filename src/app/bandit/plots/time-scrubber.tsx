import { useId } from 'react';
import type { SnapshotInfo } from '../../../bandit/engine/protocol.ts';
import type { TimeScrubberProps } from './types.ts';

/** More ticks than this would merge. */
const TICKS_DRAWN = 60;

/** Index of the snapshot at or before a step; 0 if there is none before it. */
export function snapshotIndex(snapshots: readonly SnapshotInfo[], step: number): number {
  let index = 0;
  snapshots.forEach((snapshot, i) => {
    if (snapshot.step <= step) index = i;
  });
  return index;
}

function stepText(step: number): string {
  return `step ${step.toLocaleString('en-US')}`;
}

/**
 * Snapshots of a run, evenly spaced, oldest first; the position after the last one is live. The chosen snapshot does
 * not change while the run adds more.
 */
export function TimeScrubber({ snapshots, value, onChange, disabled = false, className = '' }: TimeScrubberProps) {
  const id = useId();
  const live = snapshots.length;
  const index = value === null ? live : snapshotIndex(snapshots, value);
  const nothing = live === 0;
  const shown = value === null ? undefined : snapshots[index];
  const text = shown ? stepText(shown.step) : 'live';
  const every = Math.ceil((live + 1) / TICKS_DRAWN);
  return (
    <div className={`plot-scrubber ${className}`.trim()}>
      <div className="plot-scrubber-text">
        <label className="plot-scrubber-label" htmlFor={id}>
          Training time
        </label>
        <span className="plot-scrubber-value" aria-hidden="true">
          {nothing ? 'no snapshots yet' : text}
        </span>
      </div>
      <div className="plot-range-box">
        <input
          id={id}
          className="plot-range"
          type="range"
          min={0}
          max={Math.max(1, live)}
          step={1}
          value={nothing ? 1 : index}
          disabled={disabled || nothing}
          aria-valuetext={text}
          style={{ '--share': nothing ? 1 : index / live } as React.CSSProperties}
          onChange={(event) => {
            const chosen = snapshots[Number(event.target.value)];
            onChange(chosen ? chosen.step : null);
          }}
        />
        <div className="plot-ticks" aria-hidden="true">
          {snapshots.map((snapshot, i) =>
            i % every === 0 ? <span key={snapshot.step} style={{ left: `${(100 * i) / live}%` }} /> : null,
          )}
        </div>
      </div>
      <button
        type="button"
        className="plot-button plot-live"
        aria-pressed={value === null}
        disabled={disabled || nothing}
        onClick={() => onChange(null)}
      >
        Live
      </button>
    </div>
  );
}
