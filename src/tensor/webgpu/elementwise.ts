/**
 * tfjs' elementwise operations as dispatches of ours, with those that move elements or reduce a dimension: the
 * operations between the networks of a step. Each is small; a recording can fuse them.
 */
import { backend_util, slice_util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isFloat, sizeOf } from '../kernel-overrides.ts';
import { dispatch, type Binding } from './dispatch.ts';
import { eachElement, THREADS } from './threads.ts';

export type Inputs = Readonly<Record<string, TensorInfo>>;
/** Returns the result, or null for a case that is left to tfjs. */
export type WebgpuOverride = (
  backend: WebGPUBackend,
  inputs: Inputs,
  attributes: NamedAttrMap,
) => TensorInfo | TensorInfo[] | null;

/** Most elements of a result; larger tensors are left to tfjs. */
const MAX_ELEMENTS = 2 ** 20;
/** Most elements that one workgroup computes in a loop, so that dependent dispatches can run in the same workgroup. */
const MAX_IN_ONE_WORKGROUP = 1024;

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, d) => sizeOf(shape.slice(d + 1)));
}

/** WGSL of the coordinates of element `i` of `shape`. */
function coordinatesOf(shape: readonly number[]): string[] {
  const strides = stridesOf(shape);
  return shape.map((size, d) => (size === 1 ? '0u' : `(i / ${strides[d]}u % ${size}u)`));
}

/** WGSL of the index of an element of `shape` from its coordinates. */
function elementAt(shape: readonly number[], places: readonly string[]): string {
  const terms = stridesOf(shape).map((stride, d) => `${places[d]} * ${stride}u`);
  return terms.length > 0 ? terms.join(' + ') : '0u';
}

/** WGSL of the index in an input that is broadcast to the output, for element `i` of the output. */
function broadcastAt(shape: readonly number[], output: readonly number[]): string {
  if (sizeOf(shape) === sizeOf(output)) return 'i';
  const places = coordinatesOf(output).slice(output.length - shape.length);
  const own = places.map((place, d) => (shape[d] === 1 ? '0u' : place));
  return elementAt(shape, own);
}

const wgslType = ({ dtype }: Pick<TensorInfo, 'dtype'>) => (dtype === 'float32' ? 'f32' : 'i32');

/**
 * One dispatch that computes each element `i` of an output.
 * @param body WGSL that writes `result[i]` from the inputs `x0`, `x1` …
 * @param readsOnlyOwn whether the body reads only element `i` of an input
 */
