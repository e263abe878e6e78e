/** What the planar bodies have in common: a floor, and a root that slides along x and z and turns about y. */
import type { Geom, Joint, Turn, Vec3 } from '../mjcf.ts';

export const GRAVITY: Vec3 = [0, 0, -9.81];
const Y: Vec3 = [0, 1, 0];

/** Rotation about y, in the model's unit of angles. */
export function turnY(angle: number): Turn {
  return { axis: Y, angle };
}

/** The floor at z = 0; what touches it is told by the other geom's `contype`. */
export const FLOOR: Geom = {
  name: 'floor',
  shape: { type: 'plane', halfSizes: [40, 40, 1] },
  conaffinity: 1,
  condim: 3,
};

/**
 * Joints of the root: slide x, slide z, hinge y, without armature, damping, spring or limits.
 *
 * @param height the coordinate z of the torso where the model stands as written, 0 to count from there.
 */
export function planarRoot(height: number): Joint[] {
  const free = { armature: 0, damping: 0, stiffness: 0, limited: false } as const;
  const pos: Vec3 = [0, 0, height === 0 ? 0 : -height];
  return [
    { name: 'rootx', type: 'slide', axis: [1, 0, 0], pos, ...free },
    { name: 'rootz', type: 'slide', axis: [0, 0, 1], pos, ref: height, ...free },
    { name: 'rooty', type: 'hinge', axis: Y, pos: [0, 0, 0], ...free },
  ];
}
