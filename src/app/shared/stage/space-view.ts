/** The stage in space: three.js' WebGL renderer, soft light, a ground that stays while the eye follows the body. */
import {
  ArrowHelper,
  Color,
  DirectionalLight,
  Fog,
  HemisphereLight,
  MathUtils,
  PCFShadowMap,
  PerspectiveCamera,
  Plane,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
  type Texture,
} from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import type { Push } from '../../../environments/stage/protocol.ts';
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import { hexRgb } from '../plots/color.ts';
import { BodyMeshes } from './body-meshes.ts';
import { partAt, poseAt } from './draw-side.ts';
import { Ground, SKY_END, skyTexture } from './ground.ts';
import type { StageLook } from './stage-palette.ts';
import { Follower, pushOf, type Moment, type StageView } from './view.ts';

/** The eye at first: radians to the side and up, metres away, and the height it looks at. */
const HOME = { side: 0.42, up: 0.2, distance: 4.1, height: 0.72 } as const;
/** Below this share of width to height the eye steps back, so that the body stays whole. */
const WIDE = 1.3;
const DISTANCE = [1.4, 12] as const;
/** Never under the ground. */
const LOWEST = 1.53;
/** The sun, from the body. */
const SUN = new Vector3(-1.6, 4.2, 2.6);
const SHADOW_REACH = 2.6;
/** How far beside the body a finger may be, in metres. */
const SLACK = 0.06;

export interface SpaceOptions {
  /** Whether a renderer that computes on the CPU will do. */
  slow: boolean;
}

export class SpaceView implements StageView {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(33, 1, 0.1, 60);
  private readonly controls: OrbitControls;
  private readonly body: BodyMeshes;
  private readonly ground: Ground;
  private readonly sun = new DirectionalLight(0xffffff, 2.1);
  private readonly air = new HemisphereLight(0xffffff, 0xffffff, 1.5);
  private readonly arrow = new ArrowHelper(new Vector3(1, 0, 0), new Vector3(), 1);
  private readonly figure: PlanarFigure;
  private readonly poses: Float64Array;
  private readonly follower = new Follower();
  private readonly raycaster = new Raycaster();
  private readonly middle = new Plane(new Vector3(0, 0, 1), 0);
  private sky: Texture | null = null;
  private drawn: Float64Array | null = null;
  private moved = true;
  private held: { part: number; to: Vector3 } | null = null;

