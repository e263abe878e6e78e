/** The 3D stage, drawn by three.js: the camera follows the body over a fixed ground. */
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
import type { StagePalette } from './stage-palette.ts';
import { Follower, pushOf, type ViewFrame, type StageView } from './view.ts';

/** Initial camera: azimuth and elevation in radians, distance and target height in metres. */
const HOME = { side: 0.42, up: 0.2, distance: 4.1, height: 0.72 } as const;
/** Below this aspect ratio the camera moves back, so that the whole body is visible. */
const MIN_ASPECT = 1.3;
const DISTANCE = [1.4, 12] as const;
/** Maximum polar angle: the camera stays above the ground. */
const MAX_POLAR = 1.53;
/** Position of the sun relative to the body. */
const SUN = new Vector3(-1.6, 4.2, 2.6);
const SHADOW_REACH = 2.6;
/** How far from the body a pointer may grab it, in metres. */
const SLACK = 0.06;

interface SpaceOptions {
  /** Whether a software renderer is accepted. */
  slow: boolean;
}

export class SpaceView implements StageView {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(33, 1, 0.1, 60);
  readonly #controls: OrbitControls;
  readonly #body: BodyMeshes;
  readonly #ground: Ground;
  readonly #sun = new DirectionalLight(0xffffff, 2.1);
  readonly #air = new HemisphereLight(0xffffff, 0xffffff, 1.5);
  readonly #arrow = new ArrowHelper(new Vector3(1, 0, 0), new Vector3(), 1);
  readonly #figure: PlanarFigure;
  readonly #poses: Float64Array;
  readonly #follower = new Follower();
  readonly #raycaster = new Raycaster();
  readonly #plane = new Plane(new Vector3(0, 0, 1), 0);
  #sky: Texture | null = null;
  #drawn: Float64Array | null = null;
  #needsDraw = true;
  #held: { part: number; to: Vector3 } | null = null;

