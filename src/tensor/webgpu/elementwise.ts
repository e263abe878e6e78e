/**
 * tfjs' operations on numbers one by one as dispatches of ours, and those that only move them or sum a few: what stands
 * between the networks of a step. Each is small; what counts is that a recording can put them together.
 */
import { backend_util, slice_util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isFloat, sizeOf } from '../kernel-overrides.ts';
import { dispatch, type Binding } from './dispatch.ts';
import { eachElement, THREADS } from './threads.ts';

export type Inputs = Readonly<Record<string, TensorInfo>>;
/** The result, or null where the case is none of ours. */
export type WebgpuOverride = (
  backend: WebGPUBackend,
  inputs: Inputs,
  attributes: NamedAttrMap,
) => TensorInfo | TensorInfo[] | null;

/** Larger ones are not those of a step: tfjs has shaders that serve all sizes. */
const MOST = 2 ** 20;
/** So many are done by one workgroup, some by each thread, so that what waits for them may be done by the same. */
const FEW = 1024;

/** How far apart neighbours along each dimension stand. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, d) => sizeOf(shape.slice(d + 1)));
}

/** WGSL of the place along each dimension of `shape` of its element `i`. */
function placesOf(shape: readonly number[]): string[] {
  const strides = stridesOf(shape);
  return shape.map((size, d) => (size === 1 ? '0u' : `(i / ${strides[d]}u % ${size}u)`));
}

/** WGSL of an element of `shape`, by its place along each dimension. */
function elementAt(shape: readonly number[], places: readonly string[]): string {
  const terms = stridesOf(shape).map((stride, d) => `${places[d]} * ${stride}u`);
  return terms.length > 0 ? terms.join(' + ') : '0u';
}

/** WGSL of the element of an input that belongs to element `i` of an output, which it is broadcast to. */
function broadcastAt(shape: readonly number[], output: readonly number[]): string {
  if (sizeOf(shape) === sizeOf(output)) return 'i';
  const places = placesOf(output).slice(output.length - shape.length);
  const own = places.map((place, d) => (shape[d] === 1 ? '0u' : place));
  return elementAt(shape, own);
}

const wgslType = ({ dtype }: Pick<TensorInfo, 'dtype'>) => (dtype === 'float32' ? 'f32' : 'i32');

/**
 * One dispatch that gives each element `i` of an output.
 * @param body WGSL that writes `result[i]` from the inputs `x0` and so on
 * @param own which inputs have the element that a thread needs, and no other, in the same place
 */
function elementwise(
  backend: WebGPUBackend,
  name: string,
  key: string,
  inputs: readonly TensorInfo[],
  output: Pick<TensorInfo, 'shape' | 'dtype'>,
  body: string,
  own: (input: TensorInfo) => boolean = () => false,
): TensorInfo | null {
  const count = sizeOf(output.shape);
  if (count === 0 || count > MOST) return null;
  const result = backend.makeTensorInfo([...output.shape], output.dtype);
  // A thread that has several has not the elements that it would have of a larger tensor.
  const inTurn = count > THREADS && count <= FEW;
  dispatch(backend, {
    name,
    key: `${count} ${key}`,
    bindings: [
      ...inputs.map((tensor, k): Binding => ({
        ...{ name: `x${k}`, tensor, type: wgslType(tensor) },
        perInvocation: !inTurn && own(tensor),
      })),
      { name: 'result', tensor: result, type: wgslType(output), access: 'write', perInvocation: !inTurn },
    ],
    ...(inTurn
      ? {
          workgroups: [1, 1] as const,
          wgsl: () => `@compute @workgroup_size(${THREADS})
            fn main(@builtin(local_invocation_id) local : vec3<u32>) {
              for (var i = local.x; i < ${count}u; i += ${THREADS}u) { ${body} }
            }`,
        }
      : eachElement(count, () => body)),
  });
  return result;
}

/** WGSL of a value from those of the inputs: numbers, or truth as 0 and 1. */
interface Expression {
  inputs: readonly string[];
  value: (at: (input: number) => string, attributes: NamedAttrMap) => string;
  truth?: boolean;
}

const ofTwo = (value: (a: string, b: string) => string, truth = false): Expression => ({
  inputs: ['a', 'b'],
  value: (at) => (truth ? `select(0, 1, ${value(at(0), at(1))})` : value(at(0), at(1))),
  truth,
});
const ofOne = (value: (x: string) => string): Expression => ({ inputs: ['x'], value: (at) => value(at(0)) });

/** WGSL of whether a value is NaN: a shader may take it that there is none, but for its bits. */
const isNaNWgsl = (x: string) => `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)`;
/** WGSL of what two have in common, which is NaN where one of them is. */
const withNaN = (found: string, a: string, b: string) => `select(${found}, ${a} + ${b}, ${isNaNWgsl(`${a} + ${b}`)})`;

const number = (value: unknown) => `f32(${Number(value)})`;

