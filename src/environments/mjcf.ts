/**
 * A MuJoCo model as typed data, and the function that writes it as MJCF (mujoco.readthedocs.io, "XML reference"). Fields
 * have MJCF's names. An omitted field has the model's default, then MuJoCo's. Lengths are in metres, masses in
 * kilograms, times in seconds, angles in the unit of the model's `compiler.angle`.
 */

export type Vec3 = readonly [number, number, number];

/** Rotation about an axis, by the right-hand rule. */
export interface Turn {
  readonly axis: Vec3;
  readonly angle: number;
}

/** Sizes as in MJCF: radii and half-lengths. Capsules and cylinders lie along their own z. */
type Shape =
  | { readonly type: 'capsule' | 'cylinder'; readonly radius: number; readonly halfLength: number }
  | { readonly type: 'sphere'; readonly radius: number }
  | { readonly type: 'box' | 'ellipsoid'; readonly halfSizes: Vec3 }
  /** Half-sizes for drawing, and the grid's spacing; contacts see an infinite plane. */
  | { readonly type: 'plane'; readonly halfSizes: Vec3 };

export interface GeomOptions {
  readonly friction?: readonly number[];
  readonly condim?: 1 | 3 | 4 | 6;
  readonly contype?: number;
  readonly conaffinity?: number;
  readonly margin?: number;
  readonly solimp?: readonly number[];
  readonly solref?: readonly [number, number];
  /** Ignored if `mass` is given; MuJoCo's default is 1000 kg/m³. */
  readonly density?: number;
  readonly mass?: number;
  /** Groups above 2 are not drawn. */
  readonly group?: number;
}

export interface Geom extends GeomOptions {
  readonly name: string;
  readonly shape: Shape;
  readonly pos?: Vec3;
  readonly turn?: Turn;
}

interface JointOptions {
  readonly armature?: number;
  readonly damping?: number;
  readonly stiffness?: number;
  readonly limited?: boolean;
  readonly solimplimit?: readonly number[];
  readonly solreflimit?: readonly [number, number];
}

export interface Joint extends JointOptions {
  readonly name: string;
  readonly type: 'hinge' | 'slide' | 'ball' | 'free';
  readonly axis?: Vec3;
  /** Its anchor in the body's frame. */
  readonly pos?: Vec3;
  readonly range?: readonly [number, number];
  /** Its position in the model's initial pose. */
  readonly ref?: number;
}

/** A body and its children; `pos` and `turn` are relative to its parent. */
export interface Body {
  readonly name: string;
  readonly pos?: Vec3;
  readonly turn?: Turn;
  readonly joints: readonly Joint[];
  readonly geoms: readonly Geom[];
  readonly bodies?: readonly Body[];
}

/** A motor: torque (or force) on a joint = gear · control. */
interface Motor {
  readonly name: string;
  readonly joint: string;
  readonly gear: number;
  readonly ctrlrange: readonly [number, number];
}

export interface Model {
  readonly name: string;
  readonly compiler: {
    readonly angle: 'degree' | 'radian';
    /** Scales all masses and inertias to this sum. */
    readonly settotalmass?: number;
  };
  readonly option: {
    readonly timestep: number;
    readonly integrator: 'Euler' | 'RK4' | 'implicit' | 'implicitfast';
    readonly gravity: Vec3;
  };
  readonly defaults: { readonly joint?: JointOptions; readonly geom?: GeomOptions };
  /** Geoms of the world itself, such as the floor. */
  readonly world: readonly Geom[];
  readonly bodies: readonly Body[];
  readonly motors: readonly Motor[];
}

type Value = string | number | boolean | readonly number[] | undefined;
type Attributes = Readonly<Record<string, Value>>;

/** The model as MJCF, one element a line. Masses and inertias are always computed from the geoms. */
export function toMjcf(model: Model): string {
  const { angle, settotalmass } = model.compiler;
  return element('mujoco', { model: model.name }, [
    element('compiler', { angle, settotalmass, inertiafromgeom: true, autolimits: false }),
    element('option', model.option),
    element('default', {}, [
      element('joint', { ...model.defaults.joint }),
      element('geom', { ...model.defaults.geom }),
    ]),
    element('worldbody', {}, [...model.world.map(geom), ...model.bodies.map(body)]),
    element('actuator', {}, model.motors.map(motor)),
  ]);
}

function body({ name, pos, turn, joints, geoms, bodies = [] }: Body): string {
  return element('body', { name, pos, axisangle: axisAngle(turn) }, [
    ...joints.map((joint) => element('joint', { ...joint })),
    ...geoms.map(geom),
    ...bodies.map(body),
  ]);
}

function geom({ shape, turn, ...rest }: Geom): string {
  return element('geom', { ...rest, type: shape.type, size: size(shape), axisangle: axisAngle(turn) });
}

function motor(motor: Motor): string {
  return element('motor', { ...motor, ctrllimited: true });
}

function size(shape: Shape): readonly number[] {
  switch (shape.type) {
    case 'capsule':
    case 'cylinder':
      return [shape.radius, shape.halfLength];
    case 'sphere':
      return [shape.radius];
    default:
      return shape.halfSizes;
  }
}

function axisAngle(turn: Turn | undefined): readonly number[] | undefined {
  return turn && [...turn.axis, turn.angle];
}

function element(tag: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${text(value)}"`)
    .join('');
  if (children.length === 0) return `<${tag}${written}/>`;
  const inner = children.map((child) => child.replaceAll(/^/gm, '  ')).join('\n');
  return `<${tag}${written}>\n${inner}\n</${tag}>`;
}

function text(value: Value): string {
  const plain = Array.isArray(value) ? value.join(' ') : String(value);
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
