/** Which dataset a run learns from. */

/** What a run needs to know of a dataset, besides its rows. */
export interface DatasetIdentity {
  id: string;
  /** As the manifest has it: a body's or Gym's name, or null. */
  environment: string | null;
  rows: number;
  /** Mean return of its episodes; of an empty list NaN. */
  meanReturn: number;
  provenance: string;
}
