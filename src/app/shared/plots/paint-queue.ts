/**
 * One queue of paints for all plots of the page. A frame of ten methods arrives at once; painted at once, it would
 * hold the thread. Here each animation frame paints until its budget is used, in turn, and the rest waits for the next.
 */

/** Of an animation frame's 16 ms; recording a picture takes a third to a half of what showing it takes. */
const BUDGET_MS = 3;

type Paint = () => void;

/** Paints, and the time before which each is not due. */
const waiting = new Map<Paint, number>();
/** What each paint took last time, in milliseconds. */
const took = new WeakMap<Paint, number>();
let frame = 0;

function run(): void {
  const start = performance.now();
  let now = start;
  // A paint that asks for another one gets it in the next animation frame.
  for (const [paint, due] of [...waiting]) {
    if (due > start) continue;
    // One that is likely not to fit begins the next frame; the first is painted whatever it takes.
    if (now > start && now - start + (took.get(paint) ?? 0) > BUDGET_MS) break;
    waiting.delete(paint);
    paint();
    const end = performance.now();
    took.set(paint, end - now);
    now = end;
  }
  frame = waiting.size > 0 ? requestAnimationFrame(run) : 0;
}

/** Asks for a paint, in `afterMs` at the soonest; one that already waits keeps its place, and the earlier time. */
export function schedulePaint(paint: Paint, afterMs = 0): void {
  const due = afterMs > 0 ? performance.now() + afterMs : 0;
  waiting.set(paint, Math.min(waiting.get(paint) ?? Infinity, due));
  if (frame === 0) frame = requestAnimationFrame(run);
}

export function cancelPaint(paint: Paint): void {
  waiting.delete(paint);
}
