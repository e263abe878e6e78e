/**
 * Encoding of chunks: byte shuffle (numcodecs' `shuffle`), then zlib. Also SHA-256. It uses only what browsers, workers
 * and Node have.
 */

/** Reorders elements of `size` bytes: all first bytes, then all second bytes, and so on. */
export function shuffle(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const elements = bytes.length / size;
  for (let byte = 0, to = 0; byte < size; byte++) {
    for (let i = 0, from = byte; i < elements; i++, from += size) out[to++] = bytes[from]!;
  }
  return out;
}

/** Undoes `shuffle`. */
export function unshuffle(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const elements = bytes.length / size;
  for (let byte = 0, from = 0; byte < size; byte++) {
    for (let i = 0, to = byte; i < elements; i++, to += size) out[to] = bytes[from++]!;
  }
  return out;
}

/** zlib at `CompressionStream`'s level. */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of through(new CompressionStream('deflate'), bytes)) {
    parts.push(part);
    length += part.length;
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Undoes `deflate` for data of `length` bytes. It stops at more, so that a malicious chunk cannot fill the memory.
 *
 * @throws Error that says what is wrong with the data.
 */
export async function inflate(bytes: Uint8Array<ArrayBuffer>, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(length);
  let at = 0;
  for await (const part of through(new DecompressionStream('deflate'), bytes)) {
    if (at + part.length > length) throw new Error(`it unpacks to more than the ${length} bytes that it should have`);
    out.set(part, at);
    at += part.length;
  }
  if (at < length) throw new Error(`it unpacks to ${at} bytes, not the ${length} that it should have`);
  return out;
}

/** The output of a stream for these bytes. Leaving the iteration cancels the stream. */
async function* through(
  { readable, writable }: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array> {
  const writer = writable.getWriter();
  // A failure is thrown where the stream is read.
  writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new Error(`not sound zlib data (${error instanceof Error ? error.message : String(error)})`);
      });
      if (done) return;
      yield value as Uint8Array;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** In lower-case hexadecimal digits. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
