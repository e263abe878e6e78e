/** The parts of a body as capsules in space. MuJoCo's x, y, z are three.js' x, −z, y; a capsule lies along y there. */
import { CapsuleGeometry, Color, Group, Mesh, MeshStandardMaterial, type Raycaster } from 'three';
import type { PlanarFigure } from '../../../environments/kinematics.ts';
import { hexRgb } from '../plots/color.ts';
import { poseAt } from './draw-side.ts';
import { partColor, type StagePalette } from './stage-palette.ts';

/** Metres between the planes in which the legs are drawn, which prevents z-fighting. */
const LIMB_GAP = 0.004;

export class BodyMeshes {
  readonly group = new Group();
  readonly #figure: PlanarFigure;
  readonly #meshes: Mesh<CapsuleGeometry, MeshStandardMaterial>[];

  constructor(figure: PlanarFigure) {
    this.#figure = figure;
    this.#meshes = figure.parts.map(({ radius, halfLength, limb }) => {
      const mesh = new Mesh(
        new CapsuleGeometry(radius, 2 * halfLength, 12, 32),
        new MeshStandardMaterial({ roughness: 0.42, metalness: 0.02 }),
      );
      mesh.castShadow = true;
      mesh.receiveShadow = true;
      mesh.position.z = limb === 'trunk' ? 0 : (0.5 - limb) * LIMB_GAP;
      this.group.add(mesh);
      return mesh;
    });
  }

  setPalette(palette: StagePalette): void {
    this.#meshes.forEach(({ material }, i) => {
      material.color = new Color(hexRgb(partColor(palette, this.#figure.parts[i]!.limb)));
    });
  }

  /** @param poses [parts, 3] */
  setPoses(poses: Float64Array): void {
    this.#meshes.forEach((mesh, i) => {
      const [x, z, angle] = poseAt(poses, i);
      mesh.position.x = x;
      mesh.position.y = z;
      mesh.rotation.z = -angle;
    });
  }

  /** The first part that the ray hits, or null. */
  partUnder(raycaster: Raycaster): number | null {
    const [hit] = raycaster.intersectObjects(this.#meshes, false);
    const index = this.#meshes.findIndex((mesh) => mesh === hit?.object);
    return index < 0 ? null : index;
  }

  dispose(): void {
    for (const { geometry, material } of this.#meshes) {
      geometry.dispose();
      material.dispose();
    }
  }
}
