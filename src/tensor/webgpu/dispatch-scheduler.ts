/**
 * The dispatches of a recorded step in fewer: what nobody reads is left out, and what does not wait for one another is
 * put into one dispatch where its workgroups are of one form: what is small, the heads of a twin critic, networks. So
 * is what waits for one another where the same workgroups can do it in turn.
 */
import { gpuProfile } from '../backend-state.ts';
import {
  hasBarriers,
  canRunInSequence,
  mergeParts,
  combinedRequirements,
  sequenceWidth,
  type MergePart,
  type Sequences,
} from './merge-shaders.ts';
import {
  eliminateDeadDispatches,
  dependencyGraph,
  depthOf,
  type DispatchNode,
  type StepDispatch,
} from './step-graph.ts';

export interface FusionLimits {
  /** Buffers that a dispatch may be bound to. */
  buffers: number;
  /** Workgroups in x. */
  workgroups: number;
  /** Bytes of a workgroup's memory. */
  memory: number;
  /** Whether all that fits is put together; if not, only what is small, and what has barriers apart from what has none. */
  aggressiveFusion: boolean;
}

/** A CPU takes longer over each workgroup of what was put together: more of them cost more than a dispatch does. */
const FEW_WORKGROUPS = 64;

/** What a device allows, and is the better for. */
export function fusionLimits({ limits }: GPUDevice): FusionLimits {
  const { aggressiveFusion: mergesAll } = gpuProfile();
  return {
    buffers: limits.maxStorageBuffersPerShaderStage,
    workgroups: mergesAll ? limits.maxComputeWorkgroupsPerDimension : FEW_WORKGROUPS,
    memory: limits.maxComputeWorkgroupStorageSize,
    aggressiveFusion: mergesAll,
  };
}

const partOf = ({ part }: StepDispatch) => part as MergePart;

/** Dispatches that are put into one: sequences side by side. */
class FusionGroup {
  readonly sequences: DispatchNode[][] = [];
  readonly #limits: FusionLimits;

  constructor(limits: FusionLimits) {
    this.#limits = limits;
  }

  get nodes(): DispatchNode[] {
    return this.sequences.flat();
  }

