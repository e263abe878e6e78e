/** Writes shards as an HDF5 file in D4RL's layout, block by block, with gzip like D4RL's files. */
import type { Dataset, Group } from 'h5wasm';
import { ARRAY_NAMES, isFlagArray, type ArrayName } from '../arrays.ts';
import { columnsOf, type ArrayEntry, type Manifest } from '../shards/manifest.ts';
import { flagBlocks, floatBlocks, type ShardStore } from '../shards/reader.ts';

const HDF5_CHUNK_BYTES = 2 ** 18;

/**
 * Writes `observations`, `actions`, `rewards` (float32) and `terminals`, `timeouts` (int8, 0 or 1), and the manifest's
 * descriptions as attributes of the file.
 *
 * @param onProgress gets the rows written so far over all arrays, and the total.
 * @throws Error that names a missing or damaged chunk.
 */
export async function exportD4rl(
  store: ShardStore,
  manifest: Manifest,
  file: Group,
  onProgress: (rows: number, total: number) => void = () => undefined,
): Promise<void> {
  const { id, environment, licence, provenance, counts } = manifest;
  for (const [name, text] of Object.entries({ id, environment: environment ?? '', licence, provenance })) {
    if (text !== '') file.create_attribute(name, text);
  }
  let rows = 0;
  for (const name of ARRAY_NAMES) {
    const append = appender(file, name, manifest.arrays[name]);
    const blocks = isFlagArray(name) ? flagBlocks(store, manifest, name) : floatBlocks(store, manifest, name);
    for (const { begin, end, values } of blocks) {
      append(await values(), begin, end);
      rows += end - begin;
      onProgress(rows, counts.rows * ARRAY_NAMES.length);
    }
  }
}

/** A function that writes rows of an array in order; the first call creates the array in its full size. */
function appender(
  file: Group,
  name: ArrayName,
  entry: ArrayEntry,
): (values: Float32Array | Uint8Array, begin: number, end: number) => void {
  const rest = entry.shape.slice(1);
  const rowBytes = columnsOf(entry) * (entry.dtype === 'bool' ? 1 : 4);
  const chunkRows = Math.min(entry.shape[0], Math.max(1, Math.floor(HDF5_CHUNK_BYTES / rowBytes)));
  return (values, begin, end) => {
    const data = values instanceof Uint8Array ? new Int8Array(values) : values;
    if (begin > 0) {
      const dataset = file.get(name) as Dataset;
      dataset.write_slice([[begin, end], ...rest.map(() => [] as [])], data);
      return;
    }
    const dataset = file.create_dataset({
      name,
      data,
      shape: [end, ...rest],
      maxshape: [...entry.shape],
      chunks: [chunkRows, ...rest],
      compression: 'gzip',
    });
    if (end < entry.shape[0]) dataset.resize([...entry.shape]);
  };
}
