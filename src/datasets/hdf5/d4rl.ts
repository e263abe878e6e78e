/**
 * D4RL's layout: `observations` [n, S], `actions` [n, A], `rewards`, `terminals`, `timeouts` [n], a row per step. Other
 * contents (`next_observations`, `infos`, `metadata`) are ignored.
 */
import type { Dataset, Group } from 'h5wasm';
import { ARRAY_NAMES, type ArrayName, type RowSource } from '../arrays.ts';
import { contentsOf, datasetAt, flagVector, floatMatrix, floatVector, LayoutError, rowsOf } from './readers.ts';

const NEEDED =
  'observations [rows, S], actions [rows, A], rewards [rows] (float32 or float64), terminals [rows], timeouts [rows] (bool or integers)';

/** Whether a file has any array of this layout. */
export function looksLikeD4rl(file: Group): boolean {
  return ARRAY_NAMES.some((name) => datasetAt(file, name) !== null);
}

/** @throws LayoutError that names what is missing, or arrays of different lengths. */
export function readD4rl(file: Group): RowSource {
  const datasets = {} as Record<ArrayName, Dataset>;
  const missing: string[] = [];
  for (const name of ARRAY_NAMES) {
    const dataset = datasetAt(file, name);
    if (dataset) datasets[name] = dataset;
    else missing.push(name);
  }
  if (missing.length > 0) {
    throw new LayoutError(
      `D4RL's layout without ${missing.join(', ')}. Needed: ${NEEDED}. Found: ${contentsOf(file)}.`,
    );
  }
  const rows = rowsOf(datasets.observations);
  for (const name of ARRAY_NAMES) {
    const found = rowsOf(datasets[name]);
    if (found !== rows) throw new LayoutError(`${name} has ${found} rows, observations ${rows}; they should agree.`);
  }
  if (rows === 0) throw new LayoutError('All arrays have 0 rows; a dataset has at least one.');
  return {
    rows,
    observations: floatMatrix(datasets.observations),
    actions: floatMatrix(datasets.actions),
    rewards: floatVector(datasets.rewards),
    terminals: flagVector(datasets.terminals),
    timeouts: flagVector(datasets.timeouts),
    where: () => '',
  };
}
