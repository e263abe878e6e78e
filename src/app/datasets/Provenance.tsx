import type { DatasetFacts } from '../../datasets/library/protocol.ts';
import { formatCount } from '../shared/format.ts';

export function Provenance({ facts: { manifest, origin } }: { facts: DatasetFacts }) {
  const { licence, provenance, notes, source, referenceReturns, arrays } = manifest;
  const largest = Math.max(...arrays.observations.maxError, ...arrays.actions.maxError);
  return (
    <section className="provenance" aria-labelledby="provenance-title">
      <h3 id="provenance-title">Licence and provenance</h3>
      <dl>
        <Entry name="Licence">{licence}</Entry>
        <Entry name="Provenance">{provenance}</Entry>
        {origin !== null && <Entry name="Fetched from">{origin}</Entry>}
        <Entry name="Source file">
          {source.name}, {formatCount(source.bytes)} bytes;{' '}
          {source.published === null
            ? 'not one of the published files known here'
            : `verified: it is ${source.published}, by size and hash`}
        </Entry>
        <Entry name="Its SHA-256">
          <code>{source.sha256}</code>
        </Entry>
        {referenceReturns && (
          <Entry name="Scores">
            0 is a return of {referenceReturns.min}, 100 one of {referenceReturns.max} ({referenceReturns.source})
          </Entry>
        )}
        {largest > 0 && (
          <Entry name="Rounding">a stored value is at most {largest.toExponential(1)} from the source’s</Entry>
        )}
        {notes.map((note) => (
          <Entry key={note} name="Note">
            {note}
          </Entry>
        ))}
      </dl>
    </section>
  );
}

function Entry({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
