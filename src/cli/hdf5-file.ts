/** HDF5 files on disk, opened in place: the HDF5 library reads and writes them through Node's file system. */
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

/** The HDF5 file of a path: the path itself, or `main_data.hdf5` in a Minari folder. */
export async function findHdf5(path: string): Promise<string> {
  if (!(await isFolder(path))) return path;
  for (const name of MINARI_FILES) {
    if (await exists(join(path, name))) return join(path, name);
  }
  throw new UsageError(
    `${path} is a folder without ${MINARI_FILES.join(' or ')}; name an HDF5 file or a folder of Minari's.`,
  );
}

/** Opens a file for reading, and closes it when done. @throws Error If it is no HDF5 file, with the reason. */
export async function readHdf5<Result>(path: string, body: (file: File) => Promise<Result>): Promise<Result> {
  await assertHdf5File(path);
  return withFile(path, 'r', body);
}

/** Creates a file, and closes it when done. */
export async function writeHdf5<Result>(path: string, body: (file: File) => Promise<Result>): Promise<Result> {
  return withFile(path, 'w', body);
}

/** The text of `metadata.json` in a file's folder, or null. */
export async function minariMetadata(path: string): Promise<string | null> {
  const metadata = join(dirname(path), MINARI_METADATA);
  return (await exists(metadata)) ? readFile(metadata, 'utf8') : null;
}

/** Name, size and SHA-256 of a file, which is read as a stream. */
export async function sourceFile(path: string): Promise<SourceFile> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(part as Buffer);
  return { name: basename(path), bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

async function withFile<Result>(path: string, mode: 'r' | 'w', body: (file: File) => Promise<Result>): Promise<Result> {
  // Loaded here because it has 4 MB and no other command needs it.
  const { default: h5wasm } = await import('h5wasm/node');
  const module = await h5wasm.ready;
  // Without this handler an unreadable block would be read as zeros.
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

async function assertHdf5File(path: string): Promise<void> {
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
