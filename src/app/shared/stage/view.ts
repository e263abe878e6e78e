/** What the stage asks of a picture, in space or from the side. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { StageLook } from './stage-palette.ts';

/** A moment to be drawn. */
export interface Moment {
  readonly qpos: Float64Array;
  /** Milliseconds on the page's clock. */
  readonly now: number;
}

export interface StageView {
  /** Draws, if anything is other than it was drawn last. Returns whether it drew. */
  draw(moment: Moment): boolean;
  /** @param width CSS pixels. @param ratio device pixels to one of them. */
  resize(width: number, height: number, ratio: number): void;
  setLook(look: StageLook): void;
  /** Takes hold of the body, if it is under a point in CSS pixels from the upper left corner. */
  grab(x: number, y: number): boolean;
  /** The body that is held is pulled towards a point: the push of that, and an arrow that shows it. */
  pull(x: number, y: number): Push;
  release(): void;
  /** Turns the eye about the body, by radians: to the side, up. */
  orbit(side: number, up: number): void;
  /** Goes nearer (below 1) or away. */
  zoom(factor: number): void;
  /** The eye is where it was at first. */
  home(): void;
  /** Gives back all it holds. */
  dispose(): void;
}

/** Acceleration in m/s² for each metre that a held body is pulled by, and the most. */
const STIFFNESS = 22;
const STRONGEST = 25;

/** The push of a pull by so many metres. */
export function pushOf(forward: number, up: number): Push {
  const length = Math.hypot(forward, up);
  const scale = length === 0 ? 0 : Math.min(STIFFNESS * length, STRONGEST) / length;
  return [scale * forward, scale * up];
}

/** The eye nears the body's x by a factor of e in so many seconds. */
const FOLLOW_SECONDS = 0.12;
/** Farther than this the body did not run, but was put. */
const JUMP = 1.5;
const ARRIVED = 2e-3;

/** Follows the body along x without its jerks. */
export class Follower {
  x = 0;
  private last: number | null = null;

  /** @returns x of the eye. */
  follow(x: number, now: number): number {
    const seconds = this.last === null ? Infinity : Math.max(0, (now - this.last) / 1000);
    this.last = now;
    const gap = x - this.x;
    // From near by it is there: where it comes to rest does not depend on the frames on its way.
    const there = Math.abs(gap) > JUMP || Math.abs(gap) < ARRIVED;
    this.x = there ? x : this.x + gap * (1 - Math.exp(-seconds / FOLLOW_SECONDS));
    return this.x;
  }

  /** Whether it has come to rest at x. */
  rests(x: number): boolean {
    return this.last !== null && x === this.x;
  }
}
