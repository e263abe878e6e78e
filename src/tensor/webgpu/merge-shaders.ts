/**
 * Several dispatches that do not wait for one another as one: their workgroups stand side by side, and each workgroup
 * runs the code of the dispatch that it belongs to. The code itself is as it was, so that its numbers are.
 */

/** A buffer that a shader is bound to. */
export interface BoundBuffer {
  /** The name in the WGSL. */
  name: string;
  buffer: GPUBuffer;
  type: 'f32' | 'vec4<f32>' | 'i32' | 'u32';
  access: 'read' | 'write';
}

/** One of the dispatches. */
export interface MergePart {
  name: string;
  /** Everything that the WGSL depends on, beside the name. */
  key: string;
  bindings: readonly BoundBuffer[];
  workgroups: readonly [number, number];
  /** The shader, without its bindings; its `main` takes built-in values alone. */
  wgsl: () => string;
}

/** Buffers of all parts; one that several parts use in the same way is bound once. */
function sharedBindings(parts: readonly MergePart[]): { bindings: BoundBuffer[]; places: number[][] } {
  const bindings: BoundBuffer[] = [];
  const places = parts.map((part) =>
    part.bindings.map(({ buffer, type, access }) => {
      const known = bindings.findIndex((b) => b.buffer === buffer && b.type === type && b.access === access);
      if (known >= 0) return known;
      return bindings.push({ name: `bound${bindings.length}`, buffer, type, access }) - 1;
    }),
  );
  return { bindings, places };
}

interface SplitShader {
  threads: string;
  /** Names of main's arguments, by the built-in value. */
  builtins: Record<string, string>;
  body: string;
  /** All but `main`. */
  declarations: string;
}

const MAIN = /@compute\s+@workgroup_size\(([^)]*)\)\s*fn main\(([^{]*)\)\s*\{/;

/** Takes a shader apart. */
function split(wgsl: string): SplitShader {
  const head = MAIN.exec(wgsl);
  if (!head) throw new Error('A shader to be merged has no main.');
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

const known = new WeakMap<MergePart, SplitShader>();

function splitOnce(part: MergePart): SplitShader {
  let shader = known.get(part);
  if (!shader) known.set(part, (shader = split(part.wgsl())));
  return shader;
}

/** Threads of a part's workgroups. */
export function threadsOf(part: MergePart): string {
  return splitOnce(part).threads;
}

/** Whether its threads wait for one another. */
export function hasBarriers(part: MergePart): boolean {
  const { body, declarations } = splitOnce(part);
  return `${body}${declarations}`.includes('workgroupBarrier');
}

/** What parts take together: buffers that are bound, and bytes of a workgroup's memory. */
export function neededTogether(parts: readonly MergePart[]): { buffers: number; memory: number } {
  const memory = new WorkgroupMemory();
  for (const part of parts) memory.namesFor(splitOnce(part).declarations);
  return { buffers: sharedBindings(parts).bindings.length, memory: memory.bytes() };
}

/** Puts other names in the place of some; members (`v.x`) are not names. */
function renamed(wgsl: string, names: ReadonlyMap<string, string>): string {
  return wgsl.replace(/(?<![.\w])[A-Za-z_]\w*/g, (name) => names.get(name) ?? name);
}

const WORKGROUP_VARIABLE = /var<workgroup>\s+(\w+)\s*:\s*([^;]+);/g;

/** What main's arguments are for a part whose first workgroup is `first`. */
function argument(builtin: string, first: number, threads: string): string {
  const group = `vec3<u32>(group.x - ${first}u, group.y, group.z)`;
  if (builtin === 'workgroup_id') return group;
  if (builtin === 'local_invocation_id') return 'local';
  if (builtin === 'global_invocation_id') return `${group} * vec3<u32>(${threads}, 1u, 1u) + local`;
  throw new Error(`A shader to be merged asks for ${builtin}.`);
}

/** Bytes of an array as the kernels declare them, of numbers or of vectors. */
function bytesOf(type: string): number {
  const [, element, count] = /^array<(\w+)(?:<f32>)?, (\d+)>$/.exec(type) ?? [];
  if (element === undefined) throw new Error(`A shader to be merged shares ${type} in a workgroup, which is no array.`);
  const widths: Record<string, number> = { vec2: 8, vec3: 16, vec4: 16 };
  return Number(count) * (widths[element] ?? 4);
}

/** Memory of a workgroup that parts share: each has it to itself, since a workgroup runs one part. */
class WorkgroupMemory {
  readonly #counts = new Map<string, number>();
  readonly #names = new Map<string, string>();

  /** The names of a part's variables: the n-th of a type is the n-th of that type in every part. */
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
 * One shader of several.
 * @param parts independent of one another, of as many threads a workgroup and as many workgroups in y each
 */
export function mergeParts(parts: readonly MergePart[]): MergePart {
  const { bindings, places } = sharedBindings(parts);
  const total = parts.reduce((sum, { workgroups }) => sum + workgroups[0], 0);
  return {
    name: parts.map(({ name }) => name).join(' + '),
    key: parts.map(({ key, workgroups }, i) => `${key} ${workgroups[0]} ${(places[i] as number[]).join()}`).join(' + '),
    bindings,
    workgroups: [total, parts[0]?.workgroups[1] ?? 1],
    wgsl: () => mergedShader(parts, bindings, places),
  };
}

function mergedShader(
  parts: readonly MergePart[],
  bindings: readonly BoundBuffer[],
  places: readonly (readonly number[])[],
): string {
  const memory = new WorkgroupMemory();
  const calls: string[] = [];
  let first = 0;
  let threads = '1';
  const functions = parts.map((part, index) => {
    const shader = splitOnce(part);
    ({ threads } = shader);
    const names = memory.namesFor(shader.declarations);
    const declarations = shader.declarations.replace(WORKGROUP_VARIABLE, '');
    for (const [, name] of declarations.matchAll(/\b(?:fn|const|alias)\s+(\w+)/g)) {
      names.set(name as string, `${name}_${index}`);
    }
    part.bindings.forEach(({ name }, i) => {
      names.set(name, (bindings[(places[index] as readonly number[])[i] as number] as BoundBuffer).name);
    });
    const builtins = Object.entries(shader.builtins);
    const own = `part${index}`;
    const argumentsOf = builtins.map(([builtin]) => argument(builtin, first, threads)).join(', ');
    const condition = index < parts.length - 1 ? `if (group.x < ${first + part.workgroups[0]}u) ` : '';
    calls.push(`${condition}{ ${own}(${argumentsOf}); }`);
    first += part.workgroups[0];
    const parameters = builtins.map(([, name]) => `${name} : vec3<u32>`).join(', ');
    return renamed(`${declarations}\nfn ${own}(${parameters}) { ${shader.body} }`, names);
  });
  return `${memory.declarations()}
    ${functions.join('\n')}
    @compute @workgroup_size(${threads})
    fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
      ${calls.join(' else ')}
    }`;
}