  /** @throws Error without WebGL 2, or with a software renderer that is not accepted. */
  constructor(canvas: HTMLCanvasElement, figure: PlanarFigure, palette: StagePalette, { slow }: SpaceOptions) {
    // Requested here, since three.js logs an error if there is none.
    const attributes: WebGLContextAttributes = { antialias: true, failIfMajorPerformanceCaveat: !slow };
    const context = canvas.getContext('webgl2', attributes) as WebGL2RenderingContext | null;
    if (!context) throw new Error('This browser has no WebGL 2.');
    if (!slow && isSoftwareRenderer(context)) throw new Error('WebGL is rendered in software here.');
    this.#renderer = new WebGLRenderer({ canvas, context, antialias: true });
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;
    this.#figure = figure;
    this.#poses = figure.pose(new Float64Array(figure.positions));
    this.#body = new BodyMeshes(figure);
    this.#ground = new Ground(this.#renderer.capabilities.getMaxAnisotropy());
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.enablePan = false;
    this.#controls.enableDamping = true;
    this.#controls.dampingFactor = 0.12;
    this.#controls.maxPolarAngle = MAX_POLAR;
    [this.#controls.minDistance, this.#controls.maxDistance] = DISTANCE;
    this.#controls.addEventListener('change', () => (this.#needsDraw = true));
    this.#sun.castShadow = true;
    this.#sun.shadow.mapSize.set(2048, 2048);
    this.#sun.shadow.radius = 5;
    this.#sun.shadow.bias = -0.0004;
    this.#sun.shadow.normalBias = 0.012;
    const { camera } = this.#sun.shadow;
    [camera.left, camera.right, camera.bottom, camera.top] = [-SHADOW_REACH, SHADOW_REACH, -SHADOW_REACH, SHADOW_REACH];
    [camera.near, camera.far] = [0.5, 12];
    this.#arrow.visible = false;
    this.#scene.add(this.#ground.group, this.#body.group, this.#sun, this.#sun.target, this.#air, this.#arrow);
    this.setPalette(palette);
    this.resetView();
  }

  draw({ qpos, now }: ViewFrame): boolean {
    const x = qpos[0]!;
    if (qpos !== this.#drawn || !this.#follower.isSettled(x)) {
      this.#drawn = qpos;
      this.#figure.pose(qpos, this.#poses);
      this.#body.setPoses(this.#poses);
      this.#followTo(this.#follower.follow(x, now));
      this.#needsDraw = true;
    }
    // Damping continues for some frames after the pointer is released.
    this.#controls.update();
    if (!this.#needsDraw) return false;
    this.#needsDraw = false;
    this.#drawArrow();
    this.#moveSky();
    this.#renderer.render(this.#scene, this.#camera);
    return true;
  }

  resize(width: number, height: number, ratio: number): void {
    this.#renderer.setPixelRatio(ratio);
    this.#renderer.setSize(width, height, false);
    const before = this.#distanceScale();
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    this.zoom(this.#distanceScale() / before);
    this.#needsDraw = true;
  }

  setPalette(palette: StagePalette): void {
    const horizon = new Color(hexRgb(palette.horizon));
    this.#sky?.dispose();
    this.#sky = skyTexture(palette);
    this.#scene.background = this.#sky;
    this.#scene.fog = new Fog(horizon, 7, 17);
    this.#air.color = new Color(hexRgb(palette.sky)).lerp(new Color(1, 1, 1), palette.dark ? 0.55 : 0.8);
    this.#air.groundColor = new Color(hexRgb(palette.ground[0]));
    this.#air.intensity = palette.dark ? 1.7 : 1.9;
    this.#sun.intensity = palette.dark ? 1.6 : 1.9;
    this.#ground.setPalette(palette);
    this.#ground.follow(this.#follower.x);
    this.#body.setPalette(palette);
    this.#arrow.setColor(new Color(hexRgb(palette.push)));
    this.#needsDraw = true;
  }

  grab(x: number, y: number): boolean {
    this.#aim(x, y);
    const point = this.#planePoint();
    const part =
      this.#body.partUnder(this.#raycaster) ?? (point && partAt(this.#figure, this.#poses, point.x, point.y, SLACK));
    if (part === null || !point) return false;
    this.#held = { part, to: point };
    this.#controls.enabled = false;
    return true;
  }

  pull(x: number, y: number): Push {
    if (!this.#held) return [0, 0];
    this.#aim(x, y);
    this.#held.to = this.#planePoint() ?? this.#held.to;
    this.#needsDraw = true;
    const [px, pz] = poseAt(this.#poses, this.#held.part);
    return pushOf(this.#held.to.x - px, this.#held.to.y - pz);
  }

  release(): void {
    this.#held = null;
    this.#controls.enabled = true;
    this.#needsDraw = true;
  }

  orbit(side: number, up: number): void {
    this.#placeCamera(this.#controls.getAzimuthalAngle() + side, this.#controls.getPolarAngle() - up, this.#distance());
  }

  zoom(factor: number): void {
    this.#placeCamera(this.#controls.getAzimuthalAngle(), this.#controls.getPolarAngle(), this.#distance() * factor);
  }

  resetView(): void {
    this.#controls.target.set(this.#follower.x, HOME.height, 0);
    this.#placeCamera(HOME.side, Math.PI / 2 - HOME.up, HOME.distance * this.#distanceScale());
  }

  dispose(): void {
    this.#controls.dispose();
    this.#body.dispose();
    this.#ground.dispose();
    this.#arrow.dispose();
    this.#sun.dispose();
    this.#sky?.dispose();
    this.#renderer.dispose();
    // Browsers allow few contexts and are slow to collect unused ones.
    this.#renderer.forceContextLoss();
  }

  #followTo(x: number): void {
    const by = x - this.#controls.target.x;
    this.#controls.target.x += by;
    this.#camera.position.x += by;
    this.#sun.target.position.set(x, 0.4, 0);
    this.#sun.position.copy(this.#sun.target.position).add(SUN);
    this.#ground.follow(x);
  }

  /** Moves the sky so that its gradient ends at the horizon. */
  #moveSky(): void {
    if (!this.#sky) return;
    const up = Math.tan(Math.PI / 2 - this.#controls.getPolarAngle());
    const horizon = (1 - up / Math.tan(MathUtils.degToRad(this.#camera.fov) / 2)) / 2;
    this.#sky.offset.y = Math.max(-1, Math.min(1, horizon - SKY_END));
  }

  #distanceScale(): number {
    return Math.max(1, MIN_ASPECT / this.#camera.aspect);
  }

  #distance(): number {
    return this.#controls.getDistance();
  }

  #placeCamera(side: number, polar: number, distance: number): void {
    const away = Math.max(DISTANCE[0], Math.min(DISTANCE[1], distance));
    const angle = Math.max(0.05, Math.min(MAX_POLAR, polar));
    this.#camera.position.setFromSphericalCoords(away, angle, side).add(this.#controls.target);
    this.#controls.update();
    this.#needsDraw = true;
  }

  #aim(x: number, y: number): void {
    const { x: width, y: height } = this.#renderer.getSize(new Vector2());
    this.#raycaster.setFromCamera(new Vector2((2 * x) / width - 1, 1 - (2 * y) / height), this.#camera);
  }

  /** Where the ray hits the plane in which the body moves. */
  #planePoint(): Vector3 | null {
    return this.#raycaster.ray.intersectPlane(this.#plane, new Vector3());
  }

  #drawArrow(): void {
    this.#arrow.visible = this.#held !== null;
    if (!this.#held) return;
    const [x, z] = poseAt(this.#poses, this.#held.part);
    const from = new Vector3(x, z, 0);
    const pull = this.#held.to.clone().sub(from);
    const length = Math.max(0.05, pull.length());
    this.#arrow.position.copy(from);
    this.#arrow.setDirection(pull.normalize());
    this.#arrow.setLength(length, Math.min(0.14, length / 2), Math.min(0.09, length / 3));
  }
}

/** Whether WebGL runs in software; some browsers do not report it as a performance caveat. */
function isSoftwareRenderer(context: WebGL2RenderingContext): boolean {
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = info && context.getParameter(info.UNMASKED_RENDERER_WEBGL);
  return typeof name === 'string' && /swiftshader|llvmpipe|softpipe|basic render/i.test(name);
}
