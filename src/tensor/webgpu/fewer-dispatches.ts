/**
 * The dispatches of a recorded step in fewer: what nobody reads is left out, and what does not wait for one another is
 * put into one dispatch where its workgroups are of one form: what is small, the heads of a twin critic, networks. So
 * is what waits for one another where the same workgroups can do it in turn.
 */
import { gpuProfile } from '../backend-state.ts';
import type { Dispatch } from './dispatch.ts';
import {
  hasBarriers,
  mayBeSequence,
  mergeParts,
  neededTogether,
  threadsOf,
  widthOf,
  type BoundBuffer,
  type MergePart,
  type Sequences,
} from './merge-shaders.ts';
import { THREADS } from './threads.ts';

/** A dispatch of ours, or of tfjs. */
export interface StepDispatch {
  /** Buffers by what is done with them; what is written may be read as well. */
  reads: readonly GPUBuffer[];
  writes: readonly GPUBuffer[];
  /** How it was made; null for one of tfjs, which stays as it is. */
  part: MergePart | null;
}

interface Node extends StepDispatch {
  index: number;
  /** Dispatches that have to be done before. */
  waitsFor: Set<Node>;
  /** Dispatches that are done one after the other from this one to the last that waits for it. */
  ahead: number;
  /** Cheap, and of the threads that all such have. */
  small: boolean;
  /** Of one kernel on buffers of one layout. */
  kernel: string;
  /** What can be put together is of one form: of as many threads, and workgroups in y. */
  form: string;
}