const EXPRESSIONS: Readonly<Record<string, Expression>> = {
  Add: ofTwo((a, b) => `${a} + ${b}`),
  Sub: ofTwo((a, b) => `${a} - ${b}`),
  Multiply: ofTwo((a, b) => `${a} * ${b}`),
  RealDiv: ofTwo((a, b) => `${a} / ${b}`),
  Equal: ofTwo((a, b) => `${a} == ${b}`, true),
  GreaterEqual: ofTwo((a, b) => `${a} >= ${b}`, true),
  LessEqual: ofTwo((a, b) => `${a} <= ${b}`, true),
  LogicalAnd: ofTwo((a, b) => `${a} != 0 && ${b} != 0`, true),
  Maximum: ofTwo((a, b) => withNaN(`max(${a}, ${b})`, a, b)),
  Minimum: ofTwo((a, b) => withNaN(`min(${a}, ${b})`, a, b)),
  Abs: ofOne((x) => `abs(${x})`),
  Relu: ofOne((x) => `select(${x}, 0.0, ${x} < 0.0)`),
  Step: {
    inputs: ['x'],
    value: (at, { alpha }) =>
      `select(select(${number(alpha ?? 0)}, 1.0, ${at(0)} > 0.0), ${at(0)}, ${isNaNWgsl(at(0))})`,
  },
  Neg: ofOne((x) => `-${x}`),
  Exp: ofOne((x) => `exp(${x})`),
  Log: ofOne((x) => `log(${x})`),
  Sqrt: ofOne((x) => `sqrt(${x})`),
  Square: ofOne((x) => `${x} * ${x}`),
  // The shader's own may overflow.
  Tanh: ofOne((x) => `sign(${x}) * (1.0 - 2.0 / (exp(2.0 * min(abs(${x}), 15.0)) + 1.0))`),
  ZerosLike: ofOne(() => '0.0'),
  ClipByValue: {
    inputs: ['x'],
    value: (at, { clipValueMin, clipValueMax }) =>
      `select(clamp(${at(0)}, ${number(clipValueMin)}, ${number(clipValueMax)}), ${at(0)}, ${isNaNWgsl(at(0))})`,
  },
  Select: { inputs: ['condition', 't', 'e'], value: (at) => `select(${at(2)}, ${at(1)}, ${at(0)} != 0)` },
};

/** What inputs have to be: truth where truth is read. */
const TRUTHS: Readonly<Record<string, readonly string[]>> = { LogicalAnd: ['a', 'b'], Select: ['condition'] };

function expressionKernel(kernel: string, { inputs: names, value, truth }: Expression): WebgpuOverride {
  return (backend, inputs, attributes) => {
    const given = names.map((name) => inputs[name] as TensorInfo);
    const fits = given.every((input, k) => {
      const wanted = TRUTHS[kernel]?.includes(names[k] as string) ? 'bool' : 'float32';
      return input.dtype === wanted && sizeOf(input.shape) > 0;
    });
    if (!fits) return null;
    const shape = given.reduce<number[]>(
      (all, { shape: own }) => backend_util.assertAndGetBroadcastShape(all, own),
      [],
    );
    const body = `result[i] = ${value(
      (k) => `x${k}[${broadcastAt((given[k] as TensorInfo).shape, shape)}]`,
      attributes,
    )};`;
    const own = (input: TensorInfo) => sizeOf(input.shape) === sizeOf(shape);
    const key = given.map((input) => `[${input.shape.join()}]`).join(' ') + JSON.stringify(attributes);
    return elementwise(backend, kernel, key, given, { shape, dtype: truth ? 'bool' : 'float32' }, body, own);
  };
}

/** Truth as numbers; tfjs takes the bits of 0 and 1 for those of numbers, so that its minimum has no gradient. */
const cast: WebgpuOverride = (backend, inputs, { dtype }) => {
  const x = inputs['x'] as TensorInfo;
  if (x.dtype !== 'bool' || dtype !== 'float32') return null;
  const body = 'result[i] = select(0.0, 1.0, x0[i] != 0);';
  return elementwise(backend, 'Cast', '', [x], { shape: x.shape, dtype: 'float32' }, body, () => true);
};

/** A sum of several of one shape. */
const addAll: WebgpuOverride = (backend, inputs) => {
  const all = Object.values(inputs);
  const { shape } = all[0] as TensorInfo;
  // As many as eight buffers hold, beside the sum.
  if (all.length > 7 || !all.every((each) => isFloat(each) && each.shape.join() === shape.join())) return null;
  const body = `result[i] = ${all.map((_, k) => `x${k}[i]`).join(' + ')};`;
  return elementwise(backend, 'AddN', `${all.length}`, all, { shape, dtype: 'float32' }, body, () => true);
};

