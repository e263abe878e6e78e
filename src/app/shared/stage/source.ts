/** What a stage shows: a running body or a recorded episode. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { EnvironmentId } from '../../../environments/bodies/ids.ts';

export interface StageSource {
  readonly environment: EnvironmentId;
  /**
   * Joint positions to draw, [positions]: a new array if they changed, else the same one. Called once a frame, and not
   * while the page is hidden.
   *
   * @param now milliseconds on the page's clock.
   */
  positions(now: number): Float64Array;
  /** Pushes the body while it is held; null releases it. Absent if the source cannot be pushed. */
  pull?(push: Push | null): void;
  /** A short push. */
  push?(push: Push): void;
}
