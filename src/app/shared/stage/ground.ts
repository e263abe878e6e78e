/** Ground and sky of the 3D stage: tiles of one metre up to the horizon, and a label at every metre. */
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
import { mixed, type StagePalette } from './stage-palette.ts';

/** Side length in metres; the fog hides the edges. */
const SIZE = 80;
/** Tiles on each side of the texture. */
const TILES = 2;
const PIXELS = 256;
/** Metres between labels, how many are placed at once, and their distance from the body. */
const LABEL_SPACING = 1;
const LABELS = 15;
const LABEL_OFFSET = 0.62;

export class Ground {
  readonly group = new Group();
  readonly #material = new MeshStandardMaterial({ roughness: 0.95, metalness: 0 });
  readonly #plane = new Mesh(new PlaneGeometry(SIZE, SIZE), this.#material);
  readonly #marks: Mesh<PlaneGeometry, MeshBasicMaterial>[];
  readonly #numbers: (number | null)[];
  #palette: StagePalette | null = null;

  readonly #anisotropy: number;

  /** @param anisotropy of the textures, the maximum of the device. */
  constructor(anisotropy: number) {
    this.#anisotropy = anisotropy;
    this.#plane.rotation.x = -Math.PI / 2;
    this.#plane.receiveShadow = true;
    this.group.add(this.#plane);
    const geometry = new PlaneGeometry(0.6, 0.3);
    this.#marks = Array.from({ length: LABELS }, () => {
      const mark = new Mesh(geometry, new MeshBasicMaterial({ transparent: true, depthWrite: false }));
      mark.rotation.x = -Math.PI / 2;
      this.group.add(mark);
      return mark;
    });
    this.#numbers = this.#marks.map(() => null);
  }

  setPalette(palette: StagePalette): void {
    this.#palette = palette;
    this.#material.map?.dispose();
    this.#material.map = this.#tiles(palette);
    this.#material.needsUpdate = true;
    this.#numbers.fill(null);
  }

  /** Moves the ground under a body at x. */
  follow(x: number): void {
    // By whole repetitions of the texture, so that tiles keep their place in the world.
    this.#plane.position.x = Math.round(x / TILES) * TILES;
    const first = Math.round(x / LABEL_SPACING) - Math.floor(LABELS / 2);
    for (let number = first; number < first + LABELS; number++) {
      const slot = ((number % LABELS) + LABELS) % LABELS;
      if (this.#numbers[slot] === number) continue;
      this.#numbers[slot] = number;
      const mark = this.#marks[slot]!;
      mark.position.set(number * LABEL_SPACING, 0.002, LABEL_OFFSET);
      mark.material.map?.dispose();
      mark.material.map = this.#label(`${String(number * LABEL_SPACING).replace('-', '−')} m`);
      mark.material.needsUpdate = true;
    }
  }

  dispose(): void {
    this.#plane.geometry.dispose();
    this.#material.map?.dispose();
    this.#material.dispose();
    this.#marks[0]?.geometry.dispose();
    for (const { material } of this.#marks) {
      material.map?.dispose();
      material.dispose();
    }
  }

  #tiles({ ground: [one, other], line }: StagePalette): Texture {
    const [canvas, ctx] = newCanvas(PIXELS, PIXELS);
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
    const texture = this.#texture(canvas);
    texture.wrapS = RepeatWrapping;
    texture.wrapT = RepeatWrapping;
    texture.repeat.set(SIZE / TILES, SIZE / TILES);
    return texture;
  }

  #label(text: string): Texture {
    const [canvas, ctx] = newCanvas(256, 128);
    if (this.#palette) {
      ctx.fillStyle = cssRgb(this.#palette.label);
      ctx.font = `500 62px ${this.#palette.font}`;
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.fillText(text, 128, 66);
    }
    return this.#texture(canvas);
  }

  #texture(canvas: HTMLCanvasElement): CanvasTexture {
    const texture = new CanvasTexture(canvas);
    texture.colorSpace = SRGBColorSpace;
    texture.anisotropy = this.#anisotropy;
    return texture;
  }
}

/** Where the sky's gradient ends in its texture, from 0 (the top) to 1. */
export const SKY_END = 0.5;

/** The background: a gradient from the sky down to the colour of the horizon. */
export function skyTexture({ sky, horizon }: StagePalette): Texture {
  const [canvas, ctx] = newCanvas(2, 256);
  const gradient = ctx.createLinearGradient(0, 0, 0, 256);
  gradient.addColorStop(0, cssRgb(sky));
  // Slightly before the end, so that no edge is visible.
  gradient.addColorStop(SKY_END - 0.04, cssRgb(horizon));
  ctx.fillStyle = gradient;
  ctx.fillRect(0, 0, 2, 256);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  return texture;
}

function newCanvas(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('This browser has no 2D canvas.');
  return [canvas, ctx];
}