export interface MergeLimits {
  /** Buffers that a dispatch may be bound to. */
  buffers: number;
  /** Workgroups in x. */
  workgroups: number;
  /** Bytes of a workgroup's memory. */
  memory: number;
  /** Whether all that fits is put together; if not, only what is small, and what has barriers apart from what has none. */
  all: boolean;
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
export function stepDispatch(
  { name, key, wgsl, workgroups, bindings }: Dispatch,
  buffers: readonly GPUBuffer[],
): StepDispatch {
  const bound = bindings.map(({ tensor: _, type = 'f32', access = 'read', ...binding }, i): BoundBuffer => {
    return { ...binding, type, access, buffer: buffers[i] as GPUBuffer };
  });
  return { ...accessOf(bound), part: { name, key, wgsl, workgroups, bindings: bound } };
}

/** A CPU takes longer over each workgroup of what was put together: more of them cost more than a dispatch does. */
const FEW_WORKGROUPS = 64;

/** What a device allows, and is the better for. */
export function mergeLimits({ limits }: GPUDevice): MergeLimits {
  const { mergesAll } = gpuProfile();
  return {
    buffers: limits.maxStorageBuffersPerShaderStage,
    workgroups: mergesAll ? limits.maxComputeWorkgroupsPerDimension : FEW_WORKGROUPS,
    memory: limits.maxComputeWorkgroupStorageSize,
    all: mergesAll,
  };
}

function nodesOf(dispatches: readonly StepDispatch[]): Node[] {
  const nodes = linked(dispatches);
  for (const node of [...nodes].reverse()) {
    for (const before of node.waitsFor) before.ahead = Math.max(before.ahead, node.ahead + 1);
  }
  return nodes;
}

function linked(dispatches: readonly StepDispatch[]): Node[] {
  const writer = new Map<GPUBuffer, Node>();
  const readers = new Map<GPUBuffer, Node[]>();
  return dispatches.map((dispatch, index) => {
    const { part, reads, writes } = dispatch;
    const kernel = part ? `${part.name} ${part.key}` : '';
    const form = part ? `${threadsOf(part)} ${part.workgroups[1]}` : '';
    const small = form === `${THREADS} 1`;
    const node: Node = { ...dispatch, index, waitsFor: new Set(), ahead: 1, small, kernel, form };
    for (const buffer of [...reads, ...writes]) {
      const last = writer.get(buffer);
      if (last) node.waitsFor.add(last);
    }
    for (const buffer of writes) for (const reader of readers.get(buffer) ?? []) node.waitsFor.add(reader);
    for (const buffer of writes) {
      writer.set(buffer, node);
      readers.set(buffer, []);
    }
    for (const buffer of reads) readers.set(buffer, [...(readers.get(buffer) ?? []), node]);
    return node;
  });
}

/** Without the dispatches of which nothing is read any more. */
function needed(dispatches: readonly StepDispatch[], isKept: (buffer: GPUBuffer) => boolean): StepDispatch[] {
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

const partOf = ({ part }: StepDispatch) => part as MergePart;

/** Dispatches that are put into one: sequences side by side. */
class Together {
  readonly sequences: Node[][] = [];
  readonly #limits: MergeLimits;

  constructor(limits: MergeLimits) {
    this.#limits = limits;
  }

  get nodes(): Node[] {
    return this.sequences.flat();
  }

  /** Puts a dispatch that waits for none of the others beside them, if it fits. */
  beside(node: Node): boolean {
    const [first] = this.nodes;
    if (first && !this.#fits(first, node, [...this.sequences, [node]])) return false;
    this.sequences.push([node]);
    return true;
  }

  /** Puts a dispatch behind the only sequence that it still waits for, if that can be. */
  behind(node: Node): boolean {
    const sequence = this.#sequenceOf(node);
    const first = sequence?.[0];
    if (!sequence || !first) return false;
    const longer = [...sequence, node];
    const all = this.sequences.map((nodes) => (nodes === sequence ? longer : nodes));
    if (!this.#fits(first, node, all)) return false;
    const others = this.nodes.filter((each) => !sequence.includes(each));
    if (others.some((each) => node.waitsFor.has(each))) return false;
    if (!mayBeSequence(longer.map(partOf), this.#limits.all)) return false;
    sequence.push(node);
    return true;
  }

  /** Whether two would have to go behind the same sequence, one after the other, that can stand side by side later. */
  doAtOnce(node: Node, other: Node): boolean {
    if (node === other || node.kernel !== other.kernel || !node.part) return false;
    if (node.part.workgroups[0] === 1 || !hasBarriers(node.part)) return false;
    return this.#sequenceOf(node) === this.#sequenceOf(other);
  }

  #sequenceOf(node: Node): Node[] | undefined {
    return this.sequences.find((nodes) => nodes.some((each) => node.waitsFor.has(each)));
  }

  /** @param sequences what there would be then */
  #fits(first: Node, node: Node, sequences: Sequences<Node>): boolean {
    const limits = this.#limits;
    if (!first.part || !node.part || node.form !== first.form || !(first.small || limits.all)) return false;
    if (!limits.all && hasBarriers(node.part) !== hasBarriers(first.part)) return false;
    const needed = neededTogether(sequences.flat().map(partOf));
    const workgroups = sequences.reduce((sum, nodes) => sum + widthOf(nodes.map(partOf)), 0);
    // A sequence alone has no more workgroups than it had in several dispatches.
    if (!needed || (sequences.length > 1 && workgroups > limits.workgroups)) return false;
    return needed.buffers <= limits.buffers && needed.memory <= limits.memory;
  }
}

/** What most others wait for comes first, so that what nobody waits for yet keeps it company; of those, one kernel. */
function pressingFirst(ready: readonly Node[]): Node[] {
  const kernels = ready.map(({ kernel }) => kernel);
  return [...ready].sort((a, b) => b.ahead - a.ahead || kernels.indexOf(a.kernel) - kernels.indexOf(b.kernel));
}

/** The small ones wait for one another's company while there is anything else to do; one kernel comes before others. */
function largeFirst(ready: readonly Node[]): Node[] {
  const large = ready.filter(({ small }) => !small);
  const [first, ...others] = (large.length > 0 ? large : ready) as [Node, ...Node[]];
  const isAlike = ({ kernel }: Node) => kernel === first.kernel;
  return [first, ...others.filter(isAlike), ...others.filter((node) => !isAlike(node))];
}

/**
 * The same work in fewer dispatches, in an order in which each stands behind what it waits for. Each is given as those
 * that it is made of: a single one stays as it is.
 * @param isKept whether anybody looks at a buffer after the step
 */
export function fewerDispatches<Noted extends StepDispatch>(
  dispatches: readonly Noted[],
  isKept: (buffer: GPUBuffer) => boolean,
  limits: MergeLimits,
): Noted[][][] {
  const originals = needed(dispatches, isKept) as Noted[];
  const left = new Set(nodesOf(originals));
  const waits = ({ waitsFor }: Node, apartFrom: readonly Node[] = []) =>
    [...waitsFor].some((node) => left.has(node) && !apartFrom.includes(node));
  const steps: Noted[][][] = [];
  while (left.size > 0) {
    const ready = [...left].filter((node) => !waits(node));
    const chosen = new Together(limits);
    for (const node of limits.all ? pressingFirst(ready) : largeFirst(ready)) {
      if (!chosen.beside(node)) continue;
      // What comes next in turn goes before what would stand beside it: fewer dispatches wait for one another.
      const following = () => {
        const all = [...left].filter(
          (each) => waits(each) && !waits(each, chosen.nodes) && !chosen.nodes.includes(each),
        );
        return all.filter((each) => !all.some((other) => chosen.doAtOnce(each, other)));
      };
      while (following().some((each) => chosen.behind(each)));
    }
    for (const node of chosen.nodes) left.delete(node);
    steps.push(chosen.sequences.map((nodes) => nodes.map(({ index }) => originals[index] as Noted)));
  }
  return steps;
}

/** The shader of dispatches that were put together. */
export function mergedPart(sequences: Sequences<StepDispatch>): MergePart {
  return mergeParts(sequences.map((dispatches) => dispatches.map(partOf)));
}
