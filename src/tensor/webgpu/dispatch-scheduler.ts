/**
 * Dispatch fusion: the same step in fewer dispatches. Dispatches whose results nobody reads are left out. Independent
 * dispatches whose workgroups have one shape run in parallel within one dispatch: elementwise operations, the heads of
 * a twin critic, networks. Dependent ones run in sequence within one dispatch where the same workgroups can do both.
 */
import { gpuProfile } from '../backend-state.ts';
import {
  canRunInSequence,
  combinedRequirements,
  hasBarriers,
  mergeParts,
  sequenceWidth,
  type MergePart,
  type Sequences,
} from './merge-shaders.ts';
import {
  dependencyGraph,
  depthOf,
  eliminateDeadDispatches,
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
  /**
   * Whether everything that fits is fused. If not, only elementwise dispatches are, and those with barriers apart from
   * those without.
   */
  aggressiveFusion: boolean;
}

/**
 * On a CPU each workgroup of a fused dispatch costs more than it would alone: beyond this, more than a dispatch does.
 */
const CPU_WORKGROUPS = 64;

/** The limits of a device, tightened where it is a CPU. */
export function fusionLimits({ limits }: GPUDevice): FusionLimits {
  const { aggressiveFusion } = gpuProfile();
  return {
    buffers: limits.maxStorageBuffersPerShaderStage,
    workgroups: aggressiveFusion ? limits.maxComputeWorkgroupsPerDimension : CPU_WORKGROUPS,
    memory: limits.maxComputeWorkgroupStorageSize,
    aggressiveFusion,
  };
}

const partOf = ({ part }: StepDispatch) => part as MergePart;

/** Dispatches that are fused into one: sequences in parallel. */
class FusionGroup {
  readonly sequences: DispatchNode[][] = [];
  readonly #limits: FusionLimits;

  constructor(limits: FusionLimits) {
    this.#limits = limits;
  }

  get nodes(): DispatchNode[] {
    return this.sequences.flat();
  }

  /** Adds a dispatch that depends on none of the others as a sequence of its own. Returns whether it fits. */
  addParallel(node: DispatchNode): boolean {
    const [first] = this.nodes;
    if (first && !this.#fits(first, node, [...this.sequences, [node]])) return false;
    this.sequences.push([node]);
    return true;
  }

  /** Appends a dispatch to the only sequence that it still depends on. Returns whether that is possible. */
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

  /** Whether a dispatch and another would be appended to the same sequence, though they can run in parallel later. */
  shouldDefer(node: DispatchNode, other: DispatchNode): boolean {
    if (node === other || node.kernel !== other.kernel || !node.part) return false;
    if (node.part.workgroups[0] === 1 || !hasBarriers(node.part)) return false;
    return this.#sequenceOf(node) === this.#sequenceOf(other);
  }

  #sequenceOf(node: DispatchNode): DispatchNode[] | undefined {
    return this.sequences.find((nodes) => nodes.some((each) => node.dependencies.has(each)));
  }

  /** @param sequences those of the group with the node in it */
  #fits(first: DispatchNode, node: DispatchNode, sequences: Sequences<DispatchNode>): boolean {
    const { buffers, memory, workgroups, aggressiveFusion } = this.#limits;
    if (!first.part || !node.part || node.workgroupShape !== first.workgroupShape) return false;
    if (!aggressiveFusion && !first.isElementwise) return false;
    if (!aggressiveFusion && hasBarriers(node.part) !== hasBarriers(first.part)) return false;
    const required = combinedRequirements(sequences.flat().map(partOf));
    const width = sequences.reduce((sum, nodes) => sum + sequenceWidth(nodes.map(partOf)), 0);
    // A single sequence has no more workgroups than its dispatches had.
    if (!required || (sequences.length > 1 && width > workgroups)) return false;
    return required.buffers <= buffers && required.memory <= memory;
  }
}

/** By the longest critical path, so that independent work can fill its dispatches; of those, one kernel at a time. */
function byCriticalPath(ready: readonly DispatchNode[]): DispatchNode[] {
  const kernels = ready.map(({ kernel }) => kernel);
  return [...ready].sort(
    (a, b) => b.criticalPath - a.criticalPath || kernels.indexOf(a.kernel) - kernels.indexOf(b.kernel),
  );
}

/**
 * Defers elementwise dispatches while there are others, so that more of them gather; those of the first's kernel first.
 */
function largeFirst(ready: readonly DispatchNode[]): DispatchNode[] {
  const large = ready.filter(({ isElementwise }) => !isElementwise);
  const [first, ...others] = (large.length > 0 ? large : ready) as [DispatchNode, ...DispatchNode[]];
  const isAlike = ({ kernel }: DispatchNode) => kernel === first.kernel;
  return [first, ...others.filter(isAlike), ...others.filter((node) => !isAlike(node))];
}

/**
 * Fuses as many of the candidates as fit, each followed by its dependents in sequence.
 * @param dependents the dispatches that depend on nothing but those chosen
 */
