import { describe, expect, it } from 'vitest';
import { scheduleDispatches, mergedPart } from './dispatch-scheduler.ts';
import type { BoundBuffer, MergePart } from './merge-shaders.ts';
import { stackedPart } from './stacked-shader.ts';
import { accessOf, type StepDispatch } from './step-graph.ts';
import { eachElement } from './threads.ts';

const buffers = new Map<string, GPUBuffer>();

/** A stand-in for a buffer: only its identity matters. */
function buffer(name: string): GPUBuffer {
  const known = buffers.get(name) ?? ({ label: name, size: 16 } as GPUBuffer);
  buffers.set(name, known);
  return known;
}

interface Named extends StepDispatch {
  name: string;
}

function dispatch(
  name: string,
  kernel: string,
  reads: string[],
  writes: string[],
  options: Partial<{
    small: boolean;
    memory: string;
    count: number;
    perInvocation: boolean;
    rowTile: string;
    byteRange: string;
    depth: number;
  }> = {},
): Named {
  const { small = true, memory = '', count = 512, perInvocation = false, depth = 1, rowTile, byteRange } = options;
  const bound = (of: string[], access: BoundBuffer['access']) =>
    of.map((each, i): BoundBuffer => ({
      ...{ name: `${access}${i}`, buffer: buffer(each), type: 'f32', access, perInvocation },
      ...(rowTile !== undefined && { rowTile }),
      ...(byteRange !== undefined && access === 'write' && { byteRange }),
    }));
  const bindings = [...bound(reads, 'read'), ...bound(writes, 'write')];
  const work = eachElement(count, () => `${reads.length > 0 ? 'write0[i] = read0[i]' : 'write0[i] = 1.0'};`);
  const wgsl = () =>
    `${memory} ${small ? work.wgsl() : work.wgsl().replace('@workgroup_size(256)', '@workgroup_size(64)')}`;
  const part: MergePart = { name: kernel, key: kernel, bindings, ...work, depth, wgsl };
  return { name, part, ...accessOf(bindings) };
}

const LIMITS = { buffers: 8, workgroups: 65535, memory: 16384, aggressiveFusion: true };

/** The names of fused dispatches; of those in sequence, with an arrow. */
function scheduled(dispatches: readonly Named[], liveOut: string[], limits = LIMITS): string[][] {
  const isLiveOut = (each: GPUBuffer) => liveOut.some((name) => buffer(name) === each);
  const named = (sequence: readonly Named[]) => sequence.map(({ name }) => name).join(' → ');
  return scheduleDispatches(dispatches, isLiveOut, limits).map((sequences) => sequences.map(named));
}

