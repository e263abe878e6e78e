/**
 * Two variants of the physics. D4RL's data were recorded in MuJoCo 2.0 and before. Two later changes of MuJoCo matter for
 * these bodies, and the model can undo both:
 *
 * - Up to 2.1.1 a capsule had the mass and inertia of a cylinder of half-length h + r/2. The capsule therefore becomes
 *   massless, and an invisible cylinder of that size, without contacts, carries the mass.
 * - Up to 3.3.8 the margin of a contact was the larger of its two geoms' margins; now it is their sum. If all geoms have
 *   the same margin, halving it restores the old sum.
 */
import type { Body, Geom, GeomOptions, Model } from './mjcf.ts';

export const PHYSICS_VARIANTS = ['v2', 'native'] as const;
/** `v2`: as the environments that recorded D4RL's data. `native`: the unchanged model in today's MuJoCo. */
export type PhysicsVariant = (typeof PHYSICS_VARIANTS)[number];

export const DEFAULT_VARIANT: PhysicsVariant = 'v2';

/** The group of geoms that only carry mass. */
const MASS_GROUP = 4;

/** The version of the engine and the variant, shown with every score. */
export function physicsLabel(variant: PhysicsVariant, version: string): string {
  const release = version.split('.').slice(0, 2).join('.');
  return variant === 'v2' ? `MuJoCo ${release}, v2-compatible` : `MuJoCo ${release}, native`;
}

/** The model to compile for a variant. */
export function modelFor(model: Model, variant: PhysicsVariant): Model {
  if (variant === 'native') return model;
  return {
    ...model,
    defaults: { ...model.defaults, ...(model.defaults.geom && { geom: halfMargin(model.defaults.geom) }) },
    world: model.world.map(halfMargin),
    bodies: model.bodies.map(oldBody),
  };
}

function oldBody(body: Body): Body {
  return {
    ...body,
    geoms: body.geoms.map(halfMargin).flatMap(oldMass),
    ...(body.bodies && { bodies: body.bodies.map(oldBody) }),
  };
}

function halfMargin<Options extends GeomOptions>(options: Options): Options {
  return options.margin === undefined ? options : { ...options, margin: options.margin / 2 };
}

function oldMass(geom: Geom): Geom[] {
  const { shape, mass, ...rest } = geom;
  if (shape.type !== 'capsule') return [geom];
  const { radius, halfLength } = shape;
  return [
    { ...geom, mass: 0 },
    {
      ...rest,
      name: `${geom.name}_mass`,
      shape: { type: 'cylinder', radius, halfLength: halfLength + radius / 2 },
      contype: 0,
      conaffinity: 0,
      group: MASS_GROUP,
      ...(mass !== undefined && { mass }),
    },
  ];
}
