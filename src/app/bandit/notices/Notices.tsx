/** Problems and messages of the run, with the actions they allow. */
import { useState } from 'react';
import { METHODS } from '../../../bandit/methods.ts';
import { formatCount } from '../../shared/format.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { runStore, useRun, type Problem } from '../stores/run-store.ts';
import { termName } from '../../shared/term-name.ts';
import { Dismiss } from '../../shared/notices/Dismiss.tsx';
import { RepairNotice } from '../../shared/notices/RepairNotice.tsx';

export function Notices() {
  const problem = useRun('problem');
  return (
    <div className="notices">
      {problem && <ProblemNotice problem={problem} />}
      <RepairNotice />
    </div>
  );
}

/** Messages that require no action. They cover the page's foot, so that the figure never moves. */
export function Toasts() {
  const message = useRun('message');
  return (
    <div className="toasts">
      {message && (
        <div className="toast" data-testid="message">
          <p>{message}</p>
          <Dismiss onClick={() => runStore.setState({ message: null })} />
        </div>
      )}
      <FinishedToast />
      <ProgressLine />
    </div>
  );
}

function ProgressLine() {
  const progress = useRun('progress');
  const state = useRun('state');
  if (!progress && state !== 'loading') return null;
  return (
    <p className="toast progress" data-testid="progress">
      <progress max={progress?.total ?? 1} value={progress ? progress.done : undefined} aria-label="Getting ready" />
      <span>{progress ? `${progress.label} (${progress.done} of ${progress.total})` : 'Starting the engine'}</span>
    </p>
  );
}

function FinishedToast() {
  const state = useRun('state');
  const generation = useRun('generation');
  const budget = useExperiment((experiment) => experiment.budget);
  const end = `${generation} ${budget}`;
  const [dismissed, setDismissed] = useState<string | null>(null);
  if (state !== 'finished' || dismissed === end) return null;
  return (
    <div className="toast" data-testid="finished">
      <p>
        The budget is spent: the run is finished. Raise the budget and play on, or drag <b>training time</b> to look
        back.
      </p>
      <Dismiss onClick={() => setDismissed(end)} />
    </div>
  );
}

function ProblemNotice({ problem }: { problem: Problem }) {
  const session = useSession();
  const dismiss = () => runStore.setState({ problem: null });
  switch (problem.kind) {
    case 'diverged':
      return (
        <div className="notice danger" role="alert" data-testid="diverged">
          <p>
            <b>{METHODS[problem.method].name} diverged.</b> Its {termName(problem.quantity).toLowerCase()} was not
            finite at step {formatCount(problem.step)}, so the run is paused. A lower learning rate or η often helps.
          </p>
          <div className="notice-buttons">
            <button type="button" className="primary" data-testid="rollback" onClick={() => session.rollback()}>
              Back to the last finite state (step {formatCount(problem.goodStep)})
            </button>
            <button type="button" onClick={() => session.reset()}>
              Start again
            </button>
          </div>
        </div>
      );
    case 'device-lost':
      return (
        <div className="notice danger" role="alert" data-testid="device-lost">
          <p>
            <b>The GPU went away</b> ({problem.reason}). The run went on from step {formatCount(problem.resumedFrom)} on{' '}
            {problem.info.device}.
          </p>
          <Dismiss onClick={dismiss} />
        </div>
      );
    case 'error':
      return (
        <div className="notice danger" role="alert" data-testid="error">
          <p>
            <b>That didn’t work.</b> <span className="error-text">{problem.message}</span>
          </p>
          <Dismiss onClick={dismiss} />
        </div>
      );
  }
}
