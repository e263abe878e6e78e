import { describe, expect, it } from 'vitest';
import { multiplyHigh, philox4x32 } from './philox.ts';

type Words = readonly [number, number, number, number];

/** Known answers of Random123's kat_vectors for philox4x32-10. */
const KNOWN: readonly { name: string; counter: Words; key: readonly [number, number]; answer: Words }[] = [
  {
    name: 'zeros',
    counter: [0, 0, 0, 0],
    key: [0, 0],
    answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    name: 'ones',
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    name: 'the digits of π',
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

describe('philox4x32', () => {
  it.each(KNOWN)('philox4x32 gives the published answer for $name', ({ counter, key, answer }) => {
    const out = new Uint32Array(4);
    philox4x32(...counter, ...key, out);
    expect([...out]).toEqual([...answer]);
  });

  it('philox4x32 writes four words from the offset on', () => {
    const out = new Uint32Array(9).fill(7);
    philox4x32(0, 0, 0, 0, 0, 0, out, 3);
    expect([...out]).toEqual([7, 7, 7, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, 7, 7]);
  });
});

describe('multiplyHigh', () => {
  it('multiplyHigh agrees with exact integers', () => {
    const out = new Uint32Array(4);
    const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
    const pairs: [number, number][] = edges.flatMap((a) => edges.map((b): [number, number] => [a, b]));
    for (let i = 0; i < 500; i++) {
      philox4x32(i, 0, 0, 0, 1, 2, out);
      pairs.push([out[0]!, out[1]!], [out[2]!, out[3]!]);
    }
    for (const [a, b] of pairs) expect(multiplyHigh(a, b)).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
  });
});
