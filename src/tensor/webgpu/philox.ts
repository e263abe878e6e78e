/**
 * The draws of math/streams.ts on the GPU, from the same Philox words: uniform numbers and integers have the same bits;
 * normals differ from the twin's float64 by rounding.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { wrap } from '../engine.ts';
import { stepInputTensor, type StepInput } from '../step-input.ts';
import { dispatch, type Binding } from './dispatch.ts';
import { eachElement } from './threads.ts';

export type PhiloxDraw = { kind: 'normal' } | { kind: 'uniform' } | { kind: 'integers'; bound: number };

const PHILOX = `
  fn highWord(a : u32, b : u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let carried = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (carried >> 16u);
  }
  fn philox(block : u32, step : u32, seed : u32, stream : u32) -> vec4<u32> {
    var x = vec4<u32>(block, step, 0u, 0u);
    var key = vec2<u32>(seed, stream);
    for (var round = 0; round < 10; round++) {
      let high0 = highWord(x.x, 0xd2511f53u);
      let high1 = highWord(x.z, 0xcd9e8d57u);
      x = vec4<u32>(high1 ^ x.y ^ key.x, x.z * 0xcd9e8d57u, high0 ^ x.w ^ key.y, x.x * 0xd2511f53u);
      key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
    }
    return x;
  }`;

/** WGSL's own log, sin and cos may have errors of 2⁻¹¹; these have some 10⁻⁷. */
const NORMALS = `
  fn logarithm(u : f32) -> f32 {
    let bits = bitcast<u32>(u);
    var exponent = i32(bits >> 23u) - 127;
    var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
    if (m > 1.41421356) { m *= 0.5; exponent += 1; }
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    return f32(exponent) * 0.693147181 + 2.0 * s * (1.0 + z * (1.0 / 3.0 + z * (0.2 + z * (1.0 / 7.0 + z * (1.0 / 9.0)))));
  }
  /** Cosine and sine of 2πv. */
  fn turned(v : f32) -> vec2<f32> {
    let quarter = floor(4.0 * v + 0.5);
    let a = 6.28318531 * (v - 0.25 * quarter);
    let z = a * a;
    let s = a * (1.0 + z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0)))));
    let c = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40320.0))));
    let turn = u32(quarter) & 3u;
    let even = select(vec2<f32>(c, s), vec2<f32>(-c, -s), turn == 2u);
    let odd = select(vec2<f32>(-s, c), vec2<f32>(s, -c), turn == 3u);
    return select(even, odd, (turn & 1u) == 1u);
  }
  fn boxMuller(a : u32, b : u32) -> vec2<f32> {
    let u = f32((a >> 8u) + 1u) * 5.9604644775390625e-8;
    let radius = sqrt(max(0.0, -2.0 * logarithm(u)));
    return radius * turned(f32(b >> 8u) * 5.9604644775390625e-8);
  }`;

function fourValues(draw: PhiloxDraw): string {
  switch (draw.kind) {
    case 'normal':
      return 'vec4<f32>(boxMuller(words.x, words.y), boxMuller(words.z, words.w))';
    case 'uniform':
      return 'vec4<f32>(words >> vec4<u32>(8u)) * 5.9604644775390625e-8';
    case 'integers': {
      const each = ['x', 'y', 'z', 'w'].map((word) => `i32(highWord(words.${word}, ${draw.bound}u))`);
      return `vec4<i32>(${each.join(', ')})`;
    }
  }
}

/** Integers that a recorded step draws: a kernel may draw them itself instead of depending on the draw. */
interface RecomputableDraw {
  /** Everything that the WGSL below depends on. */
  key: string;
  binding: Binding;
  /** `fn drawn(i : u32) -> u32`: the i-th integer. */
  functions: string;
}

const draws = new WeakMap<object, RecomputableDraw>();

/** The draw of a tensor, if a recorded step has drawn it. */
export function recomputableDraw({ dataId }: TensorInfo): RecomputableDraw | null {
  return draws.get(dataId) ?? null;
}

/**
 * The numbers of one stream at one step, lane 0.
 * @param seed and @param stream the key: the seed and the hash of the stream's name
 */
export function philoxDraw(
  backend: WebGPUBackend,
  seed: number,
  stream: number,
  step: StepInput,
  shape: readonly number[],
  draw: PhiloxDraw,
): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const isInteger = draw.kind === 'integers';
  const result = backend.makeTensorInfo([...shape], isInteger ? 'int32' : 'float32');
  const at = stepInputTensor([step, () => seed & 0xffff, () => seed >>> 16]);
  const [stepAt, lowAt, highAt] = at.indices;
  const blocks = Math.ceil(size / 4);
  const words = (block: string) => `let seed = u32(given[${lowAt}]) | (u32(given[${highAt}]) << 16u);
        let words = philox(${block}, u32(given[${stepAt}]), seed, ${stream >>> 0}u);`;
  if (isInteger && at.isRecorded) {
    draws.set(result.dataId, {
      key: `${stream} ${stepAt} ${draw.bound}`,
      binding: { name: 'given', tensor: at.tensor },
      functions: `${PHILOX}
        fn drawn(i : u32) -> u32 { ${words('i / 4u')} return highWord(words[i % 4u], ${draw.bound}u); }`,
    });
  }
  dispatch(backend, {
    name: `philox ${draw.kind}`,
    key: `${stream} ${size} ${stepAt} ${isInteger ? draw.bound : ''}`,
    bindings: [
      { name: 'given', tensor: at.tensor },
      { name: 'result', tensor: result, type: isInteger ? 'i32' : 'f32', access: 'write' },
    ],
    ...eachElement(
      blocks,
      () => `${words('i')}
        let values = ${fourValues(draw)};
        for (var k = 0u; k < 4u && 4u * i + k < ${size}u; k++) { result[4u * i + k] = values[k]; }`,
      { functions: `${PHILOX} ${draw.kind === 'normal' ? NORMALS : ''}` },
    ),
  });
  at.dispose();
  return wrap(result);
}
