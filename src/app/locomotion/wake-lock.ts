/** A run keeps the screen awake, and rests while its tab is hidden unless it was told to go on. */
import { goOn, pause, trainingStore } from './training.ts';

let lock: WakeLockSentinel | null = null;
/** Paused by the tab, not by the visitor. */
let resting = false;
let holding: Promise<void> = Promise.resolve();

/** One after the other: a lock that is granted late is let go of where nobody wants it any more. */
function holdScreen(): void {
  holding = holding.then(async () => {
    const wanted = trainingStore.getState().status === 'running' && !document.hidden;
    // Browsers take the lock of a tab that is hidden.
    if (wanted === (lock !== null && !lock.released)) return;
    try {
      if (wanted) lock = (await navigator.wakeLock?.request('screen')) ?? null;
      else await lock?.release();
    } catch {
      // Refused, on a low battery say: the screen may sleep, and the run is saved every minute.
      lock = null;
    }
  });
}

function follow(): void {
  const { status, hiddenGoesOn } = trainingStore.getState();
  if (document.hidden && status === 'running' && !hiddenGoesOn) {
    resting = true;
    void pause();
  } else if (!document.hidden && resting) {
    resting = false;
    void goOn();
  }
  holdScreen();
}

let following = false;

/** Begins once; it lasts as long as the tab. */
export function keepAwake(): void {
  if (following) return;
  following = true;
  document.addEventListener('visibilitychange', follow);
  trainingStore.subscribe((now, before) => {
    if (now.status !== before.status) holdScreen();
  });
}
