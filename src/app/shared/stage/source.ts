/** Where a stage gets what it shows from: a body that runs, an episode that was recorded. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';

export interface StageSource {
  readonly environment: EnvironmentId;
  /**
   * Positions to draw, [positions]: a new array where they changed, the same one where not. Asked once a frame, and not
   * while the page is hidden.
   *
   * @param now milliseconds on the page's clock.
   */
  positions(now: number): Float64Array;
  /** Pushes the body as long as it is held; null lets go. Absent where nothing can be pushed. */
  pull?(push: Push | null): void;
  /** Pushes for a moment. */
  push?(push: Push): void;
}
