/** The interface of a view of the stage, in 3D or from the side. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { StagePalette } from './stage-palette.ts';

/** The state that is drawn. */
export interface ViewFrame {
  readonly qpos: Float64Array;
  /** Milliseconds on the page's clock. */
  readonly now: number;
}

export interface StageView {
  /** Draws if anything changed since the last frame. @returns whether it drew. */
  draw(moment: ViewFrame): boolean;
  /** @param width CSS pixels. @param ratio device pixels per CSS pixel. */
  resize(width: number, height: number, ratio: number): void;
  setPalette(palette: StagePalette): void;
  /** Grabs the body if it is under a point, in CSS pixels from the top left. @returns whether it is. */
  grab(x: number, y: number): boolean;
  /** Pulls the held body towards a point and draws an arrow. @returns the push. */
  pull(x: number, y: number): Push;
  release(): void;
  /** Turns the camera around the body by an azimuth and an elevation, in radians. */
  orbit(side: number, up: number): void;
  /** Scales the distance of the camera: below 1 is nearer. */
  zoom(factor: number): void;
  /** Moves the camera to where it was at first. */
  resetView(): void;
  /** Frees its resources. */
  dispose(): void;
}

/** Acceleration per metre of a pull, and its maximum, in m/s². */
const STIFFNESS = 22;
const MAX_PUSH = 25;

/** The push of a pull, in metres forward and up. */
export function pushOf(forward: number, up: number): Push {
  const length = Math.hypot(forward, up);
  const scale = length === 0 ? 0 : Math.min(STIFFNESS * length, MAX_PUSH) / length;
  return [scale * forward, scale * up];
}

/** Time constant in seconds with which the camera approaches the body's x. */
const FOLLOW_SECONDS = 0.12;
/** A gap, in metres, beyond which the body was reset rather than ran. */
const JUMP = 1.5;
const ARRIVED = 2e-3;

/** Follows the body along x smoothly. */
export class Follower {
  x = 0;
  #last: number | null = null;

  /** @returns x of the camera. */
  follow(x: number, now: number): number {
    const seconds = this.#last === null ? Infinity : Math.max(0, (now - this.#last) / 1000);
    this.#last = now;
    const gap = x - this.x;
    // Snaps when near, so that the resting position does not depend on the frame rate.
    const snaps = Math.abs(gap) > JUMP || Math.abs(gap) < ARRIVED;
    this.x = snaps ? x : this.x + gap * (1 - Math.exp(-seconds / FOLLOW_SECONDS));
    return this.x;
  }

  /** Whether the camera has arrived at x. */
  isSettled(x: number): boolean {
    return this.#last !== null && x === this.x;
  }
}
