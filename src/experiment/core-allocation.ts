/** What of the processor is for training. It imports nothing: the page asks before it has read its own code. */

/** More workers than this at episodes only take memory. */
const MAX_PLAYERS = 6;

/** More engines than this would wait for the one that has the most expensive method (partition.ts). */
const USEFUL_ENGINES = 5;

/**
 * Cores that training may take: all but one, which is left to the page. (On two cores a second worker was measured: a
 * seventh more steps a second, for a page that stutters.)
 */
export function trainingCores(machineCores: number): number {
  return Math.max(1, machineCores - 1);
}

/** The most engines that are of use for so many methods. */
export function usefulEngines(cores: number, methods: number): number {
  return Math.max(1, Math.min(cores, USEFUL_ENGINES, methods));
}

/**
 * Who plays the points of a locomotion run: workers on the cores that its training and the page leave. Where none is left
 * they play on training's, and it rests meanwhile: both at once would take the page's.
 *
 * @param trainingThreads that training keeps busy.
 */
export function allocateCores(
  machineCores: number,
  trainingThreads: number,
): {
  players: number;
  takesTurns: boolean;
} {
  const cores = trainingCores(machineCores);
  const left = cores - trainingThreads;
  const takesTurns = left < 1;
  return { players: Math.min(MAX_PLAYERS, takesTurns ? cores : left), takesTurns };
}
