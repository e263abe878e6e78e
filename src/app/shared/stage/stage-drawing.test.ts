import { describe, expect, it } from 'vitest';
import { PlanarFigure } from '../../../environments/kinematics.ts';
import { BODIES } from '../../../environments/bodies/index.ts';
import { drawSide, partAt, toPlane, toScreen, type SideFrame } from './draw-side.ts';
import { lookOf } from './stage-palette.ts';
import { PaceWatch } from './frame-rate-watch.ts';
import { Follower, pushOf } from './view.ts';

const FRAME: SideFrame = { width: 800, height: 500, x: 2, scale: 200 };
const LOOK = lookOf({
  ground: '#f7f7f5',
  surface: '#ffffff',
  text: '#1a1c20',
  textMuted: '#5a5f69',
  line: '#d9dbdf',
  lineStrong: '#a9adb5',
  accent: '#1457d9',
  data: '#9aa0aa',
  cloning: '#1769b5',
  qLearning: '#c93a2b',
  modeRing: '#33373e',
  bestMode: '#0f7b4f',
  font: 'sans-serif',
  ramp: [],
  dark: false,
});

/** A canvas that notes the lines it draws: ends and width. */
function notingCanvas() {
  const lines: { from: number[]; to: number[]; width: number }[] = [];
  const texts: string[] = [];
  let from: number[] = [];
  let to: number[] = [];
  const ctx = {
    lineWidth: 0,
    lineCap: 'butt',
    createLinearGradient: () => ({ addColorStop: () => undefined }),
    fillRect: () => undefined,
    beginPath: () => undefined,
    fill: () => undefined,
    ellipse: () => undefined,
    fillText: (text: string) => void texts.push(text),
    moveTo: (...at: number[]) => void (from = at),
    lineTo: (...at: number[]) => void (to = at),
    stroke() {
      if (this.lineCap === 'round') lines.push({ from, to, width: this.lineWidth });
    },
  };
  return { ctx: ctx as unknown as CanvasRenderingContext2D, lines, texts };
}

describe('the side', () => {
  it('maps metres to pixels and back', () => {
    const [left, top] = toScreen(FRAME, 2.5, 1.25);
    expect([left, top]).toEqual([500, 150]);
    expect(toPlane(FRAME, left, top)).toEqual([2.5, 1.25]);
  });

  it('draws each capsule along its middle line, as thick as it is, over the metres on the ground', () => {
    const figure = new PlanarFigure(BODIES.hopper.model);
    const poses = figure.pose(Float64Array.from([2, 1.25, 0, 0, 0, 0]));
    const { ctx, lines, texts } = notingCanvas();
    drawSide(ctx, FRAME, { figure, poses, arrow: null }, LOOK);
    expect(texts).toEqual(['0 m', '1 m', '2 m', '3 m', '4 m']);
    // The torso stands from 1.05 to 1.45, 0.1 thick; its shading lies within.
    const torso = lines.find(({ width }) => Math.abs(width - 20) < 1e-9)!;
    expect(torso.from.map(Math.round)).toEqual([400, 190]);
    expect(torso.to.map(Math.round)).toEqual([400, 110]);
    expect(lines).toHaveLength(4 * figure.parts.length);
  });

  it('finds the part under a point', () => {
    const figure = new PlanarFigure(BODIES.hopper.model);
    const poses = figure.pose(Float64Array.from([2, 1.25, 0, 0, 0, 0]));
    expect(partAt(figure, poses, 2.04, 1.4, 0.05)).toBe(0);
    expect(partAt(figure, poses, 2.15, 0.1, 0.05)).toBe(3);
    expect(partAt(figure, poses, 3, 1, 0.05)).toBeNull();
  });
});

describe('a pull', () => {
  it('grows with the way, and has an end', () => {
    expect(pushOf(0, 0)).toEqual([0, 0]);
    const [forward, up] = pushOf(0.3, 0.4);
    expect(Math.hypot(forward, up)).toBeCloseTo(11, 9);
    expect(up / forward).toBeCloseTo(4 / 3, 9);
    expect(Math.hypot(...pushOf(-9, 9))).toBeCloseTo(25, 9);
  });
});

describe('the eye', () => {
  it('is at the body at once, follows it softly, and jumps with it', () => {
    const eye = new Follower();
    expect(eye.follow(1, 0)).toBe(1);
    const soft = eye.follow(1.5, 16);
    expect(soft).toBeGreaterThan(1);
    expect(soft).toBeLessThan(1.2);
    expect(eye.rests(1.5)).toBe(false);
    expect(eye.follow(1.5, 3000)).toBeCloseTo(1.5, 6);
    expect(eye.follow(1.5, 3016)).toBe(1.5);
    expect(eye.rests(1.5)).toBe(true);
    expect(eye.follow(-20, 3033)).toBe(-20);
  });
});

describe('the watch over pictures', () => {
  const run = (gap: (frame: number) => number, drew = true) => {
    let told = 0;
    const watch = new PaceWatch(() => told++);
    for (let frame = 0, now = 0; frame < 300; frame++) watch.frame((now += gap(frame)), drew);
    return told;
  };

  it('tells once where they come slowly, and not of a stutter or of rest', () => {
    expect(run(() => 80)).toBe(1);
    expect(run(() => 16.7)).toBe(0);
    expect(run((frame) => (frame % 5 === 0 ? 200 : 16.7))).toBe(0);
    expect(run(() => 80, false)).toBe(0);
  });
});
