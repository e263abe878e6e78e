/** Announces the run's state to screen readers, and a summary every 15 seconds while it runs. */
import { useEffect, useState } from 'react';
import { METHODS } from '../../../bandit/methods.ts';
import type { RunState } from '../../../bandit/engine/protocol.ts';
import { formatCount, formatShare } from '../../shared/format.ts';
import { experimentStore } from '../stores/experiment-store.ts';
import { frameStore } from '../stores/frame-store.ts';
import { useRun } from '../stores/run-store.ts';

const SUMMARY_EVERY_MS = 15_000;

const STATE_TEXT: Readonly<Record<RunState, string>> = {
  loading: 'The engine is getting ready.',
  'showing-pretrained': 'Ready. A finished run is on show; Play starts from scratch.',
  ready: 'Ready at step 0.',
  running: 'Training.',
  paused: 'Paused.',
  finished: 'The run is finished.',
  diverged: 'The run diverged and is paused.',
  lost: 'The GPU was lost.',
};

function summary(): string {
  const parts = experimentStore.getState().methods.flatMap((method) => {
    const shown = frameStore.latest(method);
    const isSaid = METHODS[method].isDiffusion && shown;
    return isSaid ? [`${METHODS[method].name} ${formatShare(shown.metrics.inMode, 0)} in a mode`] : [];
  });
  return [`Step ${formatCount(frameStore.clock().step)}.`, parts.join(', ')].join(' ');
}

export function LiveRegion() {
  const state = useRun('state');
  const [sums, setSums] = useState<{ state: RunState; text: string } | null>(null);

  useEffect(() => {
    if (state !== 'running') return undefined;
    const timer = setInterval(() => setSums({ state, text: summary() }), SUMMARY_EVERY_MS);
    return () => clearInterval(timer);
  }, [state]);

  // A summary belongs to the state in which it was made.
  const text = sums?.state === state && state === 'running' ? sums.text : STATE_TEXT[state];
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="live-region">
      {text}
    </div>
  );
}
