import { describe, expect, it } from 'vitest';
import { PlanarFigure } from '../../../environments/kinematics.ts';
import { BODIES } from '../../../environments/bodies/index.ts';
import { drawSide, partAt, toPlane, toScreen, type SideFrame } from './draw-side.ts';
import { stagePaletteOf } from './stage-palette.ts';
import { FrameRateWatch } from './frame-rate-watch.ts';
import { Follower, pushOf } from './view.ts';

const FRAME: SideFrame = { width: 800, height: 500, x: 2, scale: 200 };
const PALETTE = stagePaletteOf({
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

/** A canvas that records the lines drawn on it: ends and width. */
function recordingCanvas() {
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

describe('the side view', () => {
  it('maps metres to pixels and back', () => {
    const [left, top] = toScreen(FRAME, 2.5, 1.25);
    expect([left, top]).toEqual([500, 150]);
    expect(toPlane(FRAME, left, top)).toEqual([2.5, 1.25]);
  });

  it('draws each capsule along its centre line at its thickness, above metre labels on the ground', () => {
    const figure = new PlanarFigure(BODIES.hopper.model);
    const poses = figure.pose(Float64Array.from([2, 1.25, 0, 0, 0, 0]));
    const { ctx, lines, texts } = recordingCanvas();
    drawSide(ctx, FRAME, { figure, poses, arrow: null }, PALETTE);
    expect(texts).toEqual(['0 m', '1 m', '2 m', '3 m', '4 m']);
    // The torso spans 1.05 to 1.45 and is 0.1 thick; its shading lies within.
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

describe('pushOf', () => {
  it('grows with the distance of a pull up to a maximum', () => {
    expect(pushOf(0, 0)).toEqual([0, 0]);
    const [forward, up] = pushOf(0.3, 0.4);
    expect(Math.hypot(forward, up)).toBeCloseTo(11, 9);
    expect(up / forward).toBeCloseTo(4 / 3, 9);
    expect(Math.hypot(...pushOf(-9, 9))).toBeCloseTo(25, 9);
  });
});

describe('Follower', () => {
  it('starts at the body, follows it smoothly, and jumps with it', () => {
    const eye = new Follower();
    expect(eye.follow(1, 0)).toBe(1);
    const soft = eye.follow(1.5, 16);
    expect(soft).toBeGreaterThan(1);
    expect(soft).toBeLessThan(1.2);
    expect(eye.isSettled(1.5)).toBe(false);
    expect(eye.follow(1.5, 3000)).toBeCloseTo(1.5, 6);
    expect(eye.follow(1.5, 3016)).toBe(1.5);
    expect(eye.isSettled(1.5)).toBe(true);
    expect(eye.follow(-20, 3033)).toBe(-20);
  });
});

describe('FrameRateWatch', () => {
  const run = (gap: (frame: number) => number, drew = true) => {
    let reports = 0;
    const watch = new FrameRateWatch(() => reports++);
    for (let frame = 0, now = 0; frame < 300; frame++) watch.frame((now += gap(frame)), drew);
    return reports;
  };

  it('reports a low frame rate once, and neither stutter nor an idle stage', () => {
    expect(run(() => 80)).toBe(1);
    expect(run(() => 16.7)).toBe(0);
    expect(run((frame) => (frame % 5 === 0 ? 200 : 16.7))).toBe(0);
    expect(run(() => 80, false)).toBe(0);
  });
});
