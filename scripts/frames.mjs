/** Records a page's animation frames, and reports them as figures of the bench. */
/* global requestAnimationFrame -- of the page, where `watchFrames` runs */

/** Time between two frames above which at least one of 60 a second was dropped. */
const LATE_MS = 1.5 * (1000 / 60);

/**
 * @typedef {object} Frames
 * @property {number[]} gaps Milliseconds between animation frames.
 * @property {number[]} tasks Milliseconds of each task over 50 ms on the main thread.
 */

/**
 * Records frames for some seconds. Runs in the page.
 *
 * @param {number} seconds
 * @returns {Promise<Frames>}
 */
export async function watchFrames(seconds) {
  /** @type {number[]} */
  const tasks = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  });
  observer.observe({ type: 'longtask' });
  /** @type {number[]} */
  const gaps = [];
  const end = performance.now() + 1000 * seconds;
  let last = await new Promise((done) => requestAnimationFrame(done));
  while (performance.now() < end) {
    const now = await new Promise((done) => requestAnimationFrame(done));
    gaps.push(now - last);
    last = now;
  }
  observer.disconnect();
  return { gaps, tasks };
}

/** @param {readonly number[]} values At least one. @param {number} fraction */
export function quantile(values, fraction) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(fraction * (sorted.length - 1))] ?? Number.NaN;
}

/**
 * Figures of the frame rate, with a note, and of the time between two frames.
 *
 * @param {string} name
 * @param {string} what A description.
 * @param {Frames} frames
 * @param {string | null} note
 */
export function frameFigures(name, what, { gaps, tasks }, note = null) {
  const late = gaps.filter((gap) => gap > LATE_MS).length;
  const longest = tasks.length > 0 ? `, the longest ${Math.max(...tasks).toFixed(0)} ms` : '';
  const notes = [
    `95 in 100 within ${quantile(gaps, 0.95).toFixed(1)} ms, the longest ${quantile(gaps, 1).toFixed(0)} ms`,
    `${late} of ${gaps.length} late (${((100 * late) / gaps.length).toFixed(1)} %)`,
    `${tasks.length} tasks over 50 ms${longest}`,
  ];
  return [
    { name, what, value: (1000 * gaps.length) / gaps.reduce((a, b) => a + b, 0), unit: 'frames/s', note },
    {
      name: `${name}-gap`,
      what: 'between two frames: median',
      value: quantile(gaps, 0.5),
      unit: 'ms',
      note: notes.join('; '),
    },
  ];
}
