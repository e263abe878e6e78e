/**
 * Shader fusion: several dispatches as one. Independent ones run in parallel: each workgroup runs the code of one of
 * them. Dependent ones may form a sequence, which the same workgroups run in order: this requires that each thread, or
 * each workgroup, reads only what it has written itself. The code of each part is unchanged, and so are its numbers.
 */

/** A buffer that a shader is bound to. */
export interface BoundBuffer {
  /** The name in the WGSL. */
  name: string;
  buffer: GPUBuffer;
  type: 'f32' | 'vec4<f32>' | 'i32' | 'u32';
  access: 'read' | 'write';
  /** Whether thread `i` touches only element `i`. */
  perInvocation?: boolean;
  /**
   * The rows that a workgroup touches, and no other workgroup. In two dispatches of the same row tile, workgroups of
   * the same number touch the same rows.
   */
  rowTile?: string;
  /** The part that is written, if nothing else is touched: writers of different parts do not depend on each other. */
  byteRange?: string;
}

/** One of the dispatches to be fused. */
export interface MergePart {
  name: string;
  /** Everything that the WGSL depends on except the name. */
  key: string;
  bindings: readonly BoundBuffer[];
  workgroups: readonly [number, number];
  /** As in `Dispatch`. */
  depth?: number;
  /** The shader, without its bindings; its `main` has only built-in values as arguments. */
  wgsl: () => string;
}

/** Sequences that run in parallel. */
export type Sequences<Part> = readonly (readonly Part[])[];

/**
 * The bindings of all parts. A buffer that several parts use as one type is bound once, writable if one of them writes
 * it. Null if a written buffer would be bound twice, which WebGPU does not allow.
 */
function sharedBindings(parts: readonly MergePart[]): { bindings: BoundBuffer[]; places: number[][] } | null {
  const bindings: BoundBuffer[] = [];
  const places = parts.map((part) =>
    part.bindings.map(({ buffer, type, access }) => {
      const at = bindings.findIndex((b) => b.buffer === buffer && b.type === type);
      const known = bindings[at];
      if (!known) return bindings.push({ name: `bound${bindings.length}`, buffer, type, access }) - 1;
      if (access === 'write') known.access = 'write';
      return at;
    }),
  );
  const written = bindings.filter(({ access }) => access === 'write');
  const twice = written.some((one) => bindings.some((other) => other !== one && other.buffer === one.buffer));
  return twice ? null : { bindings, places };
}

interface SplitShader {
  threads: string;
  /** Names of `main`'s arguments, by the built-in value. */
  builtins: Record<string, string>;
  body: string;
  /** Everything except `main`. */
  declarations: string;
}

