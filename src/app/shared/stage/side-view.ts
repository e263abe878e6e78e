/** The stage from the side: for machines without WebGL, weak ones, and whoever prefers it. */
import type { Push } from '../../../environments/stage/protocol.ts';
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import { drawSide, frameAround, partAt, poseAt, toPlane, type SideFrame, type SidePicture } from './draw-side.ts';
import type { StageLook } from './stage-palette.ts';
import { Follower, pushOf, type Moment, type StageView } from './view.ts';

const ZOOM = [0.4, 3] as const;
/** How far beside the body a finger may be, in CSS pixels. */
const SLACK = 14;

export class SideView implements StageView {
  private readonly ctx: CanvasRenderingContext2D;
  private readonly figure: PlanarFigure;
  private readonly poses: Float64Array;
  private readonly follower = new Follower();
  private look: StageLook;
  private size = { width: 1, height: 1, ratio: 1 };
  private nearness = 1;
  private drawn: Float64Array | null = null;
  private held: { part: number; to: readonly [number, number] } | null = null;

  /** @throws Error if the canvas gives no context. */
  constructor(canvas: HTMLCanvasElement, figure: PlanarFigure, look: StageLook) {
    const ctx = canvas.getContext('2d');
    if (!ctx) throw new Error('This browser draws on no canvas.');
    this.ctx = ctx;
    this.figure = figure;
    this.look = look;
    this.poses = figure.pose(new Float64Array(figure.positions));
  }

  draw({ qpos, now }: Moment): boolean {
    const x = qpos[0]!;
    if (qpos === this.drawn && this.follower.rests(x)) return false;
    this.drawn = qpos;
    this.figure.pose(qpos, this.poses);
    this.follower.follow(x, now);
    const { ctx } = this;
    const { ratio } = this.size;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawSide(ctx, this.frame(), { figure: this.figure, poses: this.poses, arrow: this.arrow() }, this.look);
    return true;
  }

  resize(width: number, height: number, ratio: number): void {
    this.size = { width, height, ratio };
    const { canvas } = this.ctx;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    this.drawn = null;
  }

  setLook(look: StageLook): void {
    this.look = look;
    this.drawn = null;
  }

  grab(x: number, y: number): boolean {
    const frame = this.frame();
    const point = toPlane(frame, x, y);
    const part = partAt(this.figure, this.poses, ...point, SLACK / frame.scale);
    this.held = part === null ? null : { part, to: point };
    return part !== null;
  }

  pull(x: number, y: number): Push {
    if (!this.held) return [0, 0];
    this.held.to = toPlane(this.frame(), x, y);
    this.drawn = null;
    const [px, pz] = poseAt(this.poses, this.held.part);
    return pushOf(this.held.to[0] - px, this.held.to[1] - pz);
  }

  release(): void {
    this.held = null;
    this.drawn = null;
  }

  /** There is one side only. */
  orbit(): void {
    return;
  }

  zoom(factor: number): void {
    this.nearness = Math.max(ZOOM[0], Math.min(ZOOM[1], this.nearness / factor));
    this.drawn = null;
  }

  home(): void {
    this.nearness = 1;
    this.drawn = null;
  }

  dispose(): void {
    this.held = null;
  }

  private frame(): SideFrame {
    return frameAround(this.size, this.follower.x, this.nearness);
  }

  private arrow(): SidePicture['arrow'] {
    if (!this.held) return null;
    const [x, z] = poseAt(this.poses, this.held.part);
    return { from: [x, z], to: this.held.to };
  }
}
