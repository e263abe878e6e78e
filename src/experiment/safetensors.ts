/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes, the header's length N as a little-endian
 * integer; N bytes of JSON, tensor name → {dtype, shape, data_offsets [begin, end) within the data}, and
 * `__metadata__`, text by text; then the data, little-endian, row-major, without holes or overlaps.
 *
 * A damaged file throws an `Error` that names what is wrong, where, and what would be valid. Nothing is guessed.
 * Values are copied in the machine's own byte order, which is little-endian wherever WebGPU or WebAssembly runs.
 */
import { isRecord } from './unknown-values.ts';
import { fromFloat16, toFloat16 } from '../math/float16.ts';

type SafetensorsDtype = 'F32' | 'F16' | 'I32';

/** A tensor to be written. */
export interface SafetensorsInput {
  /** By default F32 for a `Float32Array`, I32 for an `Int32Array`. F16 is written from a `Float32Array`. */
  readonly dtype?: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A tensor as read: floats of any width as float32, integers as int32. */
export type SafetensorsTensor =
  | { dtype: 'F32' | 'F16' | 'BF16' | 'F64'; shape: number[]; data: Float32Array }
  | { dtype: 'I32' | 'I64'; shape: number[]; data: Int32Array };

interface SafetensorsFile {
  /** In the header's order. */
  tensors: Record<string, SafetensorsTensor>;
  metadata: Record<string, string>;
}

const HEAD_BYTES = 8;
/** The format's own bound on the header. */
const MAX_HEADER_BYTES = 100_000_000;
const BYTES = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2 } as const;
type ReadableDtype = keyof typeof BYTES;

