/**
 * Reads a user's HDF5 file in place in a worker: HDF5 requests the blocks it needs, so the file is never in memory as a
 * whole.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { File as Hdf5File } from 'h5wasm';
import { hdf5Reason } from './readers.ts';
import type { SourceFile } from './import.ts';
import { assertHdf5 } from './signature.ts';

const MOUNT = '/given';
const HASH_BLOCK = 4 * 2 ** 20;

/** Opens a file and closes it when done. Only in a worker. @throws Error that says why it is not an HDF5 file. */
export async function readGivenHdf5<Result>(file: File, body: (file: Hdf5File) => Promise<Result>): Promise<Result> {
  await assertHdf5({
    name: file.name,
    size: file.size,
    read: async (at, length) => new Uint8Array(await file.slice(at, at + length).arrayBuffer()),
  });
  // Loaded on demand: 4 MB.
  const { default: h5wasm } = await import('h5wasm').catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`The reader of HDF5 files could not be loaded (${said}); the first time, it needs the network.`);
  });
  const module = await h5wasm.ready;
  // Without it an unreadable block reads as zeros.
  module.activate_throwing_error_handler();
  const { FS } = module;
  FS.mkdir(MOUNT);
  // Under a fixed name, because the file's own may have any letters.
  FS.mount((FS.filesystems as { WORKERFS: typeof FS }).WORKERFS, { blobs: [{ name: 'file', data: file }] }, MOUNT);
  try {
    let opened: Hdf5File;
    try {
      opened = new h5wasm.File(`${MOUNT}/file`, 'r');
    } catch (error) {
      throw new Error(`${file.name} could not be opened as HDF5; is it damaged? (${hdf5Reason(error)})`);
    }
    try {
      return await body(opened);
    } finally {
      opened.close();
    }
  } finally {
    FS.unmount(MOUNT);
    FS.rmdir(MOUNT);
  }
}

/** Name, size and SHA-256 of a file, read as a stream. WebCrypto would need it in memory. */
export async function hashGivenFile(
  file: File,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<SourceFile> {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += HASH_BLOCK) {
    signal.throwIfAborted();
    hash.update(new Uint8Array(await file.slice(at, at + HASH_BLOCK).arrayBuffer()));
    onBytes(Math.min(file.size, at + HASH_BLOCK));
  }
  const sha = Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { name: file.name, bytes: file.size, sha256: sha };
}