function elementwise(
  backend: WebGPUBackend,
  name: string,
  key: string,
  inputs: readonly TensorInfo[],
  output: Pick<TensorInfo, 'shape' | 'dtype'>,
  body: string,
  readsOnlyOwn: (input: TensorInfo) => boolean = () => false,
): TensorInfo | null {
  const count = sizeOf(output.shape);
  if (count === 0 || count > MAX_ELEMENTS) return null;
  const result = backend.makeTensorInfo([...output.shape], output.dtype);
  // In a loop thread i computes other elements than i.
  const inLoop = count > THREADS && count <= MAX_IN_ONE_WORKGROUP;
  dispatch(backend, {
    name,
    key: `${count} ${key}`,
    bindings: [
      ...inputs.map((tensor, k): Binding => ({
        ...{ name: `x${k}`, tensor, type: wgslType(tensor) },
        perInvocation: !inLoop && readsOnlyOwn(tensor),
      })),
      { name: 'result', tensor: result, type: wgslType(output), access: 'write', perInvocation: !inLoop },
    ],
    ...(inLoop
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

/** WGSL of an element from those of the inputs: numbers, or booleans as 0 and 1. */
interface Expression {
  inputs: readonly string[];
  value: (at: (input: number) => string, attributes: NamedAttrMap) => string;
  isBoolean?: boolean;
}

const ofTwo = (value: (a: string, b: string) => string, isBoolean = false): Expression => ({
  inputs: ['a', 'b'],
  value: (at) => (isBoolean ? `select(0, 1, ${value(at(0), at(1))})` : value(at(0), at(1))),
  isBoolean,
});
const ofOne = (value: (x: string) => string): Expression => ({ inputs: ['x'], value: (at) => value(at(0)) });

/** WGSL of whether a value is NaN, from its bits: a shader may assume that `x != x` is false. */
const isNaNWgsl = (x: string) => `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)`;
/** WGSL of `found`, or NaN if one of the operands is. */
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
  // WGSL's own tanh may overflow.
  Tanh: ofOne((x) => `sign(${x}) * (1.0 - 2.0 / (exp(2.0 * min(abs(${x}), 15.0)) + 1.0))`),
  ZerosLike: ofOne(() => '0.0'),
  ClipByValue: {
    inputs: ['x'],
    value: (at, { clipValueMin, clipValueMax }) =>
      `select(clamp(${at(0)}, ${number(clipValueMin)}, ${number(clipValueMax)}), ${at(0)}, ${isNaNWgsl(at(0))})`,
  },
  Select: { inputs: ['condition', 't', 'e'], value: (at) => `select(${at(2)}, ${at(1)}, ${at(0)} != 0)` },
};

/** Inputs that must be booleans. */
const BOOLEAN_INPUTS: Readonly<Record<string, readonly string[]>> = { LogicalAnd: ['a', 'b'], Select: ['condition'] };

function expressionKernel(kernel: string, { inputs: names, value, isBoolean }: Expression): WebgpuOverride {
  return (backend, inputs, attributes) => {
    const given = names.map((name) => inputs[name] as TensorInfo);
    const fits = given.every((input, k) => {
      const wanted = BOOLEAN_INPUTS[kernel]?.includes(names[k] as string) ? 'bool' : 'float32';
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
    return elementwise(backend, kernel, key, given, { shape, dtype: isBoolean ? 'bool' : 'float32' }, body, own);
  };
}

/** Booleans to numbers. tfjs reinterprets the bits of 0 and 1, which gives its minimum no gradient. */
const cast: WebgpuOverride = (backend, inputs, { dtype }) => {
  const x = inputs['x'] as TensorInfo;
  if (x.dtype !== 'bool' || dtype !== 'float32') return null;
  const body = 'result[i] = select(0.0, 1.0, x0[i] != 0);';
  return elementwise(backend, 'Cast', '', [x], { shape: x.shape, dtype: 'float32' }, body, () => true);
};

/** A sum of tensors of one shape. */
const addAll: WebgpuOverride = (backend, inputs) => {
  const all = Object.values(inputs);
  const { shape } = all[0] as TensorInfo;
  // A device may allow no more than eight buffers, of which the sum is one.
  if (all.length > 7 || !all.every((each) => isFloat(each) && each.shape.join() === shape.join())) return null;
  const body = `result[i] = ${all.map((_, k) => `x${k}[i]`).join(' + ')};`;
  return elementwise(backend, 'AddN', `${all.length}`, all, { shape, dtype: 'float32' }, body, () => true);
};

const slice: WebgpuOverride = (backend, inputs, { begin, size }) => {
  const x = inputs['x'] as TensorInfo;
  if (!isFloat(x)) return null;
  const [from, shape] = slice_util.parseSliceParams(x, begin as number[], size as number[]) as [number[], number[]];
  const places = coordinatesOf(shape).map((place, d) => `(${place} + ${from[d]}u)`);
  const body = `result[i] = x0[${elementAt(x.shape, places)}];`;
  const key = `${x.shape.join()} ${from.join()} ${shape.join()}`;
  return elementwise(backend, 'slice', key, [x], { shape, dtype: 'float32' }, body);
};

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

const pad: WebgpuOverride = (backend, inputs, { paddings, constantValue }) => {
  const x = inputs['x'] as TensorInfo;
  const around = paddings as [number, number][];
  if (!isFloat(x) || around.every(([before, after]) => before + after === 0)) return null;
  const shape = x.shape.map((size, d) => size + (around[d]?.[0] ?? 0) + (around[d]?.[1] ?? 0));
  const inside = coordinatesOf(shape).map((place, d) => `(${place} - ${around[d]?.[0] ?? 0}u)`);
  // Coordinates are unsigned: those before the beginning wrap around to large numbers.
  const body = `if (${inside.map((place, d) => `${place} < ${x.shape[d]}u`).join(' && ')}) {
      result[i] = x0[${elementAt(x.shape, inside)}];
    } else { result[i] = ${number(constantValue)}; }`;
  const key = `${x.shape.join()} ${around.join()} ${Number(constantValue)}`;
  return elementwise(backend, 'pad', key, [x], { shape, dtype: 'float32' }, body);
};

/** Most elements that a thread reduces. */
const MAX_REDUCED = 256;

/** A reduction along one dimension. */
function reduction(name: string, first: string, more: (value: string) => string): WebgpuOverride {
  return (backend, inputs, { axis, reductionIndices, keepDims }) => {
    const x = inputs['x'] as TensorInfo;
    const axes = [axis ?? reductionIndices ?? []].flat() as number[];
    const [along] = axes.map((each) => (each < 0 ? each + x.shape.length : each)) as [number];
    if (!isFloat(x) || axes.length !== 1 || along >= x.shape.length) return null;
    const width = x.shape[along] as number;
    if (width > MAX_REDUCED) return null;
    const kept = x.shape.map((size, d) => (d === along ? 1 : size));
    const stride = stridesOf(x.shape)[along] as number;
    const body = `let at = ${elementAt(x.shape, coordinatesOf(kept))};
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

const tile: WebgpuOverride = (backend, { x }, { reps }) => {
  const info = x as TensorInfo;
  if (!isFloat(info)) return null;
  const shape = info.shape.map((size, d) => size * ((reps as number[])[d] ?? 1));
  const places = coordinatesOf(shape).map((place, d) => `${place} % ${info.shape[d]}u`);
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
