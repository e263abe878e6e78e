/** The dataset that a run learns from, without its rows. */
export interface DatasetIdentity {
  id: string;
  /** As the manifest has it: a body's or Gym's name, or null. */
  environment: string | null;
  rows: number;
  /** Mean return of its episodes; NaN if there are none. */
  meanReturn: number;
  provenance: string;
}
