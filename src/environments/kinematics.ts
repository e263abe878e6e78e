/**
 * Forward kinematics of a planar body: poses of its parts from its joints' positions, as MuJoCo computes them. It needs
 * no engine, so the page's own thread can draw.
 *
 * Everything moves in the plane of x (forward) and z (up); angles turn about y, from z towards x.
 */
import type { Body, Geom, Joint, Model } from './mjcf.ts';

/** The limb of a part: the trunk, or one of the chains attached to it, in the order of the model. */
export type Limb = 'trunk' | number;

/** A part to draw: a capsule, in metres. */
interface CapsulePart {
  readonly name: string;
  readonly limb: Limb;
  readonly radius: number;
  /** Of its axis, without the round ends. */
  readonly halfLength: number;
}

/** Numbers of a part in a list of poses: x and z of its centre, and the angle of its axis from z. */
export const POSE_SIZE = 3;

interface Slide {
  readonly type: 'slide';
  readonly at: number;
  readonly ref: number;
  readonly x: number;
  readonly z: number;
}

interface Hinge {
  readonly type: 'hinge';
  readonly at: number;
  readonly ref: number;
  /** 1 about y, −1 in the opposite direction. */
  readonly direction: number;
  /** Its anchor in the body's frame. */
  readonly x: number;
  readonly z: number;
}

interface Place {
  readonly x: number;
  readonly z: number;
  readonly turn: number;
}

interface Segment extends Place {
  /** −1 for a segment attached to the world. */
  readonly parent: number;
  readonly joints: readonly (Slide | Hinge)[];
  /** Poses of its parts in its own frame; `part` is an index of `parts`. */
  readonly places: readonly (Place & { readonly part: number })[];
}

/** The parts of a planar model and their poses. */
export class PlanarFigure {
  readonly parts: readonly CapsulePart[];
  /** Length of `qpos`. */
  readonly positions: number;
  /** `qpos` of the model's initial pose. */
  readonly standing: Float64Array;
  readonly #segments: readonly Segment[];
  /** x, z and angle of each segment in the world, in the last pose. */
  readonly #frames: Float64Array;

  /** @throws Error that names the part of the model that leaves the plane. */
  constructor(model: Model) {
    const parts: CapsulePart[] = [];
    const segments: Segment[] = [];
    const unit = model.compiler.angle === 'degree' ? Math.PI / 180 : 1;
    let joints = 0;
    const add = (body: Body, parent: number, limb: Limb): void => {
      const index = segments.length;
      const own = { joints: body.joints.map((joint) => planarJoint(joint, joints++, unit)), places: [] as never[] };
      const segment = { parent, ...placeOf(body, unit), ...own } as Segment & { places: (Place & { part: number })[] };
      segments.push(segment);
      for (const geom of body.geoms) {
        if (geom.shape.type !== 'capsule') throw new Error(`${geom.name} is a ${geom.shape.type}; capsules are drawn.`);
        const { radius, halfLength } = geom.shape;
        segment.places.push({ ...placeOf(geom, unit), part: parts.length });
        parts.push({ name: geom.name, limb, radius, halfLength });
      }
      body.bodies?.forEach((child, i) => add(child, index, limb === 'trunk' ? i : limb));
    };
    for (const body of model.bodies) add(body, -1, 'trunk');
    this.parts = parts;
    this.#segments = segments;
    this.positions = joints;
    this.standing = Float64Array.from(segments.flatMap((segment) => segment.joints.map(({ ref }) => ref)));
    this.#frames = new Float64Array(3 * segments.length);
  }

  /**
   * Poses of all parts.
   *
   * @param qpos positions of the joints, in the order of the model: metres and radians.
   * @param poses [parts, 3], overwritten: x, z, angle.
   * @throws RangeError if the number of positions is not the model's.
   */
  pose(qpos: ArrayLike<number>, poses: Float64Array = new Float64Array(POSE_SIZE * this.parts.length)): Float64Array {
    if (qpos.length !== this.positions) {
      throw new RangeError(`This body has ${this.positions} positions; these are ${qpos.length}.`);
    }
    this.#segments.forEach((segment, i) => this.#place(segment, i, qpos, poses));
    return poses;
  }

  #place(segment: Segment, index: number, qpos: ArrayLike<number>, poses: Float64Array): void {
    const frames = this.#frames;
    const from = 3 * segment.parent;
    const [px, pz, pt] = segment.parent < 0 ? [0, 0, 0] : [frames[from]!, frames[from + 1]!, frames[from + 2]!];
    let x = px + turnedX(segment.x, segment.z, pt);
    let z = pz + turnedZ(segment.x, segment.z, pt);
    let turn = pt + segment.turn;
    for (const joint of segment.joints) {
      const moved = qpos[joint.at]! - joint.ref;
      const dx = turnedX(joint.x, joint.z, turn);
      const dz = turnedZ(joint.x, joint.z, turn);
      if (joint.type === 'slide') {
        x += dx * moved;
        z += dz * moved;
        continue;
      }
      // The body turns about its anchor.
      turn += joint.direction * moved;
      x += dx - turnedX(joint.x, joint.z, turn);
      z += dz - turnedZ(joint.x, joint.z, turn);
    }
    frames.set([x, z, turn], 3 * index);
    for (const place of segment.places) {
      poses[POSE_SIZE * place.part] = x + turnedX(place.x, place.z, turn);
      poses[POSE_SIZE * place.part + 1] = z + turnedZ(place.x, place.z, turn);
      poses[POSE_SIZE * place.part + 2] = turn + place.turn;
    }
  }
}

function turnedX(x: number, z: number, angle: number): number {
  return x * Math.cos(angle) + z * Math.sin(angle);
}

function turnedZ(x: number, z: number, angle: number): number {
  return z * Math.cos(angle) - x * Math.sin(angle);
}

function placeOf({ name, pos = [0, 0, 0], turn }: Body | Geom, unit: number): Place {
  if (pos[1] !== 0) throw new Error(`${name} is outside the plane, at y = ${pos[1]}.`);
  if (turn && (turn.axis[0] !== 0 || turn.axis[2] !== 0)) throw new Error(`${name} is turned out of the plane.`);
  return { x: pos[0], z: pos[2], turn: turn ? Math.sign(turn.axis[1]) * turn.angle * unit : 0 };
}

function planarJoint({ name, type, axis = [0, 0, 1], pos = [0, 0, 0], ref = 0 }: Joint, at: number, unit: number) {
  const [ax, ay, az] = axis;
  if (type === 'slide' && ay === 0) return { type, at, ref, x: ax, z: az };
  if (type === 'hinge' && ax === 0 && az === 0) {
    return { type, at, ref: ref * unit, direction: Math.sign(ay), x: pos[0], z: pos[2] };
  }
  throw new Error(`The ${type} ${name} leaves the plane.`);
}
