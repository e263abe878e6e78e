/** Ground and sky of the stage in space: tiles of a metre that reach to the horizon, and a line with every metre's number. */
import {
  CanvasTexture,
  Group,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  PlaneGeometry,
  RepeatWrapping,
  SRGBColorSpace,
  type Texture,
} from 'three';
import { cssRgb, type Rgb } from '../plots/color.ts';
import { mixed, type StageLook } from './stage-palette.ts';

/** Metres to a side. Fog ends long before. */
const SIZE = 80;
/** The texture holds two tiles by two. */
const TILES = 2;
const PIXELS = 256;
/** Metres between two numbers, how many are laid out at once, and how far beside the body. */
const APART = 1;
const MARKS = 15;
const BESIDE = 0.62;

export class Ground {
  readonly group = new Group();
  private readonly material = new MeshStandardMaterial({ roughness: 0.95, metalness: 0 });
  private readonly plane = new Mesh(new PlaneGeometry(SIZE, SIZE), this.material);
  private readonly marks: Mesh<PlaneGeometry, MeshBasicMaterial>[];
  private readonly numbers: (number | null)[];
  private look: StageLook | null = null;

  private readonly anisotropy: number;

  /** @param anisotropy of textures that are seen at a flat angle, as much as the device gives. */
  constructor(anisotropy: number) {
    this.anisotropy = anisotropy;
    this.plane.rotation.x = -Math.PI / 2;
    this.plane.receiveShadow = true;
    this.group.add(this.plane);
    const geometry = new PlaneGeometry(0.6, 0.3);
    this.marks = Array.from({ length: MARKS }, () => {
      const mark = new Mesh(geometry, new MeshBasicMaterial({ transparent: true, depthWrite: false }));
      mark.rotation.x = -Math.PI / 2;
      this.group.add(mark);
      return mark;
    });
    this.numbers = this.marks.map(() => null);
  }

  setLook(look: StageLook): void {
    this.look = look;
    this.material.map?.dispose();
    this.material.map = this.tiles(look);
    this.material.needsUpdate = true;
    this.numbers.fill(null);
  }

  /** Lies under the body that is at x. */
  follow(x: number): void {
    // By whole repetitions, so that the tiles stay where they are in the world.
    this.plane.position.x = Math.round(x / TILES) * TILES;
    const first = Math.round(x / APART) - Math.floor(MARKS / 2);
    for (let number = first; number < first + MARKS; number++) {
      const slot = ((number % MARKS) + MARKS) % MARKS;
      if (this.numbers[slot] === number) continue;
      this.numbers[slot] = number;
      const mark = this.marks[slot]!;
      mark.position.set(number * APART, 0.002, BESIDE);
      mark.material.map?.dispose();
      mark.material.map = this.label(`${String(number * APART).replace('-', '−')} m`);
      mark.material.needsUpdate = true;
    }
  }

  dispose(): void {
    this.plane.geometry.dispose();
    this.material.map?.dispose();
    this.material.dispose();
    this.marks[0]?.geometry.dispose();
    for (const { material } of this.marks) {
      material.map?.dispose();
      material.dispose();
    }
  }

  private tiles({ ground: [one, other], line }: StageLook): Texture {
    const [canvas, ctx] = paper(PIXELS, PIXELS);
    const tile = PIXELS / TILES;
    for (let row = 0; row < TILES; row++) {
      for (let column = 0; column < TILES; column++) {
        ctx.fillStyle = cssRgb((row + column) % 2 === 0 ? one : other);
        ctx.fillRect(column * tile, row * tile, tile, tile);
      }
    }
    const faint: Rgb = mixed(one, line, 0.4);
    ctx.strokeStyle = cssRgb(faint);
    ctx.lineWidth = 1;
    for (let at = 0; at <= PIXELS; at += tile) ctx.strokeRect(at, -1, 0, PIXELS + 2);
    const texture = this.texture(canvas);
    texture.wrapS = RepeatWrapping;
    texture.wrapT = RepeatWrapping;
    texture.repeat.set(SIZE / TILES, SIZE / TILES);
    return texture;
  }

  private label(text: string): Texture {
    const [canvas, ctx] = paper(256, 128);
    if (this.look) {
      ctx.fillStyle = cssRgb(this.look.words);
      ctx.font = `500 62px ${this.look.font}`;
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.fillText(text, 128, 66);
    }
    return this.texture(canvas);
  }

  private texture(canvas: HTMLCanvasElement): CanvasTexture {
    const texture = new CanvasTexture(canvas);
    texture.colorSpace = SRGBColorSpace;
    texture.anisotropy = this.anisotropy;
    return texture;
  }
}

/** How far down its texture the sky's light goes, from 0 (the top) to 1. */
export const SKY_END = 0.5;

/** Behind all: light above, down to the colour in which the ground is lost. */
export function skyTexture({ sky, horizon }: StageLook): Texture {
  const [canvas, ctx] = paper(2, 256);
  const gradient = ctx.createLinearGradient(0, 0, 0, 256);
  gradient.addColorStop(0, cssRgb(sky));
  // A little before the end: no edge is to be seen.
  gradient.addColorStop(SKY_END - 0.04, cssRgb(horizon));
  ctx.fillStyle = gradient;
  ctx.fillRect(0, 0, 2, 256);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  return texture;
}

function paper(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('This browser draws on no canvas.');
  return [canvas, ctx];
}
