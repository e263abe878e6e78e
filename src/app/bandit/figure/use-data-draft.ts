/** The data during an edit: shown at once, sent to the run after a pause. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { BanditData } from '../../../bandit/experiment.ts';
import { useSession } from '../session-context.ts';
import { experimentStore, useExperiment } from '../stores/experiment-store.ts';

const REST_MS = 250;

export function useDataDraft(): [BanditData, (edit: (data: BanditData) => BanditData) => void] {
  const session = useSession();
  const stored = useExperiment((experiment) => experiment.data);
  const [draft, setDraft] = useState<BanditData | null>(null);
  const latest = useRef<BanditData | null>(null);
  const held = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  const commit = useCallback(() => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    if (latest.current) session.setData(latest.current);
    latest.current = null;
    setDraft(null);
  }, [session]);

  // A draft is committed when the editor closes.
  useEffect(
    () => () => {
      if (latest.current) commit();
    },
    [commit],
  );

  const commitSoon = useCallback(() => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = held.current ? null : setTimeout(commit, REST_MS);
  }, [commit]);

  // A drag in progress is not committed.
  useEffect(() => {
    function onPress(): void {
      held.current = true;
    }
    function onLift(): void {
      held.current = false;
      if (latest.current) commitSoon();
    }
    addEventListener('pointerdown', onPress, true);
    addEventListener('pointerup', onLift, true);
    addEventListener('pointercancel', onLift, true);
    return () => {
      removeEventListener('pointerdown', onPress, true);
      removeEventListener('pointerup', onLift, true);
      removeEventListener('pointercancel', onLift, true);
    };
  }, [commitSoon]);

  const edit = useCallback(
    (change: (data: BanditData) => BanditData) => {
      const from = latest.current ?? experimentStore.getState().data;
      const to = change(from);
      if (to === from) return;
      latest.current = to;
      setDraft(to);
      commitSoon();
    },
    [commitSoon],
  );

  return [draft ?? stored, edit];
}
