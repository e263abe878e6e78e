/** The paths of one policy's reverse process, while they are shown. */
import { useEffect, useState } from 'react';
import { METHODS, type MethodId } from '../../../bandit/methods.ts';
import type { DenoisingPaths } from '../../../bandit/engine/protocol.ts';
import { useSession } from '../session-context.ts';
import { useExperiment } from '../stores/experiment-store.ts';
import { useRun } from '../stores/run-store.ts';
import { useView } from '../../shared/view-store.ts';

/** Paths of a policy in training are refreshed this often. */
const AGAIN_MS = 1000;

/** Paths of `count` samples, or null while `wanted` is false or none have arrived. */
export function useDenoising(method: MethodId, wanted: boolean, count: number): DenoisingPaths | null {
  const session = useSession();
  const snapshotStep = useView('snapshotStep');
  const state = useRun('state');
  const generation = useRun('generation');
  const settings = useExperiment((experiment) => experiment.settings);
  const [paths, setPaths] = useState<DenoisingPaths | null>(null);
  const active = wanted && METHODS[method].isDiffusion && state !== 'loading';
  const running = state === 'running' && snapshotStep === null;

  useEffect(() => {
    if (!active) return undefined;
    let left = false;
    let timer: ReturnType<typeof setTimeout> | null = null;
    async function load(): Promise<void> {
      try {
        const step = snapshotStep === null ? null : await session.timeline.snapshotStep(method, snapshotStep);
        const answer = await session.engine.denoise(method, step, count);
        if (!left) setPaths(answer);
      } catch {
        // No such snapshot, or the run is restarting: the samples stay visible.
        if (!left) setPaths(null);
      }
      if (!left && running) timer = setTimeout(() => void load(), AGAIN_MS);
    }
    void load();
    return () => {
      left = true;
      if (timer) clearTimeout(timer);
    };
  }, [session, method, active, running, snapshotStep, generation, count, settings, state]);

  return active ? paths : null;
}
