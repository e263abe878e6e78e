/**
 * One dispatch for a batch of agents. The workgroups' z is the agent's number, and each agent's values are a slice of a
 * buffer of all agents.
 */
import type { BoundBuffer, MergePart } from './merge-shaders.ts';

/** A buffer of the slices of all agents. */
export interface Stack {
  buffer: GPUBuffer;
  /** Bytes from one agent to the next: a multiple of 16. */
  stride: number;
}

const bytesOf = (type: BoundBuffer['type']) => (type === 'vec4<f32>' ? 16 : 4);

/** Index of the bracket that closes the one open before `from`. */
function closing(wgsl: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; depth > 0 && at < wgsl.length; at++) depth += wgsl[at] === '[' ? 1 : wgsl[at] === ']' ? -1 : 0;
  return at - 1;
}

/** Offsets every access to the agent's slice of a buffer; `strides` are in elements. */
function offsetAccesses(wgsl: string, strides: ReadonlyMap<string, number>): string {
  let result = '';
  let from = 0;
  for (const access of wgsl.matchAll(/(?<![.\w])(\w+)\[/g)) {
    const stride = strides.get(access[1] as string);
    if (stride === undefined || access.index < from) continue;
    const open = access.index + access[0].length;
    const end = closing(wgsl, open);
    result += `${wgsl.slice(from, open)}agentNumber * ${stride}u + (${offsetAccesses(wgsl.slice(open, end), strides)})`;
    from = end;
  }
  return result + wgsl.slice(from);
}

/**
 * The shader for a batch of agents.
 * @param part made by `mergeParts`, of the first agent
 * @param stackOf the stack that has a buffer of the first agent, or null if all agents use that buffer
 */
export function stackedPart(part: MergePart, stackOf: (buffer: GPUBuffer) => Stack | null): MergePart {
  const stacks = part.bindings.map(({ buffer }) => stackOf(buffer));
  const strides = new Map<string, number>();
  part.bindings.forEach(({ name, type }, i) => {
    const stack = stacks[i];
    if (stack) strides.set(name, stack.stride / bytesOf(type));
  });
  return {
    name: `agents: ${part.name}`,
    key: `${part.key} ${[...strides].join()} ${part.bindings.map(({ buffer }) => buffer.size).join()}`,
    bindings: part.bindings.map((binding, i) => ({ ...binding, buffer: stacks[i]?.buffer ?? binding.buffer })),
    workgroups: part.workgroups,
    wgsl: () => {
      const lengths = new Map(part.bindings.map(({ name, buffer, type }) => [name, buffer.size / bytesOf(type)]));
      const shader = part
        .wgsl()
        .replace(/arrayLength\(&(\w+)\)/g, (_, name: string) => `${lengths.get(name)}u`)
        .replace(/fn main\([^{]*\{/, (head) => `${head} agentNumber = group.z;`);
      return `var<private> agentNumber : u32;\n${offsetAccesses(shader, strides)}`;
    },
  };
}