/** Part of a tensor. */
const slice: WebgpuOverride = (backend, inputs, { begin, size }) => {
  const x = inputs['x'] as TensorInfo;
  if (!isFloat(x)) return null;
  const [from, shape] = slice_util.parseSliceParams(x, begin as number[], size as number[]) as [number[], number[]];
  const places = placesOf(shape).map((place, d) => `(${place} + ${from[d]}u)`);
  const body = `result[i] = x0[${elementAt(x.shape, places)}];`;
  const key = `${x.shape.join()} ${from.join()} ${shape.join()}`;
  return elementwise(backend, 'slice', key, [x], { shape, dtype: 'float32' }, body);
};

/** A tensor taken apart along one dimension. */
const split: WebgpuOverride = (backend, inputs, { numOrSizeSplits: sizes, axis }) => {
  const x = inputs['x'] as TensorInfo;
  const along = (axis as number) < 0 ? (axis as number) + x.shape.length : (axis as number);
  if (!isFloat(x) || !Array.isArray(sizes)) return null;
  let before = 0;
  const parts = (sizes as number[]).map((size) => {
    const begin = x.shape.map((_, d) => (d === along ? before : 0));
    before += size;
    return slice(backend, inputs, { begin, size: x.shape.map((all, d) => (d === along ? size : all)) });
  });
  return parts.every((part) => part !== null) ? (parts as TensorInfo[]) : null;
};

/** A tensor with a constant around it. */
const pad: WebgpuOverride = (backend, inputs, { paddings, constantValue }) => {
  const x = inputs['x'] as TensorInfo;
  const around = paddings as [number, number][];
  if (!isFloat(x) || around.every(([before, after]) => before + after === 0)) return null;
  const shape = x.shape.map((size, d) => size + (around[d]?.[0] ?? 0) + (around[d]?.[1] ?? 0));
  const inside = placesOf(shape).map((place, d) => `(${place} - ${around[d]?.[0] ?? 0}u)`);
  // What lies before its beginning wraps around to a number beyond its end.
  const body = `if (${inside.map((place, d) => `${place} < ${x.shape[d]}u`).join(' && ')}) {
      result[i] = x0[${elementAt(x.shape, inside)}];
    } else { result[i] = ${number(constantValue)}; }`;
  const key = `${x.shape.join()} ${around.join()} ${Number(constantValue)}`;
  return elementwise(backend, 'pad', key, [x], { shape, dtype: 'float32' }, body);
};

/** Most numbers that a thread sums, or compares, one after the other. */
const IN_TURN = 256;

/** A reduction along one dimension. */
function reduction(name: string, first: string, more: (value: string) => string): WebgpuOverride {
  return (backend, inputs, { axis, reductionIndices, keepDims }) => {
    const x = inputs['x'] as TensorInfo;
    const axes = [axis ?? reductionIndices ?? []].flat() as number[];
    const [along] = axes.map((each) => (each < 0 ? each + x.shape.length : each)) as [number];
    if (!isFloat(x) || axes.length !== 1 || along >= x.shape.length) return null;
    const width = x.shape[along] as number;
    if (width > IN_TURN) return null;
    const kept = x.shape.map((size, d) => (d === along ? 1 : size));
    const stride = stridesOf(x.shape)[along] as number;
    const body = `let at = ${elementAt(x.shape, placesOf(kept))};
      var found = ${first};
      for (var k = 0u; k < ${width}u; k++) {
        let value = x0[at + k * ${stride}u];
        ${more('value')}
      }
      result[i] = found;`;
    const shape = keepDims === true ? kept : x.shape.filter((_, d) => d !== along);
    return elementwise(backend, name, `${x.shape.join()} ${along}`, [x], { shape, dtype: 'float32' }, body);
  };
}

/** Each row of a matrix several times, one after the other: [n, 1, w] to [n, k, w]. */
const tile: WebgpuOverride = (backend, { x }, { reps }) => {
  const info = x as TensorInfo;
  if (!isFloat(info)) return null;
  const shape = info.shape.map((size, d) => size * ((reps as number[])[d] ?? 1));
  const places = placesOf(shape).map((place, d) => `${place} % ${info.shape[d]}u`);
  const body = `result[i] = x0[${elementAt(
    info.shape,
    places.map((place) => `(${place})`),
  )}];`;
  return elementwise(
    backend,
    'tile',
    `${info.shape.join()} ${shape.join()}`,
    [info],
    { shape, dtype: 'float32' },
    body,
  );
};

/** By the names of tfjs' kernels. */
export const ELEMENTWISE: Readonly<Record<string, WebgpuOverride>> = {
  ...Object.fromEntries(Object.entries(EXPRESSIONS).map(([name, each]) => [name, expressionKernel(name, each)])),
  AddN: addAll,
  Cast: cast,
  Slice: slice,
  SplitV: split,
  PadV2: pad,
  Tile: tile,
  Sum: reduction('sum', '0.0', (value) => `found += ${value};`),
  Max: reduction('largest', 'x0[at]', (value) => `if (${isNaNWgsl(value)} || ${value} > found) { found = ${value}; }`),
};
