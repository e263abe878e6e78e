/**
 * The dependency graph of a step's dispatches. A dispatch depends on the earlier writers of the buffers that it reads
 * or writes, and on the earlier readers of those that it writes.
 */
import type { Dispatch } from './dispatch.ts';
import { threadsOf, type BoundBuffer, type MergePart } from './merge-shaders.ts';
import { THREADS } from './threads.ts';

/** A dispatch of ours, or of tfjs. */
export interface StepDispatch {
  reads: readonly GPUBuffer[];
  /** Buffers that are written, and perhaps read as well. */
  writes: readonly GPUBuffer[];
  /** The shader and its bindings; null for a dispatch of tfjs, which cannot be fused. */
  part: MergePart | null;
}

export interface DispatchNode extends StepDispatch {
  index: number;
  /** Dispatches that must be done before. */
  dependencies: Set<DispatchNode>;
  /** Depth of the longest chain of dependent dispatches that starts with this one. */
  criticalPath: number;
  /** Cheap, and in workgroups of `THREADS` threads, as all such are. */
  isElementwise: boolean;
  /** The same for dispatches of one shader on buffers of one layout; empty for those of tfjs. */
  kernel: string;
  /** Threads a workgroup, and workgroups in y: only dispatches that agree in both can be fused. */
  workgroupShape: string;
}

/** Sorts bound buffers into those that a dispatch reads and those that it writes. */
export function accessOf(bindings: readonly Pick<BoundBuffer, 'buffer' | 'access'>[]): {
  reads: GPUBuffer[];
  writes: GPUBuffer[];
} {
  const of = (wanted: string) => bindings.filter(({ access }) => access === wanted).map(({ buffer }) => buffer);
  return { reads: of('read'), writes: of('write') };
}

/** @param buffers one a binding of the dispatch */
export function stepDispatch({ bindings, ...dispatch }: Dispatch, buffers: readonly GPUBuffer[]): StepDispatch {
  const bound = bindings.map(({ tensor: _, type = 'f32', access = 'read', ...binding }, i): BoundBuffer => {
    return { ...binding, type, access, buffer: buffers[i] as GPUBuffer };
  });
  return { ...accessOf(bound), part: { ...dispatch, bindings: bound } };
}

/** `Dispatch.depth`, with its default. */
export const depthOf = ({ part }: StepDispatch) => part?.depth ?? 1;

/** The graph's nodes, in the order of the dispatches. */
export function dependencyGraph(dispatches: readonly StepDispatch[]): DispatchNode[] {
  const nodes = linked(dispatches);
  for (const node of [...nodes].reverse()) {
    for (const before of node.dependencies) {
      before.criticalPath = Math.max(before.criticalPath, depthOf(before) + node.criticalPath);
    }
  }
  return nodes;
}

/** Accesses to a buffer since the whole of it was last written. */
interface Accesses {
  writers: { node: DispatchNode; byteRange: string | undefined }[];
  readers: DispatchNode[];
}

function linked(dispatches: readonly StepDispatch[]): DispatchNode[] {
  const accesses = new Map<GPUBuffer, Accesses>();
  const accessesTo = (buffer: GPUBuffer): Accesses => {
    const known = accesses.get(buffer) ?? { writers: [], readers: [] };
    accesses.set(buffer, known);
    return known;
  };
  return dispatches.map((dispatch, index) => {
    const { part, reads, writes } = dispatch;
    const workgroupShape = part ? `${threadsOf(part)} ${part.workgroups[1]}` : '';
    const node: DispatchNode = {
      ...dispatch,
      index,
      dependencies: new Set(),
      criticalPath: depthOf(dispatch),
      isElementwise: workgroupShape === `${THREADS} 1`,
      kernel: part ? `${part.name} ${part.key}` : '',
      workgroupShape,
    };
    const rangeOf = (buffer: GPUBuffer) => part?.bindings.find((bound) => bound.buffer === buffer)?.byteRange;
    for (const buffer of [...reads, ...writes]) {
      const byteRange = writes.includes(buffer) ? rangeOf(buffer) : undefined;
      for (const { node: writer, byteRange: other } of accessesTo(buffer).writers) {
        if (byteRange === undefined || other === undefined || byteRange === other) node.dependencies.add(writer);
      }
    }
    for (const buffer of writes) for (const reader of accessesTo(buffer).readers) node.dependencies.add(reader);
    for (const buffer of writes) {
      const byteRange = rangeOf(buffer);
      const { writers } = accessesTo(buffer);
      if (byteRange === undefined) accesses.set(buffer, { writers: [{ node, byteRange }], readers: [] });
      else writers.push({ node, byteRange });
    }
    for (const buffer of reads) if (!writes.includes(buffer)) accessesTo(buffer).readers.push(node);
    return node;
  });
}

/**
 * The dispatches without those whose results nobody reads.
 * @param isLiveOut whether a buffer is read after the step
 */
export function eliminateDeadDispatches(
  dispatches: readonly StepDispatch[],
  isLiveOut: (buffer: GPUBuffer) => boolean,
): StepDispatch[] {
  const read = new Set<GPUBuffer>();
  const live: StepDispatch[] = [];
  for (const dispatch of [...dispatches].reverse()) {
    if (!dispatch.writes.some((buffer) => isLiveOut(buffer) || read.has(buffer))) continue;
    live.push(dispatch);
    // A buffer that is written may be read as well: then an earlier dispatch has made what is in it.
    for (const buffer of [...dispatch.reads, ...dispatch.writes]) read.add(buffer);
  }
  return live.reverse();
}
