import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../math/streams.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const FLOATS = new Float32Array([1.5, -2, 0, 3.25, 1e-3, -7]);

function sample(): Uint8Array {
  return encodeSafetensors(
    {
      'half.bias': { dtype: 'F16', shape: [3], data: new Float32Array([1, -0.5, 65504]) },
      'actor.weight': { dtype: 'F32', shape: [2, 3], data: FLOATS },
      steps: { dtype: 'I32', shape: [], data: new Int32Array([-7]) },
      empty: { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) },
    },
    { method: 'diffusion-ql', note: 'η = 2.5 "quoted"' },
  );
}

/** A file of this header (text, or an object to be written as JSON) and so many bytes of data. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function headerOf(bytes: Uint8Array): Record<string, { data_offsets: [number, number] }> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as never;
}

describe('encodeSafetensors', () => {
  it('encoded tensors are decoded unchanged', () => {
    const { tensors, metadata } = decodeSafetensors(sample());
    expect(tensors['actor.weight']).toEqual({ dtype: 'F32', shape: [2, 3], data: FLOATS });
    expect(tensors['half.bias']).toEqual({ dtype: 'F16', shape: [3], data: new Float32Array([1, -0.5, 65504]) });
    expect(tensors['steps']).toEqual({ dtype: 'I32', shape: [], data: new Int32Array([-7]) });
    expect(tensors['empty']).toEqual({ dtype: 'F32', shape: [0, 4], data: new Float32Array(0) });
    expect(metadata).toEqual({ method: 'diffusion-ql', note: 'η = 2.5 "quoted"' });
  });

  it('a file is decoded from a Buffer of Node at any offset', () => {
    const bytes = sample();
    const pool = Buffer.alloc(bytes.length + 3);
    for (const offset of [0, 1, 3]) {
      const buffer = pool.subarray(offset, offset + bytes.length);
      buffer.set(bytes);
      expect(decodeSafetensors(buffer)).toEqual(decodeSafetensors(bytes));
    }
  });

  it('the encoder aligns the header to 8 bytes and every tensor to its type', () => {
    const bytes = sample();
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    const header = headerOf(bytes);
    expect(header['actor.weight']!.data_offsets[0] % 4).toBe(0);
    expect(header['steps']!.data_offsets[0] % 4).toBe(0);
  });

  it('the encoder takes the dtype from the data, and writes halves on demand', () => {
    const tensors = { w: { shape: [6], data: FLOATS }, n: { shape: [1], data: new Int32Array([3]) } };
    expect(Object.values(decodeSafetensors(encodeSafetensors(tensors)).tensors).map(({ dtype }) => dtype)).toEqual([
      'F32',
      'I32',
    ]);
    const half = decodeSafetensors(encodeSafetensors(tensors, {}, { half: true })).tensors;
    expect(half['w']!.dtype).toBe('F16');
    expect(half['n']!.dtype).toBe('I32');
    half['w']!.data.forEach((value, i) => expect(value).toBeCloseTo(FLOATS[i]!, 6));
  });

  it('writes a view of a larger buffer, and a file that starts anywhere can be read', () => {
    const view = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const bytes = encodeSafetensors({ w: { shape: [2], data: view } });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeSafetensors(shifted.subarray(3)).tensors['w']!.data).toEqual(new Float32Array([1, 2]));
  });

  it('a file may have no tensors, or names like __proto__', () => {
    expect(decodeSafetensors(encodeSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
    const odd = Object.fromEntries([['__proto__', { shape: [1], data: new Float32Array([4]) }]]);
    const read = decodeSafetensors(encodeSafetensors(odd)).tensors;
    expect(Object.entries(read)[0]?.[1].data).toEqual(new Float32Array([4]));
  });

  it('the encoder names a tensor whose data do not fit', () => {
    expect(() => encodeSafetensors({ w: { shape: [2, 2], data: FLOATS } })).toThrow(
      'Tensor "w": shape [2, 2] has 4 elements; the data have 6.',
    );
    expect(() => encodeSafetensors({ w: { dtype: 'I32', shape: [6], data: FLOATS } })).toThrow(/an Int32Array/);
    expect(() => encodeSafetensors({ w: { shape: [-6], data: FLOATS } })).toThrow(/\[-6\] is no shape/);
    expect(() => encodeSafetensors({ __metadata__: { shape: [6], data: FLOATS } })).toThrow(/__metadata__/);
  });
});

describe('16-bit floats', () => {
  const through = (value: number) =>
    decodeSafetensors(encodeSafetensors({ h: { dtype: 'F16', shape: [1], data: new Float32Array([value]) } })).tensors[
      'h'
    ]!.data[0]!;

  it('16-bit floats round to the nearest, ties to even', () => {
    expect(through(1 + 2 ** -11)).toBe(1);
    expect(through(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(through(1 + 2 ** -11 + 2 ** -20)).toBe(1 + 2 ** -10);
    expect(through(2047.9999)).toBe(2048);
    expect(through(-0.1)).toBeCloseTo(-0.1, 4);
  });

  it('16-bit floats reach from 2⁻²⁴ to 65,504, and infinity beyond', () => {
    expect(through(65504)).toBe(65504);
    expect(through(65519.99)).toBe(65504);
    expect(through(65520)).toBe(Infinity);
    expect(through(-1e30)).toBe(-Infinity);
    expect(through(2 ** -24)).toBe(2 ** -24);
    expect(through(2 ** -25)).toBe(0);
    expect(through(2 ** -25 * 1.001)).toBe(2 ** -24);
    expect(through(2 ** -14 - 2 ** -25)).toBe(2 ** -14);
    expect(through(2 ** -14)).toBe(2 ** -14);
    expect(through(NaN)).toBeNaN();
    expect(Object.is(through(-0), -0)).toBe(true);
  });

  it('all 16-bit floats but NaN are restored bit for bit', () => {
    const halves = new Uint16Array(65536).map((_, i) => i).filter((half) => (half & 0x7fff) <= 0x7c00);
    const bytes = file(
      { h: { dtype: 'F16', shape: [halves.length], data_offsets: [0, 2 * halves.length] } },
      2 * halves.length,
    );
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 2 * halves.length);
    const read = decodeSafetensors(bytes).tensors['h']!.data as Float32Array;
    const again = encodeSafetensors({ h: { dtype: 'F16', shape: [halves.length], data: read } });
    expect(new Uint16Array(again.slice(-2 * halves.length).buffer)).toEqual(halves);
  });
});

describe('decodeSafetensors', () => {
  it('the decoder reads wider and narrower types', () => {
    const bytes = file(
      {
        d: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
        l: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
        b: { dtype: 'BF16', shape: [1], data_offsets: [16, 18] },
      },
      18,
    );
    const view = new DataView(bytes.buffer, bytes.length - 18);
    view.setFloat64(0, 0.1, true);
    view.setBigInt64(8, -5n, true);
    view.setUint16(16, 0xc049, true);
    const { tensors } = decodeSafetensors(bytes);
    expect(tensors['d']!.data[0]).toBe(Math.fround(0.1));
    expect(tensors['l']!.data).toEqual(new Int32Array([-5]));
    expect(tensors['b']!.data[0]).toBe(-3.140625);
    view.setBigInt64(8, 2n ** 31n, true);
    expect(() => decodeSafetensors(bytes)).toThrow('tensor "l" holds 2147483648 at 0, which does not fit 32 bits');
  });

  const w = (offsets: unknown, shape: unknown = [2], dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: offsets,
  });

  it.each<[what: string, bytes: Uint8Array, message: string]>([
    ['an empty file', new Uint8Array(0), 'it has 0 bytes'],
    ['a text', new TextEncoder().encode('<!doctype html>'), 'announce a header of'],
    ['a header beyond the file', file('{}', 0).slice(0, 9), 'announce a header of 2 bytes; 1 follow them'],
    ['a header that is not JSON', file('{"w": ', 0), 'the header is not JSON'],
    ['a header that is not text', file('{"\u00e9"}', 0).map((byte) => (byte === 0xc3 ? 0xff : byte)), 'not UTF-8'],
    ['a header that is a list', file([], 0), 'not a JSON object'],
    ['metadata with a number', file({ __metadata__: { step: 3 } }, 0), '"__metadata__" holds 3 under "step"'],
    ['metadata that are a text', file({ __metadata__: 'x' }, 0), '"__metadata__" is not a JSON object'],
    ['a tensor that is null', file({ w: null }, 0), 'tensor "w" is null'],
    ['an unknown dtype', file({ w: w([0, 2], [2], 'F8_E4M3') }, 2), 'dtype "F8_E4M3"; read are F64, I64, F32'],
    ['no dtype', file({ w: { shape: [2], data_offsets: [0, 8] } }, 8), 'dtype nothing'],
    ['a shape with a fraction', file({ w: w([0, 8], [1.5]) }, 8), 'has shape [1.5]'],
    ['a shape below 0', file({ w: w([0, 8], [-1]) }, 8), 'has shape [-1]'],
    [
      'a shape without bounds',
      file({ w: w([0, 8], [2 ** 40, 2 ** 40]) }, 8),
      'has shape [1099511627776,1099511627776]',
    ],
    ['one offset', file({ w: w([8]) }, 8), 'has data_offsets [8]'],
    ['offsets the wrong way round', file({ w: w([8, 0]) }, 8), 'ends at byte 0 of the data, before its begin at 8'],
    ['data that are cut', file({ w: w([0, 8]) }, 7), 'tensor "w" ends at byte 8 of the data, of which there are 7'],
    [
      'a shape of another size',
      file({ w: w([0, 8], [3]) }, 8),
      'shape [3] of F32, 12 bytes, but its data_offsets hold 8',
    ],
    [
      'tensors that overlap',
      file({ v: w([4, 12]), w: w([0, 8]) }, 12),
      'tensor "v" begins at byte 4 of the data, inside of tensor "w", up to 8',
    ],
    ['a hole', file({ w: w([4, 12]) }, 12), 'bytes 0 to 3 of the data, before tensor "w", belong to no tensor'],
    ['bytes left over', file({ w: w([0, 8]) }, 9), '1 bytes after tensor "w" belong to no tensor'],
  ])('the decoder says what is wrong with %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it('the decoder refuses every truncation of a file', () => {
    const bytes = sample();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.slice(0, length)), `${length} bytes`).toThrow(
        /^Not a sound safetensors file/,
      );
    }
  });

  it('the decoder reads or refuses files with changed bytes', () => {
    const bytes = sample();
    const picks = new Int32Array(2);
    const stream = new RandomStream(0, 'fuzz');
    for (let i = 0; i < 2000; i++) {
      const changed = bytes.slice();
      stream.fillIntegers(picks, 1 << 16, i);
      changed[picks[0]! % changed.length] = picks[1]! & 0xff;
      try {
        decodeSafetensors(changed);
      } catch (error) {
        expect(String(error)).toMatch(/Not a sound safetensors file/);
      }
    }
  });

  const golden = fileURLToPath(new URL('../../../shared/golden/', import.meta.url));
  const cases = existsSync(golden) ? readdirSync(golden).filter((name) => name.endsWith('.safetensors')) : [];

  it.skipIf(cases.length === 0)('reads the recorded parity cases (skipped without ../shared/golden)', () => {
    for (const name of cases) {
      const { tensors, metadata } = decodeSafetensors(new Uint8Array(readFileSync(`${golden}${name}`)));
      const config = JSON.parse(metadata['config']!) as { S: number; H: number; T: number; batch_size: number };
      expect(tensors['step0.state']!.shape).toEqual([config.batch_size, config.S]);
      expect(tensors['initial.actor.mid_layer.2.weight']!.shape).toEqual([config.H, config.H]);
      const times = tensors['step0.t']!.data;
      expect(times.every((t) => Number.isInteger(t) && t >= 0 && t < config.T)).toBe(true);
      for (const { data, shape } of Object.values(tensors)) {
        expect(data.length).toBe(shape.reduce((size, length) => size * length, 1));
        expect(data.every(Number.isFinite)).toBe(true);
      }
    }
  });
});
