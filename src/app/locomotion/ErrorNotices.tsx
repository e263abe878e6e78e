/** Errors, divergence and other notices of a run, with advice. */
import { divergenceHints } from '../../locomotion/divergence-hints.ts';
import { formatCount } from '../shared/format.ts';
import { Dismiss } from '../shared/notices/Dismiss.tsx';
import { RepairNotice } from '../shared/notices/RepairNotice.tsx';
import { useLocomotion } from './locomotion-store.ts';
import { termName } from '../shared/term-name.ts';
import { dismissNotice, useTraining } from './training-store.ts';

export function RunErrorNotices() {
  const error = useTraining((state) => state.error);
  const note = useTraining((state) => state.note);
  const unsaved = useTraining((state) => state.unsaved);
  const diverged = useTraining((state) => state.diverged);
  const method = useLocomotion((state) => state.method);
  const alarm = useTraining((state) => state.progress?.alarm ?? null);
  return (
    <div className="notices">
      {error && (
        <div className="notice danger" role="alert" data-testid="error">
          <p>
            <b>{error.what}</b> <span className="error-text">{error.why}</span>
          </p>
          <Dismiss onClick={() => dismissNotice('error')} />
        </div>
      )}
      {diverged && (
        <div className="notice danger" role="alert" data-testid="diverged">
          <p>
            <b>The run diverged.</b> Its {termName(diverged.quantity).toLowerCase()} was the first to be NaN or
            infinite, at step {formatCount(diverged.step)}. The last checkpoint is unchanged; from there it would
            diverge again. In a new run, what may help: {divergenceHints(method)}.
          </p>
        </div>
      )}
      {alarm !== null && !diverged && (
        <div className="notice" role="status" data-testid="alarm">
          <p>{alarm}</p>
        </div>
      )}
      {unsaved !== null && (
        <div className="notice danger" role="alert" data-testid="unsaved">
          <p>
            <b>The checkpoint could not be written; the one before is intact.</b>{' '}
            <span className="error-text">{unsaved}</span> It is tried again when the run is saved next: within a minute
            while it trains, at a pause, or when it is closed. Its checkpoint can be exported meanwhile.
          </p>
          <Dismiss onClick={() => dismissNotice('unsaved')} />
        </div>
      )}
      {note !== null && (
        <div className="notice" role="status" data-testid="note">
          <p>{note}</p>
          <Dismiss onClick={() => dismissNotice('note')} />
        </div>
      )}
      <RepairNotice />
    </div>
  );
}
