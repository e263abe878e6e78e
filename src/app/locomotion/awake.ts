/** A run keeps the screen awake, and rests while its tab is hidden unless it was told to go on. */
import { goOn, pause, trainingStore } from './training.ts';

let lock: WakeLockSentinel | null = null;
/** Paused by the tab, not by the visitor. */
let resting = false;

async function holdScreen(): Promise<void> {
  const wanted = trainingStore.getState().status === 'running' && !document.hidden;
  if (wanted === (lock !== null && !lock.released)) return;
  if (!wanted) {
    await lock?.release();
    lock = null;
    return;
  }
  try {
    lock = (await navigator.wakeLock?.request('screen')) ?? null;
  } catch {
    // Refused, on a low battery say: the screen may sleep, and the run is saved every minute.
    lock = null;
  }
}

async function follow(): Promise<void> {
  const { status, hiddenGoesOn } = trainingStore.getState();
  if (document.hidden && status === 'running' && !hiddenGoesOn) {
    resting = true;
    await pause();
  } else if (!document.hidden && resting) {
    resting = false;
    await goOn();
  }
  await holdScreen();
}

let following = false;

/** Begins once; it lasts as long as the tab. */
export function keepAwake(): void {
  if (following) return;
  following = true;
  document.addEventListener('visibilitychange', () => void follow());
  trainingStore.subscribe((now, before) => {
    if (now.status !== before.status) void holdScreen();
  });
}
