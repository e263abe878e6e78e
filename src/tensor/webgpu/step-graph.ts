/** The dispatches of a step, and which of them wait for which: a buffer is read behind whoever wrote it, and written behind all. */
import type { Dispatch } from './dispatch.ts';
import { threadsOf, type BoundBuffer, type MergePart } from './merge-shaders.ts';
import { THREADS } from './threads.ts';

/** A dispatch of ours, or of tfjs. */
export interface StepDispatch {
  /** Buffers by what is done with them; what is written may be read as well. */
  reads: readonly GPUBuffer[];
  writes: readonly GPUBuffer[];
  /** How it was made; null for one of tfjs, which stays as it is. */
  part: MergePart | null;
}

export interface DispatchNode extends StepDispatch {
  index: number;
  /** Dispatches that have to be done before. */
  dependencies: Set<DispatchNode>;
  /** Stages that are done one after the other from this one's on to the last that waits for it. */
  criticalPath: number;
  /** Cheap, and of the threads that all such have. */
  isElementwise: boolean;
  /** Of one kernel on buffers of one layout. */
  kernel: string;
  /** What can be put together is of one form: of as many threads, and workgroups in y. */
  workgroupShape: string;
}

/** What a dispatch reads and writes, of what it is bound to. */
export function accessOf(bindings: readonly Pick<BoundBuffer, 'buffer' | 'access'>[]): {
  reads: GPUBuffer[];
  writes: GPUBuffer[];
} {
  const of = (wanted: string) => bindings.filter(({ access }) => access === wanted).map(({ buffer }) => buffer);
  return { reads: of('read'), writes: of('write') };
}

/** A dispatch of ours on the buffers given, one a binding. */
export function stepDispatch({ bindings, ...dispatch }: Dispatch, buffers: readonly GPUBuffer[]): StepDispatch {
  const bound = bindings.map(({ tensor: _, type = 'f32', access = 'read', ...binding }, i): BoundBuffer => {
    return { ...binding, type, access, buffer: buffers[i] as GPUBuffer };
  });
  return { ...accessOf(bound), part: { ...dispatch, bindings: bound } };
}

/** As `Dispatch` has them. */
export const depthOf = ({ part }: StepDispatch) => part?.depth ?? 1;

/** Dispatches linked by what waits for what, in their order. */
export function dependencyGraph(dispatches: readonly StepDispatch[]): DispatchNode[] {
  const nodes = linked(dispatches);
  for (const node of [...nodes].reverse()) {
    for (const before of node.dependencies)
      before.criticalPath = Math.max(before.criticalPath, depthOf(before) + node.criticalPath);
  }
  return nodes;
}

/** Who has touched a buffer since the whole of it was last written. */
interface Touched {
  writers: { node: DispatchNode; region: string | undefined }[];
  readers: DispatchNode[];
}

function linked(dispatches: readonly StepDispatch[]): DispatchNode[] {
  const touched = new Map<GPUBuffer, Touched>();
  const touchedOf = (buffer: GPUBuffer): Touched => {
    const known = touched.get(buffer) ?? { writers: [], readers: [] };
    touched.set(buffer, known);
    return known;
  };
  return dispatches.map((dispatch, index) => {
    const { part, reads, writes } = dispatch;
    const kernel = part ? `${part.name} ${part.key}` : '';
    const form = part ? `${threadsOf(part)} ${part.workgroups[1]}` : '';
    const small = form === `${THREADS} 1`;
    const node: DispatchNode = {
      ...dispatch,
      index,
      dependencies: new Set(),
      criticalPath: depthOf(dispatch),
      isElementwise: small,
      kernel,
      workgroupShape: form,
    };
    const regionOf = (buffer: GPUBuffer) => part?.bindings.find((bound) => bound.buffer === buffer)?.byteRange;
    for (const buffer of [...reads, ...writes]) {
      const region = writes.includes(buffer) ? regionOf(buffer) : undefined;
      for (const { node: writer, region: other } of touchedOf(buffer).writers) {
        if (region === undefined || other === undefined || region === other) node.dependencies.add(writer);
      }
    }
    for (const buffer of writes) for (const reader of touchedOf(buffer).readers) node.dependencies.add(reader);
    for (const buffer of writes) {
      const region = regionOf(buffer);
      const { writers } = touchedOf(buffer);
      if (region === undefined) touched.set(buffer, { writers: [{ node, region }], readers: [] });
      else writers.push({ node, region });
    }
    for (const buffer of reads) if (!writes.includes(buffer)) touchedOf(buffer).readers.push(node);
    return node;
  });
}

/** Without the dispatches of which nothing is read any more. */
export function eliminateDeadDispatches(
  dispatches: readonly StepDispatch[],
  isKept: (buffer: GPUBuffer) => boolean,
): StepDispatch[] {
  const read = new Set<GPUBuffer>();
  const kept: StepDispatch[] = [];
  for (const dispatch of [...dispatches].reverse()) {
    if (!dispatch.writes.some((buffer) => isKept(buffer) || read.has(buffer))) continue;
    kept.push(dispatch);
    // What is written may be read as well, and then an earlier dispatch has made it.
    for (const buffer of [...dispatch.reads, ...dispatch.writes]) read.add(buffer);
  }
  return kept.reverse();
}
