/**
 * What the planar bodies have in common: a floor, a root that slides along x and z and turns about y, what is observed,
 * and the reward.
 */
import type { Body, Geom, Joint, Model, Turn, Vec3 } from '../mjcf.ts';
import type { BodyDefinition, ObservationLayout } from './body.ts';

export const GRAVITY: Vec3 = [0, 0, -9.81];
const Y: Vec3 = [0, 1, 0];

/** Rotation about y, in the model's unit of angles. */
export function turnY(angle: number): Turn {
  return { axis: Y, angle };
}

/** The floor at z = 0; the other geom's `contype` decides whether it touches the floor. */
export const FLOOR: Geom = {
  name: 'floor',
  shape: { type: 'plane', halfSizes: [40, 40, 1] },
  conaffinity: 1,
  condim: 3,
};

/**
 * Joints of the root: slide x, slide z, hinge y, without armature, damping, spring or limits.
 *
 * @param height the coordinate z of the torso in the initial pose; 0 to measure height from there.
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

/**
 * Observations of a planar body: every position but x, then every velocity, clipped.
 *
 * @param velocityClip velocities are clipped to ± this.
 */
export function planarObservation({ bodies }: Model, velocityClip: number): ObservationLayout {
  const count = ({ joints, bodies: children = [] }: Body): number =>
    children.reduce((sum, child) => sum + count(child), joints.length);
  const positions = bodies.reduce((sum, body) => sum + count(body), 0);
  return {
    width: 2 * positions - 1,
    observe(qpos, qvel, observation) {
      for (let i = 1; i < positions; i++) observation[i - 1] = qpos[i]!;
      for (let i = 0; i < positions; i++) {
        observation[positions - 1 + i] = Math.max(-velocityClip, Math.min(velocityClip, qvel[i]!));
      }
    },
    restore(observation) {
      const values = Array.from(observation);
      return { qpos: [0, ...values.slice(0, positions - 1)], qvel: values.slice(positions - 1) };
    },
  };
}

/** Reward = forward velocity + `aliveBonus` − `controlCost` · ‖action‖². */
export function forwardReward(aliveBonus: number, controlCost: number): BodyDefinition['reward'] {
  return (forwardVelocity, squaredAction) => forwardVelocity + aliveBonus - controlCost * squaredAction;
}
