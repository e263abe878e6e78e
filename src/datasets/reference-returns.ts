/** D4RL's normalised score, and the returns that it refers to. */

export interface ReferenceReturns {
  /** Mean return that scores 0, in D4RL that of a uniform random policy. */
  min: number;
  /** Mean return that scores 100, in D4RL that of an expert. */
  max: number;
  /** Where the numbers come from. */
  source: string;
}

/** Bodies by id, as an importer needs them: widths of observations and actions, and reference returns. */
export type KnownBodies = Readonly<
  Record<
    string,
    { readonly observations: number; readonly actions: number; readonly referenceReturns: ReferenceReturns }
  >
>;

/** D4RL's normalised score: 0 at the reference's minimum, 100 at its maximum. */
export function normalizedScore(episodeReturn: number, { min, max }: ReferenceReturns): number {
  return (100 * (episodeReturn - min)) / (max - min);
}
