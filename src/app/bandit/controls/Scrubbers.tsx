/** The two scrubbers of all panels: training time and the reverse process. */
import { useState } from 'react';
import { METHODS } from '../../../bandit/methods.ts';
import { methodSettings } from '../../../bandit/experiment.ts';
import { ReverseScrubber } from '../plots/reverse-scrubber.tsx';
import { TimeScrubber } from '../plots/time-scrubber.tsx';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { hasStarted, useRun } from '../stores/run-store.ts';
import { setView, useView } from '../../shared/view-store.ts';
import { Icon } from '../../shared/controls/icons.tsx';
import { BANDIT_CONTROLS } from '../copy.ts';
import { described } from '../../shared/copy.ts';

export function SnapshotScrubber() {
  const session = useSession();
  const timeline = useRun('timeline');
  const state = useRun('state');
  const snapshotStep = useView('snapshotStep');
  const ready = hasStarted(state) && timeline.length > 0;
  const last = timeline.at(-1)?.step ?? 0;
  return (
    <div
      className="scrubber"
      role="group"
      aria-label="Training time"
      {...described(BANDIT_CONTROLS, 'snapshot')}
      data-testid="moment"
    >
      <TimeScrubber
        snapshots={timeline}
        value={snapshotStep !== null && snapshotStep <= last ? snapshotStep : null}
        onChange={(step) => session.timeline.show(step)}
        disabled={!ready}
      />
    </div>
  );
}

/** The view's position 0 … 1 in the steps of a process; `null` (samples only) is its end. */
export function useReverse(reverseSteps: number) {
  const denoise = useView('denoise');
  const [playing, setPlaying] = useState(false);
  return {
    reverseSteps,
    at: (denoise ?? 1) * reverseSteps,
    playing,
    onPlayingChange: setPlaying,
    onChange: (at: number) => setView({ denoise: Math.min(1, Math.max(0, at / reverseSteps)) }),
  };
}

/** Leaves the reverse process, if a position of it is shown. */
export function DenoiseOff() {
  const denoise = useView('denoise');
  if (denoise === null) return null;
  return (
    <button
      type="button"
      className="quiet square"
      aria-label="Show the samples again"
      title="Shows the samples again, without their paths"
      data-testid="denoise-off"
      onClick={() => setView({ denoise: null })}
    >
      <Icon name="close" />
    </button>
  );
}

export function GlobalReverseScrubber() {
  const solo = useView('solo');
  const state = useRun('state');
  const longest = useExperiment((experiment) =>
    Math.max(
      0,
      ...experiment.methods
        .filter((method) => METHODS[method].isDiffusion)
        .map((method) => methodSettings(experiment, method).diffusionSteps),
    ),
  );
  const reverse = useReverse(Math.max(1, longest));
  if (longest === 0 || solo !== null) return null;
  return (
    <div
      className="scrubber"
      role="group"
      aria-label="Denoising"
      {...described(BANDIT_CONTROLS, 'denoise')}
      data-testid="denoise"
    >
      <ReverseScrubber {...reverse} disabled={state === 'loading'} />
      <DenoiseOff />
    </div>
  );
}
