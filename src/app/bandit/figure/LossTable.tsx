/** The latest value of every loss and quantity that a method reports. */
import { formatSignificant } from '../../shared/format.ts';
import type { Shown } from '../stores/frame-store.ts';
import { termName } from '../../shared/term-name.ts';

export function LossTable({ shown }: { shown: Shown | null }) {
  if (!shown || shown.shipped) return null;
  if (shown.step === 0) return <p className="losses losses-none">Losses come with the first step.</p>;
  const entries = Object.entries(shown.losses);
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
