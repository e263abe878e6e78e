/** Tells when pictures come too slowly to look like motion. */

/** Frames that are looked at, of which the middle one counts: a page that just opened stutters at times. */
const FRAMES = 50;
const SLOW_MS = 48;

export class PaceWatch {
  private readonly gaps: number[] = [];
  private last: number | null = null;
  private told = false;
  private readonly onSlow: () => void;

  /** @param onSlow told once. */
  constructor(onSlow: () => void) {
    this.onSlow = onSlow;
  }

  /** @param drew whether something was drawn: a stage that rests says nothing of its pace. */
  frame(now: number, drew: boolean): void {
    if (this.told) return;
    if (drew && this.last !== null) this.gaps.push(now - this.last);
    this.last = drew ? now : null;
    if (this.gaps.length < FRAMES) return;
    const middle = this.gaps.sort((a, b) => a - b)[FRAMES / 2]!;
    this.gaps.length = 0;
    if (middle <= SLOW_MS) return;
    this.told = true;
    this.onSlow();
  }
}
