/** The latest value of every loss and quantity that a method reports. */
import { formatSignificant } from '../format.ts';
import { termName } from '../words/methods.ts';

export function LossTable({ losses }: { losses: Readonly<Record<string, number>> | null }) {
  const entries = Object.entries(losses ?? {});
  if (entries.length === 0) return null;
  return (
    <dl className="metrics losses" data-testid="losses">
      {entries.map(([term, value]) => (
        <div key={term}>
          <dt>{termName(term)}</dt>
          <dd>{formatSignificant(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
