/** Keeps the screen awake during training, and pauses training in a hidden tab unless it may continue there. */
import { trainingStore } from './training-store.ts';
import { resumeRun, pauseRun } from './training.ts';

let lock: WakeLockSentinel | null = null;
/** Whether the hidden tab, not the visitor, paused the run. */
let pausedByTab = false;
let lastUpdate: Promise<void> = Promise.resolve();

/** Requests or releases the lock. Calls are serialised, so that a lock granted late is released if it is not needed. */
function updateLock(): void {
  lastUpdate = lastUpdate.then(async () => {
    const wanted = trainingStore.getState().status === 'running' && !document.hidden;
    // Browsers release the lock of a hidden tab.
    if (wanted === (lock !== null && !lock.released)) return;
    try {
      if (wanted) lock = (await navigator.wakeLock?.request('screen')) ?? null;
      else await lock?.release();
    } catch {
      // Refused, on a low battery for example. The screen may sleep; the run is saved every minute.
      lock = null;
    }
  });
}

function onVisibilityChange(): void {
  const { status, runsWhileHidden } = trainingStore.getState();
  if (document.hidden && status === 'running' && !runsWhileHidden) {
    pausedByTab = true;
    void pauseRun();
  } else if (!document.hidden && pausedByTab) {
    pausedByTab = false;
    void resumeRun();
  }
  updateLock();
}

let started = false;

/** Starts once, for the lifetime of the tab. */
export function startWakeLock(): void {
  if (started) return;
  started = true;
  document.addEventListener('visibilitychange', onVisibilityChange);
  trainingStore.subscribe((now, before) => {
    if (now.status !== before.status) updateLock();
  });
}
