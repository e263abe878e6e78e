/** The five arrays of a dataset of trajectories: one row per step, episode after episode. */

export const FLOAT_ARRAYS = ['observations', 'actions', 'rewards'] as const;
export const FLAG_ARRAYS = ['terminals', 'timeouts'] as const;
export const ARRAY_NAMES = [...FLOAT_ARRAYS, ...FLAG_ARRAYS] as const;

/** Observations [rows, S], actions [rows, A], rewards [rows]. */
export type FloatArrayName = (typeof FLOAT_ARRAYS)[number];
/** [rows] each. A terminal: the environment ended the episode; a timeout: it was cut there. */
export type FlagArrayName = (typeof FLAG_ARRAYS)[number];
export type ArrayName = (typeof ARRAY_NAMES)[number];

export function isFlagArray(name: ArrayName): name is FlagArrayName {
  return name === 'terminals' || name === 'timeouts';
}

/** Floats of a source file, read in blocks of rows. */
export interface FloatSource {
  readonly dtype: 'float32' | 'float64';
  /** Numbers per row; null for a flat array. */
  readonly columns: number | null;
  /** Rows `begin` to `end` (not included), row-major. */
  read(begin: number, end: number): Float32Array | Float64Array;
}

/** Flags of a source file, one per row. */
export interface FlagSource {
  /** 1 where the flag is set, else 0. */
  read(begin: number, end: number): Uint8Array;
}

/** Trajectories in any layout. */
export interface RowSource {
  readonly rows: number;
  readonly observations: FloatSource;
  readonly actions: FloatSource;
  readonly rewards: FloatSource;
  readonly terminals: FlagSource;
  readonly timeouts: FlagSource;
  /** Describes where a row is in the source, for error messages. */
  where(row: number): string;
}
