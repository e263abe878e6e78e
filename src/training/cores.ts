/** What of the processor is for training. It imports nothing: the page asks before it has read its own code. */

/** More engines than this would wait for the one that has the most expensive method (shares.ts). */
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
