/** What the axes of all charts share. */

export const TICK = { fontSize: 12, fill: 'var(--text-muted)' } as const;

export const X_AXIS = {
  type: 'number',
  tick: TICK,
  stroke: 'var(--line-strong)',
  tickLine: false,
  height: 40,
} as const;

export const Y_AXIS = {
  type: 'number',
  interval: 0,
  tick: TICK,
  stroke: 'var(--line-strong)',
  axisLine: false,
  tickLine: false,
} as const;