  /** Puts a dispatch that waits for none of the others beside them, if it fits. */
  addParallel(node: DispatchNode): boolean {
    const [first] = this.nodes;
    if (first && !this.#fits(first, node, [...this.sequences, [node]])) return false;
    this.sequences.push([node]);
    return true;
  }

  /** Puts a dispatch behind the only sequence that it still waits for, if that can be. */
  appendSequential(node: DispatchNode): boolean {
    const sequence = this.#sequenceOf(node);
    const first = sequence?.[0];
    if (!sequence || !first) return false;
    const longer = [...sequence, node];
    const all = this.sequences.map((nodes) => (nodes === sequence ? longer : nodes));
    if (!this.#fits(first, node, all)) return false;
    const others = this.nodes.filter((each) => !sequence.includes(each));
    if (others.some((each) => node.dependencies.has(each))) return false;
    if (!canRunInSequence(longer.map(partOf), this.#limits.aggressiveFusion)) return false;
    sequence.push(node);
    return true;
  }

  /** Whether two would have to go behind the same sequence, one after the other, that can stand side by side later. */
  shouldDefer(node: DispatchNode, other: DispatchNode): boolean {
    if (node === other || node.kernel !== other.kernel || !node.part) return false;
    if (node.part.workgroups[0] === 1 || !hasBarriers(node.part)) return false;
    return this.#sequenceOf(node) === this.#sequenceOf(other);
  }

  #sequenceOf(node: DispatchNode): DispatchNode[] | undefined {
    return this.sequences.find((nodes) => nodes.some((each) => node.dependencies.has(each)));
  }

  /** @param sequences what there would be then */
  #fits(first: DispatchNode, node: DispatchNode, sequences: Sequences<DispatchNode>): boolean {
    const limits = this.#limits;
    if (
      !first.part ||
      !node.part ||
      node.workgroupShape !== first.workgroupShape ||
      !(first.isElementwise || limits.aggressiveFusion)
    )
      return false;
    if (!limits.aggressiveFusion && hasBarriers(node.part) !== hasBarriers(first.part)) return false;
    const needed = combinedRequirements(sequences.flat().map(partOf));
    const workgroups = sequences.reduce((sum, nodes) => sum + sequenceWidth(nodes.map(partOf)), 0);
    // A sequence alone has no more workgroups than it had in several dispatches.
    if (!needed || (sequences.length > 1 && workgroups > limits.workgroups)) return false;
    return needed.buffers <= limits.buffers && needed.memory <= limits.memory;
  }
}

/** What most others wait for comes first, so that what nobody waits for yet keeps it company; of those, one kernel. */
function byCriticalPath(ready: readonly DispatchNode[]): DispatchNode[] {
  const kernels = ready.map(({ kernel }) => kernel);
  return [...ready].sort(
    (a, b) => b.criticalPath - a.criticalPath || kernels.indexOf(a.kernel) - kernels.indexOf(b.kernel),
  );
}

/** The small ones wait for one another's company while there is anything else to do; one kernel comes before others. */
function largeFirst(ready: readonly DispatchNode[]): DispatchNode[] {
  const large = ready.filter(({ isElementwise: small }) => !small);
  const [first, ...others] = (large.length > 0 ? large : ready) as [DispatchNode, ...DispatchNode[]];
  const isAlike = ({ kernel }: DispatchNode) => kernel === first.kernel;
  return [first, ...others.filter(isAlike), ...others.filter((node) => !isAlike(node))];
}

/** Puts dispatches into one: of those that may be in it, as many as fit, and what comes behind them in turn. */
function fillGroup(
  candidates: readonly DispatchNode[],
  limits: FusionLimits,
  next: (chosen: readonly DispatchNode[]) => readonly DispatchNode[],
): FusionGroup {
  const chosen = new FusionGroup(limits);
  for (const node of candidates) {
    if (!chosen.addParallel(node)) continue;
    // What comes next in turn goes before what would stand beside it: fewer dispatches wait for one another.
    const following = () => {
      const all = next(chosen.nodes);
      return all.filter((each) => !all.some((other) => chosen.shouldDefer(each, other)));
    };
    while (following().some((each) => chosen.appendSequential(each)));
  }
  return chosen;
}

/** Whether a dispatch that did not fit beside others has one of its own at once, since a GPU runs both at a time. */
type Early = (node: DispatchNode, longest: number) => boolean;

/** @param dispatches as they were noted, linked */
function schedule(dispatches: readonly DispatchNode[], limits: FusionLimits, early: Early): DispatchNode[][][] {
  const left = new Set(dispatches);
  const waits = ({ dependencies: waitsFor }: DispatchNode, apartFrom: readonly DispatchNode[] = []) =>
    [...waitsFor].some((node) => left.has(node) && !apartFrom.includes(node));
  const steps: DispatchNode[][][] = [];
  while (left.size > 0) {
    const ready = [...left].filter((node) => !waits(node));
    const longest = Math.max(...ready.map(({ criticalPath: ahead }) => ahead));
    let candidates = limits.aggressiveFusion ? byCriticalPath(ready) : largeFirst(ready);
    // Of those that are done at a time, none waits for another.
    const atOnce: DispatchNode[] = [];
    do {
      const { sequences, nodes } = fillGroup(candidates, limits, (chosen) =>
        [...left].filter(
          (each) =>
            !chosen.includes(each) &&
            waits(each) &&
            !waits(each, chosen) &&
            !atOnce.some((other) => each.dependencies.has(other)),
        ),
      );
      for (const node of nodes) left.delete(node);
      atOnce.push(...nodes);
      steps.push(sequences);
      const isEarly = (node: DispatchNode) => early(node, longest);
      candidates = candidates.filter((node) => left.has(node));
      candidates = [...candidates.filter(isEarly), ...candidates.filter((node) => !isEarly(node))];
    } while (candidates[0] && early(candidates[0], longest));
  }
  return steps;
}

/** Ways to go about it: which is the fastest depends on what fits. */
const WAYS: readonly Early[] = [
  () => false,
  ({ criticalPath: ahead }, longest) => ahead > longest / 2,
  (node, longest) => node.criticalPath > longest / 2 || depthOf(node) > 1,
];

/** What a dispatch costs, in stages: so much, and as much again when it has to wait for others. */
const DISPATCH = 0.5;

/** Of those about as fast the one with the fewest dispatches is taken: each costs the thread that submits it. */
const AS_GOOD = 1.05;

/** How long a GPU is about to take, in stages: those that do not wait for one another are done at a time. */
function estimateCost(steps: readonly (readonly DispatchNode[][])[]): number {
  let time = 0;
  let longest = 0;
  let atOnce = new Set<DispatchNode>();
  for (const sequences of steps) {
    const nodes = sequences.flat();
    if (nodes.some(({ dependencies: waitsFor }) => [...waitsFor].some((node) => atOnce.has(node)))) {
      time += longest + DISPATCH;
      longest = 0;
      atOnce = new Set();
    }
    for (const node of nodes) atOnce.add(node);
    const stages = sequences.map((sequence) => sequence.reduce((sum, node) => sum + depthOf(node), 0));
    longest = Math.max(longest, ...stages);
    time += DISPATCH;
  }
  return time + longest;
}

/**
 * The same work in fewer dispatches, in an order in which each stands behind what it waits for. Each is given as those
 * that it is made of: a single one stays as it is.
 * @param isLiveOut whether anybody looks at a buffer after the step
 */
export function scheduleDispatches<Noted extends StepDispatch>(
  dispatches: readonly Noted[],
  isKept: (buffer: GPUBuffer) => boolean,
  limits: FusionLimits,
): Noted[][][] {
  const originals = eliminateDeadDispatches(dispatches, isKept) as Noted[];
  const nodes = dependencyGraph(originals);
  // A CPU does one after the other.
  const plans = WAYS.slice(0, limits.aggressiveFusion ? WAYS.length : 1).map((early) => schedule(nodes, limits, early));
  const times = plans.map(estimateCost);
  const goodEnough = AS_GOOD * Math.min(...times);
  const fast = plans.filter((_, i) => (times[i] as number) <= goodEnough);
  const [best] = fast.sort((a, b) => a.length - b.length) as [DispatchNode[][][]];
  return best.map((sequences) => sequences.map((each) => each.map(({ index }) => originals[index] as Noted)));
}

/** The shader of dispatches that were put together. */
export function mergedPart(sequences: Sequences<StepDispatch>): MergePart {
  return mergeParts(sequences.map((dispatches) => dispatches.map(partOf)));
}
