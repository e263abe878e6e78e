/** The stage from the side: for machines without WebGL or a fast GPU, and for those who prefer it. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import { drawSide, frameAround, partAt, poseAt, toPlane, type SideFrame, type SidePicture } from './draw-side.ts';
import type { StagePalette } from './stage-palette.ts';
import { Follower, pushOf, type ViewFrame, type StageView } from './view.ts';

const ZOOM = [0.4, 3] as const;
/** How far from the body a pointer may grab it, in CSS pixels. */
const SLACK = 14;

export class SideView implements StageView {
  readonly #ctx: CanvasRenderingContext2D;
  readonly #figure: PlanarFigure;
  readonly #poses: Float64Array;
  readonly #follower = new Follower();
  #palette: StagePalette;
  #size = { width: 1, height: 1, ratio: 1 };
  #zoom = 1;
  #drawn: Float64Array | null = null;
  #held: { part: number; to: readonly [number, number] } | null = null;

  /** @throws Error if the canvas has no 2D context. */
  constructor(canvas: HTMLCanvasElement, figure: PlanarFigure, palette: StagePalette) {
    const ctx = canvas.getContext('2d');
    if (!ctx) throw new Error('This browser has no 2D canvas.');
    this.#ctx = ctx;
    this.#figure = figure;
    this.#palette = palette;
    this.#poses = figure.pose(new Float64Array(figure.positions));
  }

  draw({ qpos, now }: ViewFrame): boolean {
    const x = qpos[0]!;
    if (qpos === this.#drawn && this.#follower.isSettled(x)) return false;
    this.#drawn = qpos;
    this.#figure.pose(qpos, this.#poses);
    this.#follower.follow(x, now);
    const ctx = this.#ctx;
    const { ratio } = this.#size;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawSide(ctx, this.#frame(), { figure: this.#figure, poses: this.#poses, arrow: this.#arrow() }, this.#palette);
    return true;
  }

  resize(width: number, height: number, ratio: number): void {
    this.#size = { width, height, ratio };
    const { canvas } = this.#ctx;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    this.#drawn = null;
  }

  setPalette(palette: StagePalette): void {
    this.#palette = palette;
    this.#drawn = null;
  }

  grab(x: number, y: number): boolean {
    const frame = this.#frame();
    const point = toPlane(frame, x, y);
    const part = partAt(this.#figure, this.#poses, ...point, SLACK / frame.scale);
    this.#held = part === null ? null : { part, to: point };
    return part !== null;
  }

  pull(x: number, y: number): Push {
    if (!this.#held) return [0, 0];
    this.#held.to = toPlane(this.#frame(), x, y);
    this.#drawn = null;
    const [px, pz] = poseAt(this.#poses, this.#held.part);
    return pushOf(this.#held.to[0] - px, this.#held.to[1] - pz);
  }

  release(): void {
    this.#held = null;
    this.#drawn = null;
  }

  /** The side view does not turn. */
  orbit(): void {
    return;
  }

  zoom(factor: number): void {
    this.#zoom = Math.max(ZOOM[0], Math.min(ZOOM[1], this.#zoom / factor));
    this.#drawn = null;
  }

  resetView(): void {
    this.#zoom = 1;
    this.#drawn = null;
  }

  dispose(): void {
    this.#held = null;
  }

  #frame(): SideFrame {
    return frameAround(this.#size, this.#follower.x, this.#zoom);
  }

  #arrow(): SidePicture['arrow'] {
    if (!this.#held) return null;
    const [x, z] = poseAt(this.#poses, this.#held.part);
    return { from: [x, z], to: this.#held.to };
  }
}
