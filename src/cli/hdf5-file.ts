/** HDF5 files of this machine, opened in place: HDF5 itself reads and writes them through Node's file system. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { File } from 'h5wasm';
import { hdf5Reason } from '../datasets/hdf5/readers.ts';
import { MINARI_METADATA } from '../datasets/hdf5/minari.ts';
import type { SourceFile } from '../datasets/hdf5/import.ts';
import { assertHdf5 } from '../datasets/hdf5/signature.ts';
import { UsageError } from './console.ts';
import { exists, isFolder } from './shard-folder.ts';

const MINARI_FILES = ['main_data.hdf5', join('data', 'main_data.hdf5')];

/** The HDF5 file that a path means: itself, or in a folder of Minari's its `main_data.hdf5`. */
export async function findHdf5(path: string): Promise<string> {
  if (!(await isFolder(path))) return path;
  for (const name of MINARI_FILES) {
    if (await exists(join(path, name))) return join(path, name);
  }
  throw new UsageError(
    `${path} is a folder without ${MINARI_FILES.join(' or ')}; name an HDF5 file or a folder of Minari's.`,
  );
}

/** Opens a file for reading, and closes it when done. @throws Error that says why it is no HDF5 file. */
export async function readHdf5<Result>(path: string, body: (file: File) => Promise<Result>): Promise<Result> {
  await demandFile(path);
  return withFile(path, 'r', body);
}

/** Creates a file, and closes it when done. */
export async function writeHdf5<Result>(path: string, body: (file: File) => Promise<Result>): Promise<Result> {
  return withFile(path, 'w', body);
}

/** The text of the `metadata.json` beside a file, or null. */
export async function minariMetadata(path: string): Promise<string | null> {
  const beside = join(dirname(path), MINARI_METADATA);
  return (await exists(beside)) ? readFile(beside, 'utf8') : null;
}

/** Name, size and SHA-256 of a file, which is read once and not held. */
export async function sourceFile(path: string): Promise<SourceFile> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(part as Buffer);
  return { name: basename(path), bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

async function withFile<Result>(path: string, mode: 'r' | 'w', body: (file: File) => Promise<Result>): Promise<Result> {
  // 4 MB, which no other command needs.
  const { default: h5wasm } = await import('h5wasm/node');
  const module = await h5wasm.ready;
  // Without it a block that cannot be read is taken for zeros.
  module.activate_throwing_error_handler();
  let file: File;
  try {
    file = new h5wasm.File(path, mode);
  } catch (error) {
    const what = mode === 'r' ? 'opened as HDF5; is it damaged' : 'written; may files be made there';
    throw new Error(`${path} could not be ${what}? (${hdf5Reason(error)})`);
  }
  try {
    return await body(file);
  } finally {
    file.close();
  }
}

async function demandFile(path: string): Promise<void> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const read = async (at: number, length: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    };
    await assertHdf5({ name: path, size, read });
  } finally {
    await handle.close();
  }
}