  /** @throws Error where there is no WebGL, or only one on the CPU and that will not do. */
  constructor(canvas: HTMLCanvasElement, figure: PlanarFigure, look: StageLook, { slow }: SpaceOptions) {
    // Asked for here, since three.js complains aloud where there is none.
    const asked: WebGLContextAttributes = { antialias: true, failIfMajorPerformanceCaveat: !slow };
    const context = canvas.getContext('webgl2', asked) as WebGL2RenderingContext | null;
    if (!context) throw new Error('This browser gives no context of WebGL 2.');
    if (!slow && onProcessor(context)) throw new Error('Its WebGL is computed on the processor.');
    this.renderer = new WebGLRenderer({ canvas, context, antialias: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.figure = figure;
    this.poses = figure.pose(new Float64Array(figure.positions));
    this.body = new BodyMeshes(figure);
    this.ground = new Ground(this.renderer.capabilities.getMaxAnisotropy());
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enablePan = false;
    this.controls.enableDamping = true;
    this.controls.dampingFactor = 0.12;
    this.controls.maxPolarAngle = LOWEST;
    [this.controls.minDistance, this.controls.maxDistance] = DISTANCE;
    this.controls.addEventListener('change', () => (this.moved = true));
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(2048, 2048);
    this.sun.shadow.radius = 5;
    this.sun.shadow.bias = -0.0004;
    this.sun.shadow.normalBias = 0.012;
    const { camera } = this.sun.shadow;
    [camera.left, camera.right, camera.bottom, camera.top] = [-SHADOW_REACH, SHADOW_REACH, -SHADOW_REACH, SHADOW_REACH];
    [camera.near, camera.far] = [0.5, 12];
    this.arrow.visible = false;
    this.scene.add(this.ground.group, this.body.group, this.sun, this.sun.target, this.air, this.arrow);
    this.setLook(look);
    this.home();
  }

  draw({ qpos, now }: Moment): boolean {
    const x = qpos[0]!;
    if (qpos !== this.drawn || !this.follower.rests(x)) {
      this.drawn = qpos;
      this.figure.pose(qpos, this.poses);
      this.body.setPoses(this.poses);
      this.followTo(this.follower.follow(x, now));
      this.moved = true;
    }
    // Damping goes on for some frames after the hand has let go.
    this.controls.update();
    if (!this.moved) return false;
    this.moved = false;
    this.drawArrow();
    this.moveSky();
    this.renderer.render(this.scene, this.camera);
    return true;
  }

  resize(width: number, height: number, ratio: number): void {
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    const before = this.stepBack();
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.zoom(this.stepBack() / before);
    this.moved = true;
  }

  setLook(look: StageLook): void {
    const horizon = new Color(hexRgb(look.horizon));
    this.sky?.dispose();
    this.sky = skyTexture(look);
    this.scene.background = this.sky;
    this.scene.fog = new Fog(horizon, 7, 17);
    this.air.color = new Color(hexRgb(look.sky)).lerp(new Color(1, 1, 1), look.dark ? 0.55 : 0.8);
    this.air.groundColor = new Color(hexRgb(look.ground[0]));
    this.air.intensity = look.dark ? 1.7 : 1.9;
    this.sun.intensity = look.dark ? 1.6 : 1.9;
    this.ground.setLook(look);
    this.ground.follow(this.follower.x);
    this.body.setLook(look);
    this.arrow.setColor(new Color(hexRgb(look.push)));
    this.moved = true;
  }

  grab(x: number, y: number): boolean {
    this.aim(x, y);
    const point = this.onMiddle();
    const part =
      this.body.partUnder(this.raycaster) ?? (point && partAt(this.figure, this.poses, point.x, point.y, SLACK));
    if (part === null || !point) return false;
    this.held = { part, to: point };
    this.controls.enabled = false;
    return true;
  }

  pull(x: number, y: number): Push {
    if (!this.held) return [0, 0];
    this.aim(x, y);
    this.held.to = this.onMiddle() ?? this.held.to;
    this.moved = true;
    const [px, pz] = poseAt(this.poses, this.held.part);
    return pushOf(this.held.to.x - px, this.held.to.y - pz);
  }

  release(): void {
    this.held = null;
    this.controls.enabled = true;
    this.moved = true;
  }

  orbit(side: number, up: number): void {
    this.place(this.controls.getAzimuthalAngle() + side, this.controls.getPolarAngle() - up, this.distance());
  }

  zoom(factor: number): void {
    this.place(this.controls.getAzimuthalAngle(), this.controls.getPolarAngle(), this.distance() * factor);
  }

  home(): void {
    this.controls.target.set(this.follower.x, HOME.height, 0);
    this.place(HOME.side, Math.PI / 2 - HOME.up, HOME.distance * this.stepBack());
  }

  dispose(): void {
    this.controls.dispose();
    this.body.dispose();
    this.ground.dispose();
    this.arrow.dispose();
    this.sun.dispose();
    this.sky?.dispose();
    this.renderer.dispose();
    // Browsers keep few contexts, and take their time over those that are forgotten.
    this.renderer.forceContextLoss();
  }

  private followTo(x: number): void {
    const by = x - this.controls.target.x;
    this.controls.target.x += by;
    this.camera.position.x += by;
    this.sun.target.position.set(x, 0.4, 0);
    this.sun.position.copy(this.sun.target.position).add(SUN);
    this.ground.follow(x);
  }

  /** The sky's light ends where the ground does, wherever the eye is. */
  private moveSky(): void {
    if (!this.sky) return;
    const up = Math.tan(Math.PI / 2 - this.controls.getPolarAngle());
    const horizon = (1 - up / Math.tan(MathUtils.degToRad(this.camera.fov) / 2)) / 2;
    this.sky.offset.y = Math.max(-1, Math.min(1, horizon - SKY_END));
  }

  private stepBack(): number {
    return Math.max(1, WIDE / this.camera.aspect);
  }

  private distance(): number {
    return this.controls.getDistance();
  }

  private place(side: number, polar: number, distance: number): void {
    const away = Math.max(DISTANCE[0], Math.min(DISTANCE[1], distance));
    const angle = Math.max(0.05, Math.min(LOWEST, polar));
    this.camera.position.setFromSphericalCoords(away, angle, side).add(this.controls.target);
    this.controls.update();
    this.moved = true;
  }

  private aim(x: number, y: number): void {
    const { x: width, y: height } = this.renderer.getSize(new Vector2());
    this.raycaster.setFromCamera(new Vector2((2 * x) / width - 1, 1 - (2 * y) / height), this.camera);
  }

  /** Where the ray meets the plane in which the body moves. */
  private onMiddle(): Vector3 | null {
    return this.raycaster.ray.intersectPlane(this.middle, new Vector3());
  }

  private drawArrow(): void {
    this.arrow.visible = this.held !== null;
    if (!this.held) return;
    const [x, z] = poseAt(this.poses, this.held.part);
    const from = new Vector3(x, z, 0);
    const way = this.held.to.clone().sub(from);
    const length = Math.max(0.05, way.length());
    this.arrow.position.copy(from);
    this.arrow.setDirection(way.normalize());
    this.arrow.setLength(length, Math.min(0.14, length / 2), Math.min(0.09, length / 3));
  }
}

/** Whether no graphics card draws. Browsers that are told to use no card do not own up to it by themselves. */
function onProcessor(context: WebGL2RenderingContext): boolean {
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = info && context.getParameter(info.UNMASKED_RENDERER_WEBGL);
  return typeof name === 'string' && /swiftshader|llvmpipe|softpipe|basic render/i.test(name);
}
