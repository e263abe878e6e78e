/** The parts of a body as capsules in space. MuJoCo's x, y, z are three.js' x, −z, y; a capsule lies along y there. */
import { CapsuleGeometry, Color, Group, Mesh, MeshStandardMaterial, type Raycaster } from 'three';
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import { hexRgb } from '../plots/color.ts';
import { poseAt } from './draw-side.ts';
import { partColor, type StageLook } from './stage-palette.ts';

/** Legs that stand in one plane are drawn a little apart, so that they do not flicker through each other. */
const APART = 0.004;

export class BodyMeshes {
  readonly group = new Group();
  private readonly figure: PlanarFigure;
  private readonly meshes: Mesh<CapsuleGeometry, MeshStandardMaterial>[];

  constructor(figure: PlanarFigure) {
    this.figure = figure;
    this.meshes = figure.parts.map(({ radius, halfLength, limb }) => {
      const mesh = new Mesh(
        new CapsuleGeometry(radius, 2 * halfLength, 12, 32),
        new MeshStandardMaterial({ roughness: 0.42, metalness: 0.02 }),
      );
      mesh.castShadow = true;
      mesh.receiveShadow = true;
      mesh.position.z = limb === 'trunk' ? 0 : (0.5 - limb) * APART;
      this.group.add(mesh);
      return mesh;
    });
  }

  setLook(look: StageLook): void {
    this.meshes.forEach(({ material }, i) => {
      material.color = new Color(hexRgb(partColor(look, this.figure.parts[i]!.limb)));
    });
  }

  /** @param poses [parts, 3] */
  setPoses(poses: Float64Array): void {
    this.meshes.forEach((mesh, i) => {
      const [x, z, angle] = poseAt(poses, i);
      mesh.position.x = x;
      mesh.position.y = z;
      mesh.rotation.z = -angle;
    });
  }

  /** The part that a ray meets first, or null. */
  partUnder(raycaster: Raycaster): number | null {
    const [hit] = raycaster.intersectObjects(this.meshes, false);
    const index = this.meshes.findIndex((mesh) => mesh === hit?.object);
    return index < 0 ? null : index;
  }

  dispose(): void {
    for (const { geometry, material } of this.meshes) {
      geometry.dispose();
      material.dispose();
    }
  }
}