describe('scheduleDispatches', () => {
  it('independent elementwise dispatches are fused, and one kernel for two heads', () => {
    const dispatches = [
      dispatch('draw', 'draw', [], ['noise']),
      dispatch('gather', 'gather', ['data'], ['batch']),
      dispatch('head 1', 'mlp', ['batch', 'w1'], ['q1'], { small: false }),
      dispatch('head 2', 'mlp', ['batch', 'w2'], ['q2'], { small: false }),
      dispatch('least', 'least', ['q1', 'q2', 'noise'], ['target']),
    ];
    expect(scheduled(dispatches, ['target'])).toEqual([['gather', 'draw'], ['head 1', 'head 2'], ['least']]);
    const smallOnly = scheduled(dispatches, ['target'], { ...LIMITS, aggressiveFusion: false });
    expect(smallOnly).toEqual([['draw', 'gather'], ['head 1'], ['head 2'], ['least']]);
  });

  it('on a CPU, dispatches with barriers are not fused with those without, which would be many times as slow', () => {
    const sum = 'fn sum() { workgroupBarrier(); }';
    const dispatches = [
      dispatch('average', 'lerp', ['a'], ['x']),
      dispatch('norm', 'norm', ['a'], ['y'], { memory: sum }),
      dispatch('add', 'add', ['a'], ['z']),
      dispatch('mean', 'mean', ['a'], ['w'], { memory: sum }),
    ];
    const liveOut = ['x', 'y', 'z', 'w'];
    expect(scheduled(dispatches, liveOut)).toEqual([['average', 'norm', 'add', 'mean']]);
    expect(scheduled(dispatches, liveOut, { ...LIMITS, aggressiveFusion: false })).toEqual([
      ['average', 'add'],
      ['norm', 'mean'],
    ]);
  });

  it('a dispatch stays behind its dependencies: reads after writes, writes after reads, writes after writes', () => {
    const dispatches = [
      dispatch('a', 'a', ['in'], ['x']),
      dispatch('b', 'b', ['x'], ['y']),
      dispatch('c', 'c', ['z'], ['x']),
      dispatch('d', 'd', [], ['x']),
    ];
    expect(scheduled(dispatches, ['x', 'y'])).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it('dispatches whose results nobody reads are eliminated', () => {
    const dispatches = [
      dispatch('a', 'a', ['in'], ['x']),
      dispatch('unread', 'b', ['x'], ['y']),
      dispatch('c', 'c', ['x'], ['weights']),
    ];
    expect(scheduled(dispatches, ['weights'])).toEqual([['a'], ['c']]);
  });

  it('a fused dispatch binds no more buffers, and has no more workgroups, than a device allows', () => {
    const dispatches = ['a', 'b', 'c'].map((name) => dispatch(name, name, [`${name} in`], [`${name} out`]));
    const liveOut = ['a out', 'b out', 'c out'];
    expect(scheduled(dispatches, liveOut)).toEqual([['a', 'b', 'c']]);
    expect(scheduled(dispatches, liveOut, { ...LIMITS, buffers: 4 })).toEqual([['a', 'b'], ['c']]);
    expect(scheduled(dispatches, liveOut, { ...LIMITS, workgroups: 4 })).toEqual([['a', 'b'], ['c']]);
  });

  it('a fused dispatch uses no more workgroup memory than there is; parts share variables of one type', () => {
    const withMemory = (name: string, memory: string) =>
      dispatch(name, name, [], [`${name} out`], { small: false, memory });
    const dispatches = [
      withMemory('a', 'var<workgroup> act : array<vec4<f32>, 512>;'),
      withMemory('b', 'var<workgroup> act : array<vec4<f32>, 513>;'),
      withMemory('c', 'var<workgroup> kept : array<vec4<f32>, 512>;'),
    ];
    expect(scheduled(dispatches, ['a out', 'b out', 'c out'])).toEqual([['a', 'c'], ['b']]);
  });

  it('dispatches run in sequence in the same threads if each depends only on the elements of its own thread', () => {
    const dispatches = [
      dispatch('parts', 'sum', ['partial'], ['gradient'], { perInvocation: true }),
      dispatch('adam', 'adam', ['gradient'], ['weights'], { perInvocation: true }),
      dispatch('average', 'lerp', ['weights'], ['slow'], { perInvocation: true, count: 300 }),
      dispatch('norm', 'norm', ['weights'], ['size']),
    ];
    expect(scheduled(dispatches, ['slow', 'size'])).toEqual([['parts → adam → average'], ['norm']]);
    const onCpu = scheduled(dispatches, ['slow', 'size'], { ...LIMITS, aggressiveFusion: false });
    expect(onCpu).toEqual([['parts → adam → average'], ['norm']]);
  });

  it('dispatches of one workgroup run in sequence, unless they depend on another workgroup as well', () => {
    const one = { count: 8 };
    const dispatches = [
      dispatch('least', 'least', ['q1', 'q2'], ['target'], one),
      dispatch('mean', 'mean', ['target'], ['metric'], one),
      dispatch('other', 'least', ['q3'], ['q4'], one),
      dispatch('both', 'add', ['target', 'q4'], ['sum'], one),
      dispatch('wide', 'add', ['sum'], ['far']),
    ];
    expect(scheduled(dispatches, ['metric', 'far'])).toEqual([['least → mean', 'other'], ['both'], ['wide']]);
    // On a CPU barriers are avoided.
    const onCpu = scheduled(dispatches, ['metric', 'far'], { ...LIMITS, aggressiveFusion: false });
    expect(onCpu).toEqual([['least', 'other'], ['mean', 'both'], ['wide']]);
  });

  it('a sequence that needs a barrier has one workgroup throughout', () => {
    const dispatches = [
      dispatch('a', 'a', ['in'], ['x'], { count: 8, perInvocation: true }),
      dispatch('b', 'b', ['x'], ['y'], { count: 8 }),
      dispatch('c', 'c', ['y'], ['z'], { perInvocation: true }),
    ];
    expect(scheduled(dispatches, ['z'])).toEqual([['a → b'], ['c']]);
  });

  it('dispatches of one row tile run in sequence in the same workgroups', () => {
    const rows = (rowTile: string, count = 512) => ({ rowTile, count, memory: 'fn sync() { workgroupBarrier(); }' });
    const dispatches = [
      dispatch('forward', 'forward', ['batch'], ['kept'], rows('8 of 16 rows')),
      dispatch('back', 'back', ['kept'], ['deltas'], rows('8 of 16 rows')),
      dispatch('otherwise', 'other', ['deltas'], ['x'], rows('4 of 16 rows', 1024)),
      dispatch('gradient', 'product', ['deltas'], ['gradient']),
    ];
    const liveOut = ['gradient', 'x'];
    expect(scheduled(dispatches, liveOut)).toEqual([['forward → back'], ['otherwise', 'gradient']]);
    const onCpu = scheduled(dispatches, liveOut, { ...LIMITS, aggressiveFusion: false });
    expect(onCpu.slice(0, 2)).toEqual([['forward'], ['back']]);
  });

  it('two heads run in parallel after the dispatch that both depend on, not in sequence with it', () => {
    const rows = { rowTile: '8 of 16 rows', memory: 'fn sync() { workgroupBarrier(); }' };
    const dispatches = [
      dispatch('chain', 'chain', ['noise'], ['action'], rows),
      dispatch('head 1', 'mlp', ['action', 'w1'], ['q1'], rows),
      dispatch('head 2', 'mlp', ['action', 'w2'], ['q2'], rows),
    ];
    expect(scheduled(dispatches, ['q1', 'q2'])).toEqual([['chain'], ['head 1', 'head 2']]);
  });

  it('writers of disjoint byte ranges are independent, and a reader depends on all of them', () => {
    const dispatches = [
      dispatch('a', 'report', ['x'], ['metrics'], { byteRange: '0' }),
      dispatch('b', 'report', ['y'], ['metrics'], { byteRange: '1' }),
      dispatch('again', 'report', ['z'], ['metrics'], { byteRange: '1' }),
      dispatch('read', 'read', ['metrics'], ['copy']),
      dispatch('next', 'report', ['x'], ['metrics'], { byteRange: '0' }),
    ];
    expect(scheduled(dispatches, ['copy', 'metrics'])).toEqual([['b', 'a'], ['again'], ['read'], ['next']]);
  });

  it('a deep dispatch that cannot be fused runs concurrently with others, before their dependents', () => {
    const rows = (rowTile: string) => ({ rowTile, memory: 'fn sync() { workgroupBarrier(); }', depth: 20 });
    const dispatches = [
      dispatch('chain 1', 'chain', ['a', 'b', 'c'], ['next'], rows('1')),
      dispatch('small', 'small', ['next'], ['target']),
      dispatch('critic', 'critic', ['target'], ['q'], { depth: 30 }),
      dispatch('chain 2', 'chain', ['d', 'e', 'f'], ['action'], rows('2')),
      dispatch('both', 'both', ['q', 'action'], ['loss']),
    ];
    const found = scheduled(dispatches, ['loss'], { ...LIMITS, buffers: 6 });
    expect(found).toEqual([['chain 1'], ['chain 2'], ['small'], ['critic'], ['both']]);
  });

  it('no buffer that is written is bound twice', () => {
    const dispatches = [
      dispatch('a', 'a', ['in'], ['x'], { count: 8 }),
      dispatch('b', 'b', ['x'], ['y'], { count: 8 }),
    ];
    const part = dispatches[1]?.part as MergePart;
    const asVectors = { ...part, bindings: part.bindings.map((each) => ({ ...each, type: 'vec4<f32>' as const })) };
    expect(scheduled([dispatches[0] as Named, { ...(dispatches[1] as Named), part: asVectors }], ['y'])).toEqual([
      ['a'],
      ['b'],
    ]);
  });

  it('dispatches of tfjs are not fused', () => {
    const theirs: Named = { name: 'tfjs', part: null, reads: [buffer('a')], writes: [buffer('b')] };
    const ours = dispatch('ours', 'ours', ['a'], ['c']);
    expect(scheduled([theirs, theirs, ours], ['b', 'c'])).toEqual([['tfjs'], ['tfjs'], ['ours']]);
  });
});

describe('mergedPart', () => {
  const merged = mergedPart([[dispatch('a', 'a', ['in'], ['x'])], [dispatch('b', 'b', ['in'], ['y'])]]);

  it('a fused shader binds a buffer that both parts read once, and gives each part its workgroups', () => {
    expect(merged.bindings.map(({ buffer: { label } }) => label)).toEqual(['in', 'x', 'y']);
    expect(merged.workgroups).toEqual([4, 1]);
    expect(merged.wgsl()).toContain('bound1[i] = bound0[i];');
    expect(merged.wgsl()).toContain('bound2[i] = bound0[i];');
    expect(merged.wgsl()).toContain('if (group.x < 2u) { part0(');
  });

  it('the fused shader of a sequence binds a shared buffer once, writable, with a barrier only if needed', () => {
    const sequence = (options: { count?: number; perInvocation?: boolean }) =>
      mergedPart([[dispatch('a', 'a', ['in'], ['x'], options), dispatch('b', 'b', ['x'], ['y'], options)]]);
    const [one, perThread] = [sequence({ count: 8 }), sequence({ perInvocation: true })];
    for (const part of [one, perThread]) {
      const bound = part.bindings.map(({ buffer: { label }, access }) => `${label} ${access}`);
      expect(bound).toEqual(['in read', 'x write', 'y write']);
    }
    expect(one.workgroups).toEqual([1, 1]);
    expect(one.wgsl()).toMatch(/part0\([^;]*;storageBarrier\(\); workgroupBarrier\(\);part1/);
    expect(perThread.workgroups).toEqual([2, 1]);
    expect(perThread.wgsl()).not.toContain('Barrier');
  });

  it('a stacked shader offsets every access to the agent’s slice of a buffer, nested ones included', () => {
    const wgsl = () =>
      '@compute @workgroup_size(1) fn main(@builtin(workgroup_id) group : vec3<u32>) { b[u32(a[2])] = v.b[1]; }';
    const bindings = ['a', 'b'].map((name): BoundBuffer => ({
      name,
      buffer: buffer(name),
      type: 'f32',
      access: 'write',
    }));
    const part: MergePart = { name: 'p', key: 'p', bindings, workgroups: [1, 1], wgsl };
    const all = buffer('of all');
    const stacked = stackedPart(part, (each) => (each === buffer('a') ? null : { buffer: all, stride: 256 }));
    expect(stacked.bindings.map((binding) => binding.buffer)).toEqual([buffer('a'), all]);
    expect(stacked.wgsl()).toContain('agentNumber = group.z; b[agentNumber * 64u + (u32(a[2]))] = v.b[1];');
    const both = stackedPart(part, () => ({ buffer: all, stride: 256 }));
    expect(both.wgsl()).toContain('b[agentNumber * 64u + (u32(a[agentNumber * 64u + (2)]))]');
  });
});
