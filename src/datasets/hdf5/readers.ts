/**
 * Reads floats and flags of an HDF5 file in blocks of rows (hyperslabs). Only types of h5wasm are imported, because Node
 * and browsers load different builds.
 */
import type { Dataset, Entity, Group, Metadata } from 'h5wasm';
import type { FlagSource, FloatSource } from '../arrays.ts';

/** HDF5's classes of types (H5T_class_t). */
const INTEGER = 0;
const FLOAT = 1;
const ENUM = 8;
const MAX_LISTED = 12;

/** A file, or a part of it, does not have the expected layout. */
export class LayoutError extends Error {
  override name = 'LayoutError';
}

export function datasetAt(group: Group, name: string): Dataset | null {
  const entity = group.get(name);
  return isOf(entity, 'Dataset') ? (entity as Dataset) : null;
}

export function groupAt(group: Group, name: string): Group | null {
  const entity = group.get(name);
  return isOf(entity, 'Group') ? (entity as Group) : null;
}

function isOf(entity: Entity | null, type: 'Dataset' | 'Group'): boolean {
  return entity !== null && 'type' in entity && (entity.type as string) === type;
}

/** A description of a group's contents, for error messages. */
export function contentsOf(group: Group): string {
  const keys = group.keys();
  if (keys.length === 0) return 'nothing';
  const listed = keys.slice(0, MAX_LISTED).map((key) => {
    const dataset = datasetAt(group, key);
    return dataset ? `${key} ${typeOf(dataset.metadata)} ${shapeText(dataset)}` : `${key}/`;
  });
  return [...listed, ...(keys.length > MAX_LISTED ? [`${keys.length - MAX_LISTED} more`] : [])].join(', ');
}

/** Its length along the first dimension. @throws LayoutError if it has none. */
export function rowsOf(dataset: Dataset): number {
  const rows = dataset.shape?.[0];
  if (rows === undefined) throw new LayoutError(`${nameOf(dataset)} is a single value, not a list with a row a step.`);
  return rows;
}

/**
 * A matrix of floats, [rows, columns].
 *
 * @throws LayoutError if it is anything else.
 */
export function floatMatrix(dataset: Dataset): FloatSource {
  const columns = dataset.shape?.length === 2 ? Number(dataset.shape[1]) : 0;
  if (columns < 1) {
    throw new LayoutError(`${nameOf(dataset)} has the shape ${shapeText(dataset)}; it should be [rows, columns].`);
  }
  return { ...floats(dataset), columns };
}

/**
 * A flat array of floats, [rows] or [rows, 1].
 *
 * @throws LayoutError if it is anything else.
 */
export function floatVector(dataset: Dataset): FloatSource {
  assertFlat(dataset);
  return { ...floats(dataset), columns: null };
}

/**
 * Flags, [rows] or [rows, 1]: numpy's bool (an enumeration of FALSE and TRUE) or integers 0 and 1.
 *
 * @throws LayoutError if it is anything else; `read` throws it for a value other than 0 and 1.
 */
export function flagVector(dataset: Dataset): FlagSource {
  assertFlat(dataset);
  const { type, size } = dataset.metadata;
  if (!(type === INTEGER || (type === ENUM && size === 1))) {
    throw new LayoutError(`${nameOf(dataset)} is ${typeOf(dataset.metadata)}; flags are bool or integers 0 and 1.`);
  }
  return {
    read(begin, end) {
      const values = slice(dataset, begin, end) as ArrayLike<number | bigint>;
      return Uint8Array.from({ length: end - begin }, (_, i) => {
        const flag = Number(values[i]);
        if (flag !== 0 && flag !== 1) {
          throw new LayoutError(`${nameOf(dataset)}, row ${begin + i}, holds ${flag}; a flag is 0 or 1.`);
        }
        return flag;
      });
    },
  };
}

/** The innermost reason that HDF5 lists for a failure. */
export function hdf5Reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return [...text.matchAll(/ in \w+\(\): (.+)/g)].at(-1)?.[1] ?? text;
}

/** A dataset's path without the leading slash. */
function nameOf(dataset: Dataset): string {
  return dataset.path.replace(/^\//, '');
}

function floats(dataset: Dataset): Pick<FloatSource, 'dtype' | 'read'> {
  const { type, size, littleEndian } = dataset.metadata;
  if (type !== FLOAT || (size !== 4 && size !== 8) || !littleEndian) {
    const found = `${typeOf(dataset.metadata)}${littleEndian ? '' : ', big-endian'}`;
    throw new LayoutError(`${nameOf(dataset)} is ${found}; read are float32 and float64, little-endian.`);
  }
  return {
    dtype: size === 4 ? 'float32' : 'float64',
    read: (begin, end) => slice(dataset, begin, end) as Float32Array | Float64Array,
  };
}

function slice(dataset: Dataset, begin: number, end: number): unknown {
  try {
    return dataset.slice([[begin, end], ...(dataset.shape?.length === 2 ? [[] as []] : [])]);
  } catch (error) {
    const rows = `rows ${begin} to ${end - 1}`;
    throw new Error(
      `${nameOf(dataset)}, ${rows}, could not be read (${hdf5Reason(error)}); is the file damaged, or compressed otherwise than by gzip?`,
    );
  }
}

function assertFlat(dataset: Dataset): void {
  const { shape } = dataset;
  if (shape?.length === 1 || (shape?.length === 2 && Number(shape[1]) === 1)) return;
  throw new LayoutError(`${nameOf(dataset)} has the shape ${shapeText(dataset)}; it should be [rows].`);
}

function shapeText(dataset: Dataset): string {
  return `[${(dataset.shape ?? []).join(', ')}]`;
}

function typeOf({ type, size, signed }: Metadata): string {
  if (type === FLOAT) return `float${8 * size}`;
  if (type === INTEGER) return `${signed ? 'int' : 'uint'}${8 * size}`;
  if (type === ENUM) return size === 1 ? 'bool' : 'an enumeration';
  return type === 3 ? 'text' : `of HDF5's class ${type}`;
}
