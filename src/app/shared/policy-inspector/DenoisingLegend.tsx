/** Legend of the denoising plots. */
import { formatCount } from '../format.ts';

interface DenoisingLegendProps {
  /** Number of candidates; null until it is known. */
  draws: number | null;
  /** Whether their colour shows Q. */
  byQ: boolean;
  /** Number of dataset rows whose actions are shown; null for none. */
  data: number | null;
}

export function DenoisingLegend({ draws, byQ, data }: DenoisingLegendProps) {
  return (
    <ul className="policy-inspector-legend">
      <li>
        <svg width="34" height="12" aria-hidden="true">
          {[2, 6, 10].map((y, i) => (
            <line
              key={y}
              x1="0"
              x2="34"
              y1={y}
              y2={y}
              strokeWidth="2"
              stroke={byQ ? `var(--q-ramp-${4 - i})` : 'var(--cloning)'}
            />
          ))}
        </svg>
        {draws ?? 'the'} draws{byQ ? ', stronger with higher Q' : ''}
      </li>
      <li>
        <svg width="34" height="12" aria-hidden="true">
          <line x1="0" x2="26" y1="6" y2="6" stroke="var(--text)" strokeWidth="2.75" />
          <circle cx="28" cy="6" r="4.5" fill="var(--surface)" stroke="var(--text)" strokeWidth="2.5" />
        </svg>
        taken
      </li>
      {data !== null && (
        <li>
          <svg width="18" height="12" aria-hidden="true" fill="var(--data)">
            <rect x="0" y="0" width="8" height="3" />
            <rect x="0" y="4" width="18" height="3" />
            <rect x="0" y="8" width="12" height="3" />
          </svg>
          data, {formatCount(data)} nearest states
        </li>
      )}
    </ul>
  );
}
