import { useEffect, useId, useRef } from 'react';
import { useReducedMotion } from '../../shared/plots/reduced-motion.ts';
import type { ReverseScrubberProps } from './types.ts';

const WHOLE_PROCESS_SECONDS = 3;
/** Under reduced motion the process is shown as this many still pictures, one after another. */
const STILLS = 8;
const STILL_MS = 600;

/** The position after `ms` of playback: continuous, or the next still. */
export function playOn(at: number, ms: number, reverseSteps: number, speed: number, still: boolean): number {
  const next = still ? at + reverseSteps / STILLS : at + (speed * ms) / 1000;
  return Math.min(next, reverseSteps);
}

/** The reverse process, dragged or played: from noise (t = T) to the action (t = 0). */
export function ReverseScrubber({
  reverseSteps,
  at,
  onChange,
  playing,
  onPlayingChange,
  speed = reverseSteps / WHOLE_PROCESS_SECONDS,
  disabled = false,
  className = '',
}: ReverseScrubberProps) {
  const id = useId();
  const still = useReducedMotion();
  const now = useRef({ at, onChange, onPlayingChange });
  useEffect(() => {
    now.current = { at, onChange, onPlayingChange };
  });

  useEffect(() => {
    if (!playing || disabled) return;
    const advance = (ms: number) => {
      const next = playOn(now.current.at, ms, reverseSteps, speed, still);
      now.current.onChange(next);
      if (next >= reverseSteps) now.current.onPlayingChange(false);
    };
    if (still) {
      const timer = setInterval(() => advance(STILL_MS), STILL_MS);
      return () => clearInterval(timer);
    }
    let before = performance.now();
    let frame = requestAnimationFrame(function tick(time) {
      // After a hidden tab the process continues where it was.
      advance(Math.min(Math.max(time - before, 0), 100));
      before = time;
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, disabled, reverseSteps, speed, still]);

  const play = () => {
    if (!playing && at >= reverseSteps) onChange(0);
    onPlayingChange(!playing);
  };
  const t = Math.round(reverseSteps - at);
  const stage = t === 0 ? 'action' : t === reverseSteps ? 'pure noise' : 'noise → action';
  return (
    <div className={`plot-scrubber ${className}`.trim()}>
      <div className="plot-scrubber-text">
        <label className="plot-scrubber-label" htmlFor={id}>
          Reverse process
        </label>
        <span className="plot-scrubber-value" aria-hidden="true">
          t = {t} of {reverseSteps}
          <span className="plot-scrubber-rest">: {stage}</span>
        </span>
      </div>
      <button
        type="button"
        className="plot-button plot-scrubber-play"
        onClick={play}
        disabled={disabled}
        aria-label={playing ? 'Pause the reverse process' : 'Play the reverse process'}
      >
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          {playing ? <path d="M4 3h3v10H4zM9 3h3v10H9z" /> : <path d="M4.5 2.5v11l9-5.5z" />}
        </svg>
      </button>
      <input
        id={id}
        className="plot-range"
        type="range"
        min={0}
        max={reverseSteps}
        step={1}
        value={Math.round(at)}
        disabled={disabled}
        aria-valuetext={`t = ${t} of ${reverseSteps}, ${stage}`}
        style={{ '--share': Math.round(at) / Math.max(1, reverseSteps) } as React.CSSProperties}
        onChange={(event) => {
          onPlayingChange(false);
          onChange(Number(event.target.value));
        }}
      />
    </div>
  );
}
