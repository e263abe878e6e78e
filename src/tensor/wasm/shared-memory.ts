/**
 * Makes the memory of a WebAssembly binary shared. tfjs' wasm module defines a memory that no second thread can see (its
 * threaded build starts its own workers, and not in Node). In the binary, this is one bit.
 */

const IMPORT_SECTION = 2;
const MEMORY_SECTION = 5;
const MEMORY_IMPORT = 2;
/** Flags of a memory's limits. */
const HAS_MAXIMUM = 1;
const SHARED = 2;

/** Whether threads can share memory: in Node, and on a page that is isolated from other origins. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (globalThis.crossOriginIsolated as boolean | undefined) !== false;
}

/**
 * A copy of the binary whose memory, defined or imported first, is shared.
 * @throws Error if there is no memory, or if it has no maximum, which a shared memory requires.
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(binary);
  // After the magic number and the version.
  let position = 8;

  /** LEB128 */
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const name = () => {
    const length = number();
    position += length;
  };

  while (position < bytes.length) {
    const section = bytes[position++];
    const length = number();
    const end = position + length;
    let found = section === MEMORY_SECTION && number() > 0;
    if (section === IMPORT_SECTION && number() > 0) {
      name();
      name();
      found = bytes[position++] === MEMORY_IMPORT;
    }
    if (found) {
      if (((bytes[position] as number) & HAS_MAXIMUM) === 0) throw new Error('The memory has no maximum.');
      bytes[position]! |= SHARED;
      return bytes;
    }
    position = end;
  }
  throw new Error('The binary has no memory.');
}
