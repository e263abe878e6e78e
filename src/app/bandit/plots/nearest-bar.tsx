import { bestMode, modeLetter, modeName } from './modes.ts';
import { formatShare } from '../../shared/plots/scales.ts';
import type { NearestBarProps } from './types.ts';

/**
 * Share of the ring's colour in a mode's part, in percent: from dark to light in the modes' order. Middle greys are left
 * out, because neither light nor dark letters have enough contrast on them in both themes.
 */
function partInk(index: number, modes: NearestBarProps['modes'], best: number): number {
  const others = modes.length - 1;
  const place = index < best ? index : index - 1;
  const along = others <= 1 ? 0 : place / (others - 1);
  return along <= 0.5 ? 88 - 36 * along : 36 - 32 * (along - 0.5);
}

/** Ground of a mode's part: the best mode's green, or a grey, so that hues need not be distinguished. */
function partColor(index: number, modes: NearestBarProps['modes'], best: number): string {
  if (index === best) return 'var(--best-mode)';
  return `color-mix(in oklab, var(--mode-ring) ${partInk(index, modes, best).toFixed(0)}%, var(--surface))`;
}

/** Dark parts have light letters. */
function letterColor(index: number, modes: NearestBarProps['modes'], best: number): string {
  return index === best || partInk(index, modes, best) > 50 ? 'var(--surface)' : 'var(--text)';
}

function shares(values: readonly number[], count: number): number[] {
  const clean = Array.from({ length: count }, (_, i) => Math.max(0, Number(values[i]) || 0));
  const total = clean.reduce((sum, value) => sum + value, 0);
  return total > 0 ? clean.map((value) => value / total) : clean;
}

/**
 * Which modes the samples are nearest to: a part of the bar for each mode, in the modes' order, over a thin strip of
 * the data's own shares in the same colours, with a mark where the data's parts meet.
 */
export function NearestBar({ nearest, dataShares, modes, label, className = '' }: NearestBarProps) {
  const best = bestMode(modes);
  const policy = shares(nearest, modes.length);
  const data = shares(dataShares, modes.length);
  const labels = modes.map(
    (_, i) => `${modeName(i, modes)} ${formatShare(policy[i]!)} (data ${formatShare(data[i]!)})`,
  );
  const marks = data.slice(0, -1).map((_, i) => data.slice(0, i + 1).reduce((sum, share) => sum + share, 0));
  return (
    <div className={`plot-nearest ${className}`.trim()} role="img" aria-label={`${label}: ${labels.join(', ')}`}>
      <div className="plot-nearest-bar">
        {modes.map((_, i) =>
          policy[i]! > 0 ? (
            <div
              key={i}
              className="plot-nearest-part"
              title={labels[i]}
              style={{
                width: `${policy[i]! * 100}%`,
                background: partColor(i, modes, best),
                color: letterColor(i, modes, best),
              }}
            >
              <span className="plot-nearest-letter">{modeLetter(i)}</span>
              <span className="plot-nearest-share">{formatShare(policy[i]!)}</span>
            </div>
          ) : null,
        )}
        {marks.map((mark, i) => (
          <span key={i} className="plot-nearest-mark" style={{ left: `${mark * 100}%` }} />
        ))}
      </div>
      <div className="plot-nearest-data">
        {modes.map((_, i) => (
          <div key={i} style={{ width: `${data[i]! * 100}%`, background: partColor(i, modes, best) }} />
        ))}
      </div>
    </div>
  );
}
