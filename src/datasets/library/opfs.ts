/**
 * Folders in the origin private file system (OPFS): one per dataset, one per run. Only workers can use it, because it
 * writes through synchronous access handles, which every browser has.
 */
import type { DatasetFolder } from './folder.ts';

/** The browser's storage is full. What was stored before is unaffected. */
class StorageFull extends Error {
  override name = 'StorageFull';
}

/** Folders of one kind in the OPFS, by their keys. */
export class OpfsStore {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** Names of all folders, sorted. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const [name, handle] of (await this.#root()).entries()) if (handle.kind === 'directory') keys.push(name);
    return keys.sort();
  }

  /** A folder, created if it does not exist. */
  async open(key: string): Promise<DatasetFolder> {
    return new OpfsFolder(await (await this.#root()).getDirectoryHandle(key, { create: true }));
  }

  /** A folder, or null if there is none. */
  async find(key: string): Promise<DatasetFolder | null> {
    try {
      return new OpfsFolder(await (await this.#root()).getDirectoryHandle(key));
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return null;
      throw error;
    }
  }

  /** Removes a folder with its contents. */
  async remove(key: string): Promise<void> {
    try {
      await (await this.#root()).removeEntry(key, { recursive: true });
    } catch (error) {
      if (!isNamed(error, 'NotFoundError')) throw error;
    }
  }

  /** @throws Error if the browser has no private file system for this page. */
  async #root(): Promise<FileSystemDirectoryHandle> {
    const { storage } = navigator;
    if (typeof storage?.getDirectory !== 'function') {
      throw new Error(
        'This browser gives the page no file system of its own; a newer one, or an https address, would.',
      );
    }
    try {
      return await (await storage.getDirectory()).getDirectoryHandle(this.#name, { create: true });
    } catch (error) {
      throw new Error(
        `The browser does not let this page store files (${messageOf(error)}); private windows and blocked site data do that.`,
      );
    }
  }
}

const library = new OpfsStore('datasets');

/** Names of all datasets' folders. */
export function libraryKeys(): Promise<string[]> {
  return library.keys();
}

/** The folder of a dataset, created if it does not exist. */
export function openDatasetFolder(key: string): Promise<DatasetFolder> {
  return library.open(key);
}

/** The folder of a dataset, or null if there is none. */
export function findFolder(key: string): Promise<DatasetFolder | null> {
  return library.find(key);
}

/** Removes a dataset, complete or not. */
export function removeFolder(key: string): Promise<void> {
  return library.remove(key);
}

export async function storageEstimate(): Promise<{ usage: number; quota: number }> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { usage, quota };
}

/**
 * Files whose access handle is requested. Chromium never settles the promise if the file's own handle is garbage
 * collected meanwhile, which a suspended async function does not prevent: conversions used to hang.
 */
const pendingHandles = new Set<FileSystemFileHandle>();

async function accessHandle(entry: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  pendingHandles.add(entry);
  try {
    return await entry.createSyncAccessHandle();
  } finally {
    pendingHandles.delete(entry);
  }
}

class OpfsFolder implements DatasetFolder {
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const file = await this.#file(path);
    return file && new Uint8Array(await file.arrayBuffer());
  }

  async size(path: string): Promise<number | null> {
    return (await this.#file(path))?.size ?? null;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    try {
      const folder = await this.#folderOf(path, true);
      const handle = await accessHandle(await folder.getFileHandle(nameOf(path), { create: true }));
      try {
        handle.truncate(0);
        for (let at = 0; at < bytes.length;) {
          const written = handle.write(bytes.subarray(at) as Uint8Array<ArrayBuffer>, { at });
          if (written <= 0) throw new DOMException('nothing was written', 'QuotaExceededError');
          at += written;
        }
        handle.flush();
      } finally {
        handle.close();
      }
    } catch (error) {
      if (!isNamed(error, 'QuotaExceededError')) throw error;
      await this.drop(path).catch(() => undefined);
      throw await storageFull(bytes.length);
    }
  }

  async drop(path: string): Promise<void> {
    try {
      await (await this.#folderOf(path, false)).removeEntry(nameOf(path));
    } catch (error) {
      if (!isNamed(error, 'NotFoundError')) throw error;
    }
  }

  async #file(path: string): Promise<File | null> {
    try {
      return await (await (await this.#folderOf(path, false)).getFileHandle(nameOf(path))).getFile();
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return null;
      throw error;
    }
  }

  async #folderOf(path: string, create: boolean): Promise<FileSystemDirectoryHandle> {
    let folder = this.#root;
    for (const part of path.split('/').slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create });
    return folder;
  }
}

/** The error for bytes that do not fit. */
export async function storageFull(bytes: number): Promise<StorageFull> {
  const { usage, quota } = await storageEstimate().catch(() => ({ usage: 0, quota: 0 }));
  const mb = (value: number) => `${(value / 1e6).toFixed(1)} MB`;
  return new StorageFull(
    `The browser's storage for this page is full: ${mb(bytes)} more do not fit. By its count ${mb(usage)} of ${mb(quota)} are used. ` +
      'Nothing that was stored is lost; remove a dataset, or free space on the disk, and try again.',
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