const MAIN = /@compute\s+@workgroup_size\(([^)]*)\)\s*fn main\(([^{]*)\)\s*\{/;

/** Splits a shader into `main` and its declarations. */
function split(wgsl: string): SplitShader {
  const head = MAIN.exec(wgsl);
  if (!head) throw new Error('A shader to be fused has no main.');
  const open = head.index + head[0].length;
  let depth = 1;
  let end = open;
  for (; depth > 0 && end < wgsl.length; end++) depth += wgsl[end] === '{' ? 1 : wgsl[end] === '}' ? -1 : 0;
  const found = (head[2] as string).matchAll(/@builtin\((\w+)\)\s*(\w+)\s*:/g);
  return {
    threads: head[1] as string,
    builtins: Object.fromEntries([...found].map(([, builtin, name]) => [builtin as string, name as string])),
    body: wgsl.slice(open, end - 1),
    declarations: wgsl.slice(0, head.index) + wgsl.slice(end),
  };
}

const splitShaders = new WeakMap<MergePart, SplitShader>();

function splitOnce(part: MergePart): SplitShader {
  let shader = splitShaders.get(part);
  if (!shader) splitShaders.set(part, (shader = split(part.wgsl())));
  return shader;
}

/** Threads of a workgroup, as the WGSL gives them. */
export function threadsOf(part: MergePart): string {
  return splitOnce(part).threads;
}

/** Whether the threads of a workgroup synchronise. */
export function hasBarriers(part: MergePart): boolean {
  const { body, declarations } = splitOnce(part);
  return `${body}${declarations}`.includes('workgroupBarrier');
}

/** Buffers bound and bytes of workgroup memory of parts when fused; null if they cannot be fused. */
export function combinedRequirements(parts: readonly MergePart[]): { buffers: number; memory: number } | null {
  const memory = new WorkgroupMemory();
  for (const part of parts) memory.namesFor(splitOnce(part).declarations);
  const shared = sharedBindings(parts);
  return shared && { buffers: shared.bindings.length, memory: memory.bytes() };
}

/**
 * Whether the same workgroups can run dependent parts in order.
 * @param allowBarriers whether the threads of a workgroup may synchronise between the parts
 */
export function canRunInSequence(parts: readonly MergePart[], allowBarriers: boolean): boolean {
  return parts.every((part, i) => parts.slice(i + 1).every((next) => canFollow(part, next, allowBarriers)));
}

function isOneWorkgroup({ workgroups: [x, y] }: MergePart): boolean {
  return x === 1 && y === 1;
}

/** Whether each thread or each workgroup touches, of what one part writes and the other uses, the same in both. */
function canFollow(part: MergePart, next: MergePart, allowBarriers: boolean): boolean {
  if (allowBarriers && isOneWorkgroup(part) && isOneWorkgroup(next)) return true;
  return part.bindings.every(({ buffer, access, perInvocation, rowTile, byteRange }) =>
    next.bindings.every((other) => {
      if (other.buffer !== buffer || (access === 'read' && other.access === 'read')) return true;
      if (byteRange !== undefined && other.byteRange !== undefined && byteRange !== other.byteRange) return true;
      if (perInvocation === true && other.perInvocation === true) return true;
      return allowBarriers && rowTile !== undefined && rowTile === other.rowTile;
    }),
  );
}

/** Replaces identifiers, but not members (`v.x`). */
function renamed(wgsl: string, names: ReadonlyMap<string, string>): string {
  return wgsl.replace(/(?<![.\w])[A-Za-z_]\w*/g, (name) => names.get(name) ?? name);
}

const WORKGROUP_VARIABLE = /var<workgroup>\s+(\w+)\s*:\s*([^;]+);/g;

/** The WGSL of an argument of `main` for a part whose first workgroup is `first`. */
function argument(builtin: string, first: number, threads: string): string {
  const group = `vec3<u32>(group.x - ${first}u, group.y, group.z)`;
  if (builtin === 'workgroup_id') return group;
  if (builtin === 'local_invocation_id') return 'local';
  if (builtin === 'global_invocation_id') return `${group} * vec3<u32>(${threads}, 1u, 1u) + local`;
  throw new Error(`A shader to be fused uses the built-in value ${builtin}, which is not supported.`);
}

/** Bytes of an array type as the kernels declare them, of numbers or of vectors. */
function bytesOf(type: string): number {
  const [, element, count] = /^array<(\w+)(?:<f32>)?, (\d+)>$/.exec(type) ?? [];
  if (element === undefined)
    throw new Error(`A shader to be fused has workgroup memory of the type ${type}, which is no array.`);
  const widths: Record<string, number> = { vec2: 8, vec3: 16, vec4: 16 };
  return Number(count) * (widths[element] ?? 4);
}

/** Workgroup memory of fused parts. They use the same variables, since a workgroup runs one part at a time. */
class WorkgroupMemory {
  readonly #counts = new Map<string, number>();
  readonly #names = new Map<string, string>();

  /** New names for a part's variables: the n-th of a type has the same name in every part. */
  namesFor(declarations: string): Map<string, string> {
    const seen = new Map<string, number>();
    const names = new Map<string, string>();
    for (const [, name, type] of declarations.matchAll(WORKGROUP_VARIABLE) as Iterable<[string, string, string]>) {
      const index = seen.get(type) ?? 0;
      seen.set(type, index + 1);
      this.#counts.set(type, Math.max(index + 1, this.#counts.get(type) ?? 0));
      const key = `${type} ${index}`;
      if (!this.#names.has(key)) this.#names.set(key, `shared${this.#names.size}`);
      names.set(name, this.#names.get(key) as string);
    }
    return names;
  }

  bytes(): number {
    return [...this.#counts].reduce((sum, [type, count]) => sum + count * bytesOf(type), 0);
  }

  declarations(): string {
    const of = (type: string, count: number) =>
      Array.from({ length: count }, (_, i) => `var<workgroup> ${this.#names.get(`${type} ${i}`)} : ${type};`);
    return [...this.#counts].flatMap(([type, count]) => of(type, count)).join('\n');
  }
}

/**
 * Fuses parts into one shader.
 * @param sequences independent of one another, with equal threads a workgroup and equal workgroups in y
 */
export function mergeParts(sequences: Sequences<MergePart>): MergePart {
  const parts = sequences.flat();
  const shared = sharedBindings(parts);
  if (!shared) throw new Error('Dispatches to be fused write a buffer that is bound twice.');
  const { bindings, places } = shared;
  const total = sequences.reduce((sum, sequence) => sum + sequenceWidth(sequence), 0);
  let index = 0;
  const keyOf = ({ key, workgroups }: MergePart) => `${key} ${workgroups[0]} ${(places[index++] as number[]).join()}`;
  return {
    name: sequences.map((sequence) => sequence.map(({ name }) => name).join(', then ')).join(' + '),
    key: sequences.map((sequence) => sequence.map(keyOf).join(', then ')).join(' + '),
    bindings,
    workgroups: [total, parts[0]?.workgroups[1] ?? 1],
    wgsl: () => mergedShader(sequences, bindings, places),
  };
}

/** Workgroups of a sequence, in x. */
export function sequenceWidth(sequence: readonly MergePart[]): number {
  return Math.max(...sequence.map(({ workgroups }) => workgroups[0]));
}

function mergedShader(
  sequences: Sequences<MergePart>,
  bindings: readonly BoundBuffer[],
  places: readonly (readonly number[])[],
): string {
  const memory = new WorkgroupMemory();
  const functions: string[] = [];
  const threads = threadsOf(sequences[0]?.[0] as MergePart);
  let first = 0;
  const call = (part: MergePart, width: number): string => {
    const shader = splitOnce(part);
    const index = functions.length;
    const names = memory.namesFor(shader.declarations);
    const declarations = shader.declarations.replace(WORKGROUP_VARIABLE, '');
    for (const [, name] of declarations.matchAll(/\b(?:fn|const|alias)\s+(\w+)/g)) {
      names.set(name as string, `${name}_${index}`);
    }
    part.bindings.forEach(({ name }, i) => {
      names.set(name, (bindings[(places[index] as readonly number[])[i] as number] as BoundBuffer).name);
    });
    const builtins = Object.entries(shader.builtins);
    const entry = `part${index}`;
    const parameters = builtins.map(([, name]) => `${name} : vec3<u32>`).join(', ');
    functions.push(renamed(`${declarations}\nfn ${entry}(${parameters}) { ${shader.body} }`, names));
    const run = `${entry}(${builtins.map(([builtin]) => argument(builtin, first, threads)).join(', ')});`;
    return part.workgroups[0] < width ? `if (group.x < ${first + part.workgroups[0]}u) { ${run} }` : run;
  };
  const calls = sequences.map((sequence, place) => {
    const width = sequenceWidth(sequence);
    // Threads must synchronise if one reads what another wrote, or if workgroup memory is used again.
    const needsBarrier = !canRunInSequence(sequence, false) || sequence.filter(hasBarriers).length > 1;
    const between = needsBarrier ? 'storageBarrier(); workgroupBarrier();' : '';
    const body = sequence.map((part) => call(part, width)).join(between);
    first += width;
    return `${place < sequences.length - 1 ? `if (group.x < ${first}u) ` : ''}{ ${body} }`;
  });
  return `${memory.declarations()}
    ${functions.join('\n')}
    @compute @workgroup_size(${threads})
    fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
      ${calls.join(' else ')}
    }`;
}
