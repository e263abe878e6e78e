import { describe, expect, it } from 'vitest';
import { methodOfWeights } from './weights-header.ts';

function file(header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('methodOfWeights', () => {
  it('reads the method that the file names', () => {
    expect(methodOfWeights(file('{"__metadata__":{"method":"bcq"}}'))).toBe('bcq');
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a header longer than the file', file('{}').subarray(0, 9)],
    ['no JSON', file('weights')],
    ['no metadata', file('{}')],
    ['an unknown method', file('{"__metadata__":{"method":"sarsa"}}')],
    ['a huge length', new Uint8Array(64).fill(255)],
  ])('finds none in %s', (_name, bytes) => {
    expect(methodOfWeights(bytes)).toBeNull();
  });
});
