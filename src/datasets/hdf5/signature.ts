/** Detects files that are empty, not HDF5, or truncated, with plainer messages than HDF5's. */

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const HEAD_BYTES = 48;

/** A file whose bytes can be read at any offset. */
interface HeadSource {
  /** For error messages. */
  name: string;
  size: number;
  /** At most `length` bytes from `at`; fewer at the end of the file. */
  read: (at: number, length: number) => Promise<Uint8Array>;
}

/** @throws Error if the file is not HDF5, or is shorter than its superblock says. */
export async function assertHdf5({ name, size, read }: HeadSource): Promise<void> {
  if (size === 0) throw new Error(`${name} is empty (0 bytes); an HDF5 file was expected.`);
  for (let at = 0; at < size; at = at === 0 ? 512 : at * 2) {
    const head = await read(at, HEAD_BYTES);
    if (!SIGNATURE.every((byte, i) => head[i] === byte)) continue;
    const end = endOfFile(head);
    if (end !== null && end > size) {
      throw new Error(`${name} is cut: it has ${size} bytes and says that it should have ${end}.`);
    }
    return;
  }
  throw new Error(`${name} is not an HDF5 file: it does not have HDF5's signature (89 48 44 46 0d 0a 1a 0a).`);
}

/** The end of the file according to its superblock, or null for an unknown version. */
function endOfFile(superblock: Uint8Array): number | null {
  const version = superblock[8] ?? 0;
  const offsetBytes = superblock[version < 2 ? 13 : 9];
  if (superblock.length < HEAD_BYTES || offsetBytes !== 8 || version > 3 || version === 1) return null;
  const { buffer, byteOffset, byteLength } = superblock;
  return Number(new DataView(buffer, byteOffset, byteLength).getBigUint64(version === 0 ? 40 : 28, true));
}