/**
 * A file with these tensors. Those of 4 bytes come before those of 2, so that every tensor is aligned; the header is
 * padded with spaces to a multiple of 8 bytes.
 *
 * @param options.half write floats in 16 bits unless a tensor names its dtype: half the size, three decimal digits.
 * @throws Error that names the tensor if its data do not fit its shape or dtype.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsInput>>,
  metadata: Readonly<Record<string, string>> = {},
  options: { readonly half?: boolean } = {},
): Uint8Array {
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    if (name === '__metadata__') throw new Error('A tensor cannot be named "__metadata__".');
    const kind = dtype ?? (data instanceof Int32Array ? 'I32' : options.half ? 'F16' : 'F32');
    if ((kind === 'I32') !== data instanceof Int32Array) {
      const right = kind === 'I32' ? 'an Int32Array' : 'a Float32Array';
      throw new Error(`Tensor "${name}": ${kind} is written from ${right}.`);
    }
    const size = sizeOf(shape);
    if (size === null) throw new Error(`Tensor "${name}": [${shape.join(', ')}] is no shape.`);
    if (size !== data.length) {
      throw new Error(
        `Tensor "${name}": shape [${shape.join(', ')}] has ${size} elements; the data have ${data.length}.`,
      );
    }
    return { name, kind, shape, bytes: kind === 'F16' ? halfBytes(data as Float32Array) : bytesOf(data) };
  });
  entries.sort((a, b) => BYTES[b.kind] - BYTES[a.kind]);

  const described: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) described.push(['__metadata__', metadata]);
  let end = 0;
  for (const { name, kind, shape, bytes } of entries) {
    described.push([name, { dtype: kind, shape, data_offsets: [end, end + bytes.length] }]);
    end += bytes.length;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(described)));
  const headerBytes = Math.ceil(header.length / 8) * 8;

  const file = new Uint8Array(HEAD_BYTES + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, HEAD_BYTES, HEAD_BYTES + headerBytes);
  file.set(header, HEAD_BYTES);
  let at = HEAD_BYTES + headerBytes;
  for (const { bytes } of entries) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * Reads a file. F16, BF16 and F64 become float32, I64 becomes int32; other dtypes are refused by name.
 *
 * @throws Error that says what was found, where, and what would be valid.
 */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(file);
  const data = file.subarray(dataStart);
  const metadata = readMetadata(header['__metadata__']);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => readEntry(name, entry, data.length));
  checkCoverage(entries, data.length);
  const tensors = entries.map((entry): [string, SafetensorsTensor] => [entry.name, readTensor(entry, data)]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

interface Entry {
  name: string;
  dtype: ReadableDtype;
  shape: number[];
  begin: number;
  end: number;
}

function fail(what: string): never {
  throw new Error(`Not a sound safetensors file: ${what}.`);
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (file.length < HEAD_BYTES) {
    fail(`it has ${file.length} bytes; the header's length alone takes the first ${HEAD_BYTES}`);
  }
  const length = new DataView(file.buffer, file.byteOffset, file.byteLength).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    fail(`bytes 0 to 7 announce a header of ${length.toString()} bytes; ${MAX_HEADER_BYTES} is the most`);
  }
  const dataStart = HEAD_BYTES + Number(length);
  if (dataStart > file.length) {
    fail(
      `bytes 0 to 7 announce a header of ${length.toString()} bytes; ${file.length - HEAD_BYTES} follow them (is the file cut?)`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(HEAD_BYTES, dataStart));
  } catch {
    fail(`the header, bytes ${HEAD_BYTES} to ${dataStart - 1}, is not UTF-8 text`);
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    fail(`the header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isRecord(header)) fail('the header is not a JSON object of tensors by name');
  return { header, dataStart };
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) fail('"__metadata__" is not a JSON object of texts');
  return Object.fromEntries(
    Object.entries(value).map(([key, text]): [string, string] => {
      if (typeof text !== 'string')
        fail(`"__metadata__" holds ${shown(text)} under "${key}"; only texts may stand there`);
      return [key, text];
    }),
  );
}

function readEntry(name: string, value: unknown, dataBytes: number): Entry {
  const at = `tensor "${name}"`;
  if (!isRecord(value)) fail(`${at} is ${shown(value)}, not an object with dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype)) {
    fail(`${at} has dtype ${shown(dtype)}; read are ${Object.keys(BYTES).join(', ')}`);
  }
  const kind = dtype as ReadableDtype;
  const size = Array.isArray(shape) ? sizeOf(shape) : null;
  if (size === null) fail(`${at} has shape ${shown(shape)}, not a list of whole numbers from 0 on`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    fail(`${at} has data_offsets ${shown(offsets)}, not two whole numbers from 0 on`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) fail(`${at} ends at byte ${end} of the data, before its begin at ${begin}`);
  if (end > dataBytes) {
    fail(`${at} ends at byte ${end} of the data, of which there are ${dataBytes} (is the file cut?)`);
  }
  const list = shape as number[];
  if (end - begin !== size * BYTES[kind]) {
    fail(
      `${at} has shape [${list.join(', ')}] of ${kind}, ${size * BYTES[kind]} bytes, but its data_offsets hold ${end - begin}`,
    );
  }
  return { name, dtype: kind, shape: list, begin, end };
}

/** The tensors cover the data from end to end, each byte once. */
function checkCoverage(entries: readonly Entry[], dataBytes: number): void {
  let covered = 0;
  let last = 'the begin of the data';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered)
      fail(`tensor "${name}" begins at byte ${begin} of the data, inside of ${last}, up to ${covered}`);
    if (begin > covered)
      fail(`bytes ${covered} to ${begin - 1} of the data, before tensor "${name}", belong to no tensor`);
    covered = end;
    last = `tensor "${name}"`;
  }
  if (covered < dataBytes) fail(`${dataBytes - covered} bytes after ${last} belong to no tensor`);
}

function readTensor({ name, dtype, shape, begin, end }: Entry, data: Uint8Array): SafetensorsTensor {
  // A copy starts at offset 0, so that it is aligned for any type. Not `slice`: that of Node's `Buffer` copies nothing.
  const { buffer } = new Uint8Array(data.subarray(begin, end));
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'F64':
      return { dtype, shape, data: Float32Array.from(new Float64Array(buffer)) };
    case 'F16':
      return { dtype, shape, data: Float32Array.from(new Uint16Array(buffer), fromFloat16) };
    case 'BF16': {
      const words = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
      return { dtype, shape, data: new Float32Array(words.buffer) };
    }
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'I64': {
      const long = new BigInt64Array(buffer);
      const index = long.findIndex((value) => BigInt.asIntN(32, value) !== value);
      if (index >= 0) fail(`tensor "${name}" holds ${String(long[index])} at ${index}, which does not fit 32 bits`);
      return { dtype, shape, data: Int32Array.from(long, Number) };
    }
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Number of elements; null if it is no shape. */
function sizeOf(shape: readonly unknown[]): number | null {
  let size = 1;
  for (const length of shape) {
    if (!isCount(length)) return null;
    size *= length;
  }
  return Number.isSafeInteger(size * 8) ? size : null;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function bytesOf(data: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function halfBytes(data: Float32Array): Uint8Array {
  return new Uint8Array(Uint16Array.from(data, toFloat16).buffer);
}