function fillGroup(
  candidates: readonly DispatchNode[],
  limits: FusionLimits,
  dependents: (chosen: readonly DispatchNode[]) => readonly DispatchNode[],
): FusionGroup {
  const group = new FusionGroup(limits);
  for (const node of candidates) {
    if (!group.addParallel(node)) continue;
    // Dependents are appended before the next candidate is added: that shortens the chain of dispatches.
    const following = () => {
      const all = dependents(group.nodes);
      return all.filter((each) => !all.some((other) => group.shouldDefer(each, other)));
    };
    while (following().some((each) => group.appendSequential(each)));
  }
  return group;
}

/** Whether a dispatch that did not fit into a group gets one of its own at once, since a GPU runs both at a time. */
type RunsEarly = (node: DispatchNode, longestPath: number) => boolean;

/** @param nodes in the order of the step */
function schedule(nodes: readonly DispatchNode[], limits: FusionLimits, runsEarly: RunsEarly): DispatchNode[][][] {
  const left = new Set(nodes);
  const isBlocked = ({ dependencies }: DispatchNode, done: readonly DispatchNode[] = []) =>
    [...dependencies].some((node) => left.has(node) && !done.includes(node));
  const groups: DispatchNode[][][] = [];
  while (left.size > 0) {
    const ready = [...left].filter((node) => !isBlocked(node));
    const longestPath = Math.max(...ready.map(({ criticalPath }) => criticalPath));
    let candidates = limits.aggressiveFusion ? byCriticalPath(ready) : largeFirst(ready);
    // The dispatches that a GPU runs at a time: none depends on another.
    const concurrent: DispatchNode[] = [];
    do {
      const { sequences, nodes: fused } = fillGroup(candidates, limits, (chosen) =>
        [...left].filter(
          (each) =>
            !chosen.includes(each) &&
            isBlocked(each) &&
            !isBlocked(each, chosen) &&
            !concurrent.some((other) => each.dependencies.has(other)),
        ),
      );
      for (const node of fused) left.delete(node);
      concurrent.push(...fused);
      groups.push(sequences);
      const isEarly = (node: DispatchNode) => runsEarly(node, longestPath);
      candidates = candidates.filter((node) => left.has(node));
      candidates = [...candidates.filter(isEarly), ...candidates.filter((node) => !isEarly(node))];
    } while (candidates[0] && runsEarly(candidates[0], longestPath));
  }
  return groups;
}

/** Policies to choose from: which is the fastest depends on what fits. */
const POLICIES: readonly RunsEarly[] = [
  () => false,
  ({ criticalPath }, longestPath) => criticalPath > longestPath / 2,
  (node, longestPath) => node.criticalPath > longestPath / 2 || depthOf(node) > 1,
];

/** Cost of a dispatch, in units of depth; a barrier before it costs as much again. */
const DISPATCH_COST = 0.5;

/**
 * Of schedules whose costs are within this factor of the least, the one of fewest dispatches is taken: it spares the
 * host.
 */
const COST_TOLERANCE = 1.05;

/** About how long a GPU takes, in units of depth: dispatches that do not depend on one another run at a time. */
function estimateCost(groups: readonly (readonly DispatchNode[][])[]): number {
  let cost = 0;
  let longest = 0;
  let concurrent = new Set<DispatchNode>();
  for (const sequences of groups) {
    const nodes = sequences.flat();
    if (nodes.some(({ dependencies }) => [...dependencies].some((node) => concurrent.has(node)))) {
      cost += longest + DISPATCH_COST;
      longest = 0;
      concurrent = new Set();
    }
    for (const node of nodes) concurrent.add(node);
    const depths = sequences.map((sequence) => sequence.reduce((sum, node) => sum + depthOf(node), 0));
    longest = Math.max(longest, ...depths);
    cost += DISPATCH_COST;
  }
  return cost + longest;
}

/**
 * Fuses the dispatches of a step and orders them by their dependencies.
 * @param isLiveOut whether a buffer is read after the step
 * @returns for each fused dispatch those that it is made of, as sequences in parallel
 */
export function scheduleDispatches<Each extends StepDispatch>(
  dispatches: readonly Each[],
  isLiveOut: (buffer: GPUBuffer) => boolean,
  limits: FusionLimits,
): Each[][][] {
  const live = eliminateDeadDispatches(dispatches, isLiveOut) as Each[];
  const nodes = dependencyGraph(live);
  // A CPU runs one dispatch after the other, so that the first policy suits it.
  const policies = POLICIES.slice(0, limits.aggressiveFusion ? POLICIES.length : 1);
  const schedules = policies.map((runsEarly) => schedule(nodes, limits, runsEarly));
  const costs = schedules.map(estimateCost);
  const goodEnough = COST_TOLERANCE * Math.min(...costs);
  const fast = schedules.filter((_, i) => (costs[i] as number) <= goodEnough);
  const [best] = fast.sort((a, b) => a.length - b.length) as [DispatchNode[][][]];
  return best.map((sequences) => sequences.map((each) => each.map(({ index }) => live[index] as Each)));
}

/** The shader of a fused dispatch. */
export function mergedPart(sequences: Sequences<StepDispatch>): MergePart {
  return mergeParts(sequences.map((dispatches) => dispatches.map(partOf)));
}
