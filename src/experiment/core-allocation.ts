/** How the cores of the processor are used. It imports nothing, because the page needs it before its own code is loaded. */

/** More rollout workers than this only cost memory. */
const MAX_PLAYERS = 6;

/** More engines than this would wait for the one with the most expensive method (partition.ts). */
const USEFUL_ENGINES = 5;

/**
 * Cores for training: all but one, which is left to the page. (On two cores, a second worker gave a seventh more steps a
 * second, and the page stuttered.)
 */
export function trainingCores(machineCores: number): number {
  return Math.max(1, machineCores - 1);
}

/** The largest useful number of engines for a number of methods. */
export function usefulEngines(cores: number, methods: number): number {
  return Math.max(1, Math.min(cores, USEFUL_ENGINES, methods));
}

/**
 * Rollout workers for the evaluations of a locomotion run: they use the cores that training and the page leave. If none
 * is left (`takesTurns`), they use those of training, which pauses meanwhile.
 *
 * @param trainingThreads threads that training keeps busy.
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
